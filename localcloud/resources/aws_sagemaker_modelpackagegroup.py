"""AWS::SageMaker::ModelPackageGroup."""

from __future__ import annotations

from typing import Any

from localcloud.resources.absence import already_gone
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call, document, without
from localcloud.resources.tags import retag, tag_parameter, tags_of


class ModelPackageGroup(Resource):
    """Ref is the group's ARN. As on AWS, a group with model packages cannot be deleted."""

    type_name = "AWS::SageMaker::ModelPackageGroup"

    def create(self, ctx: Context, properties: Properties) -> Created:
        sagemaker = ctx.client("sagemaker")
        tags = tag_parameter(sagemaker, "CreateModelPackageGroup", tags_of(properties))
        own = without(properties, "ModelPackageGroupPolicy", "Tags")
        arn = call(sagemaker, "CreateModelPackageGroup", own, **tags)["ModelPackageGroupArn"]
        ctx.created(arn)
        _set_policy(sagemaker, properties, {})
        return Created(physical_id=arn, attributes=_attributes(sagemaker, properties))

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        sagemaker = ctx.client("sagemaker")
        _set_policy(sagemaker, properties, previous)
        was, wanted = tags_of(previous), tags_of(properties)
        retag(sagemaker, ("AddTags", "DeleteTags"), {"ResourceArn": physical_id}, was, wanted)
        return _attributes(sagemaker, properties)

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        del properties
        with already_gone():
            ctx.client("sagemaker").delete_model_package_group(ModelPackageGroupName=physical_id.rpartition("/")[2])


def _set_policy(sagemaker: Any, properties: Properties, previous: Properties) -> None:
    name = properties["ModelPackageGroupName"]
    wanted, had = (side.get("ModelPackageGroupPolicy") for side in (properties, previous))
    if wanted and wanted != had:
        sagemaker.put_model_package_group_policy(ModelPackageGroupName=name, ResourcePolicy=document(wanted))
    elif had and not wanted:
        sagemaker.delete_model_package_group_policy(ModelPackageGroupName=name)


def _attributes(sagemaker: Any, properties: Properties) -> Attributes:
    found = sagemaker.describe_model_package_group(ModelPackageGroupName=properties["ModelPackageGroupName"])
    return {
        "ModelPackageGroupArn": found["ModelPackageGroupArn"],
        "ModelPackageGroupStatus": found["ModelPackageGroupStatus"],
        "CreationTime": found["CreationTime"].isoformat(),
    }
