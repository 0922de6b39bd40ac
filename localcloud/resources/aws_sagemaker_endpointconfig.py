"""AWS::SageMaker::EndpointConfig."""

from __future__ import annotations

from localcloud.resources.absence import already_gone
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call, without
from localcloud.resources.tags import retag, tag_parameter, tags_of


class EndpointConfig(Resource):
    """Ref is the configuration's ARN. A configuration is immutable: only its tags change in place."""

    type_name = "AWS::SageMaker::EndpointConfig"

    def create(self, ctx: Context, properties: Properties) -> Created:
        sagemaker = ctx.client("sagemaker")
        named = {"EndpointConfigName": ctx.new_name(63), **properties}
        tags = tag_parameter(sagemaker, "CreateEndpointConfig", tags_of(properties))
        arn = call(sagemaker, "CreateEndpointConfig", without(named, "Tags"), **tags)["EndpointConfigArn"]
        return Created(physical_id=arn, attributes=_attributes(arn))

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        arn = {"ResourceArn": physical_id}
        was, wanted = tags_of(previous), tags_of(properties)
        retag(ctx.client("sagemaker"), ("AddTags", "DeleteTags"), arn, was, wanted)
        return _attributes(physical_id)

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        del properties
        name = _attributes(physical_id)["EndpointConfigName"]
        with already_gone():
            ctx.client("sagemaker").delete_endpoint_config(EndpointConfigName=name)


def _attributes(arn: str) -> Attributes:
    return {"EndpointConfigArn": arn, "EndpointConfigName": arn.rpartition("/")[2]}
