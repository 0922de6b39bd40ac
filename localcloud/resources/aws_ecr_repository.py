"""AWS::ECR::Repository."""

from __future__ import annotations

from typing import Any

from localcloud.resources.absence import already_gone
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call, document, flag, only, without
from localcloud.resources.tags import retag, tag_parameter, tags_of

_APART = ("EmptyOnDelete", "LifecyclePolicy", "RepositoryPolicyText", "Tags")


class Repository(Resource):
    """Ref is the repository's name."""

    type_name = "AWS::ECR::Repository"

    def create(self, ctx: Context, properties: Properties) -> Created:
        ecr = ctx.client("ecr")
        named = {"RepositoryName": ctx.new_name(256, lower=True), **properties}
        tags = tag_parameter(ecr, "CreateRepository", tags_of(properties))
        made = call(ecr, "CreateRepository", without(named, *_APART), **tags)["repository"]
        ctx.created(made["repositoryName"])
        _set_policies(ecr, made["repositoryName"], properties, {})
        return Created(physical_id=made["repositoryName"], attributes=_attributes(made))

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        ecr = ctx.client("ecr")
        scanning = {"ImageScanningConfiguration": {"ScanOnPush": False}} | only(
            properties, "ImageScanningConfiguration"
        )
        mutability = {"ImageTagMutability": "MUTABLE"} | only(
            properties, "ImageTagMutability", "ImageTagMutabilityExclusionFilters"
        )
        call(ecr, "PutImageScanningConfiguration", scanning, repositoryName=physical_id)
        call(ecr, "PutImageTagMutability", mutability, repositoryName=physical_id)
        _set_policies(ecr, physical_id, properties, previous)
        found = ecr.describe_repositories(repositoryNames=[physical_id])["repositories"][0]
        was, wanted = tags_of(previous), tags_of(properties)
        retag(ecr, ("TagResource", "UntagResource"), {"resourceArn": found["repositoryArn"]}, was, wanted)
        return _attributes(found)

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        """Fails where the repository has images, unless the template says to empty it."""
        with already_gone():
            ctx.client("ecr").delete_repository(
                repositoryName=physical_id, force=flag(properties.get("EmptyOnDelete", False))
            )


def _set_policies(ecr: Any, name: str, properties: Properties, previous: Properties) -> None:
    lifecycle = properties.get("LifecyclePolicy", {})
    if lifecycle:
        call(ecr, "PutLifecyclePolicy", lifecycle, repositoryName=name)
    elif previous.get("LifecyclePolicy"):
        ecr.delete_lifecycle_policy(repositoryName=name)
    if "RepositoryPolicyText" in properties:
        ecr.set_repository_policy(repositoryName=name, policyText=document(properties["RepositoryPolicyText"]))
    elif "RepositoryPolicyText" in previous:
        ecr.delete_repository_policy(repositoryName=name)


def _attributes(repository: dict[str, Any]) -> Attributes:
    return {"Arn": repository["repositoryArn"], "RepositoryUri": repository["repositoryUri"]}
