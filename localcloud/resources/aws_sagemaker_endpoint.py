"""AWS::SageMaker::Endpoint."""

from __future__ import annotations

from typing import Any

from localcloud.resources.absence import already_gone
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource, ResourceError
from localcloud.resources.shapes import call, without
from localcloud.resources.tags import retag, tag_parameter, tags_of

#: Properties for UpdateEndpoint only.
_ON_UPDATE = ("ExcludeRetainedVariantProperties", "RetainAllVariantProperties", "RetainDeploymentConfig")
#: Longer than SageMaker itself allows a model's download and a container's start-up (an hour each).
_TIMEOUT_SECONDS = 2.5 * 3600


class Endpoint(Resource):
    """An endpoint. It counts as made once it is InService. Ref is its ARN.

    A new configuration is deployed in place, with the guardrails of DeploymentConfig. An endpoint that has the wanted
    configuration already, for instance after SageMaker rolled it back, is left alone. New guardrails count from the
    next deployment on.
    """

    type_name = "AWS::SageMaker::Endpoint"

    def create(self, ctx: Context, properties: Properties) -> Created:
        sagemaker = ctx.client("sagemaker")
        named = {"EndpointName": ctx.new_name(63), **without(properties, *_ON_UPDATE)}
        tags = tag_parameter(sagemaker, "CreateEndpoint", tags_of(properties))
        arn = call(sagemaker, "CreateEndpoint", without(named, "Tags"), **tags)["EndpointArn"]
        ctx.created(arn)
        _in_service(ctx, sagemaker, named["EndpointName"])
        return Created(physical_id=arn, attributes=_attributes(arn))

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        sagemaker = ctx.client("sagemaker")
        name = _attributes(physical_id)["EndpointName"]
        was, wanted = tags_of(previous), tags_of(properties)
        retag(sagemaker, ("AddTags", "DeleteTags"), {"ResourceArn": physical_id}, was, wanted)
        if _in_service(ctx, sagemaker, name)["EndpointConfigName"] != properties["EndpointConfigName"]:
            call(sagemaker, "UpdateEndpoint", without(properties, "EndpointName", "Tags"), EndpointName=name)
            found = _in_service(ctx, sagemaker, name)
            if found["EndpointConfigName"] != properties["EndpointConfigName"]:
                raise ResourceError(
                    f"Endpoint {name} was rolled back to {found['EndpointConfigName']}: "
                    f"{found.get('FailureReason', 'no reason was given')}"
                )
        return _attributes(physical_id)

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        del properties
        sagemaker = ctx.client("sagemaker")
        name = _attributes(physical_id)["EndpointName"]
        with already_gone():
            sagemaker.delete_endpoint(EndpointName=name)
            ctx.wait(lambda: _gone(sagemaker, name), timeout_seconds=_TIMEOUT_SECONDS, what=f"Endpoint {name}")


def _in_service(ctx: Context, sagemaker: Any, name: str) -> dict[str, Any]:
    """The endpoint's description once it is in service; raises ResourceError with SageMaker's reason if it fails."""

    def poll() -> dict[str, Any] | None:
        found: dict[str, Any] = sagemaker.describe_endpoint(EndpointName=name)
        status = found["EndpointStatus"]
        if status in {"Failed", "OutOfService", "UpdateRollbackFailed"}:
            raise ResourceError(f"Endpoint {name} is {status}: {found.get('FailureReason', 'no reason was given')}")
        return found if status == "InService" else None

    return ctx.wait(poll, timeout_seconds=_TIMEOUT_SECONDS, what=f"Endpoint {name}")


def _gone(sagemaker: Any, name: str) -> bool:
    with already_gone():
        found = sagemaker.describe_endpoint(EndpointName=name)
        if found["EndpointStatus"] == "Failed":
            raise ResourceError(f"Endpoint {name} was not deleted: {found.get('FailureReason', 'no reason was given')}")
        return False
    return True


def _attributes(arn: str) -> Attributes:
    return {"EndpointArn": arn, "EndpointName": arn.rpartition("/")[2]}
