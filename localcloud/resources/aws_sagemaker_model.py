"""AWS::SageMaker::Model."""

from __future__ import annotations

from localcloud.resources.absence import already_gone
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call, without
from localcloud.resources.tags import retag, tag_parameter, tags_of


class Model(Resource):
    """Ref is the model's ARN. A model is immutable: only its tags change in place."""

    type_name = "AWS::SageMaker::Model"

    def create(self, ctx: Context, properties: Properties) -> Created:
        sagemaker = ctx.client("sagemaker")
        named = {"ModelName": ctx.new_name(63), **properties}
        tags = tag_parameter(sagemaker, "CreateModel", tags_of(properties))
        arn = call(sagemaker, "CreateModel", without(named, "Tags"), **tags)["ModelArn"]
        return Created(physical_id=arn, attributes=_attributes(arn))

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        arn = {"ResourceArn": physical_id}
        was, wanted = tags_of(previous), tags_of(properties)
        retag(ctx.client("sagemaker"), ("AddTags", "DeleteTags"), arn, was, wanted)
        return _attributes(physical_id)

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        del properties
        with already_gone():
            ctx.client("sagemaker").delete_model(ModelName=_attributes(physical_id)["ModelName"])


def _attributes(arn: str) -> Attributes:
    return {"ModelArn": arn, "ModelName": arn.rpartition("/")[2]}
