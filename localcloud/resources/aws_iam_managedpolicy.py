"""AWS::IAM::ManagedPolicy."""

from __future__ import annotations

from typing import Any

from localcloud.resources.absence import already_gone
from localcloud.resources.iam_principals import principals
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import document, only

#: IAM keeps five versions of a policy, so the oldest is deleted before a sixth is made.
_MOST_VERSIONS = 5


class ManagedPolicy(Resource):
    """Ref is the policy's ARN. A changed document becomes a new default version."""

    type_name = "AWS::IAM::ManagedPolicy"

    def create(self, ctx: Context, properties: Properties) -> Created:
        iam = ctx.client("iam")
        arn = iam.create_policy(
            PolicyName=properties.get("ManagedPolicyName") or ctx.new_name(128),
            PolicyDocument=document(properties["PolicyDocument"]),
            **only(properties, "Description", "Path"),
        )["Policy"]["Arn"]
        ctx.created(arn)
        for principal in principals(properties):
            principal.attach_policy(iam, arn)
        return Created(physical_id=arn, attributes=_attributes(iam, arn))

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        iam = ctx.client("iam")
        if document(properties["PolicyDocument"]) != document(previous["PolicyDocument"]):
            _make_room(iam, physical_id)
            iam.create_policy_version(
                PolicyArn=physical_id, PolicyDocument=document(properties["PolicyDocument"]), SetAsDefault=True
            )
        wanted, had = principals(properties), principals(previous)
        for principal in wanted:
            if principal not in had:
                principal.attach_policy(iam, physical_id)
        for principal in had:
            if principal not in wanted:
                with already_gone():
                    principal.detach_policy(iam, physical_id)
        return _attributes(iam, physical_id)

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        iam = ctx.client("iam")
        for principal in principals(properties):
            with already_gone():
                principal.detach_policy(iam, physical_id)
        with already_gone():
            for version in _other_versions(iam, physical_id):
                iam.delete_policy_version(PolicyArn=physical_id, VersionId=version)
            iam.delete_policy(PolicyArn=physical_id)


def _other_versions(iam: Any, arn: str) -> list[str]:
    """All but the default version, the oldest first."""
    versions = iam.list_policy_versions(PolicyArn=arn)["Versions"]
    return sorted(
        (each["VersionId"] for each in versions if not each["IsDefaultVersion"]), key=lambda name: int(name[1:])
    )


def _make_room(iam: Any, arn: str) -> None:
    others = _other_versions(iam, arn)
    if len(others) + 1 >= _MOST_VERSIONS:
        iam.delete_policy_version(PolicyArn=arn, VersionId=others[0])


def _attributes(iam: Any, arn: str) -> Attributes:
    policy = iam.get_policy(PolicyArn=arn)["Policy"]
    return {
        "PolicyArn": arn,
        "PolicyId": policy["PolicyId"],
        "DefaultVersionId": policy["DefaultVersionId"],
        "AttachmentCount": policy["AttachmentCount"],
        "IsAttachable": policy["IsAttachable"],
        "PermissionsBoundaryUsageCount": policy.get("PermissionsBoundaryUsageCount", 0),
        "CreateDate": policy["CreateDate"].isoformat(),
        "UpdateDate": policy["UpdateDate"].isoformat(),
    }
