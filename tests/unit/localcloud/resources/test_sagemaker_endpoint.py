"""AWS::SageMaker::Endpoint waits for what SageMaker does, and fails where SageMaker did."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from localcloud.resources.aws_sagemaker_endpoint import Endpoint
from localcloud.resources.resource import Context, ResourceError

ARN = "arn:aws:sagemaker:us-east-1:123456789012:endpoint/e"


@dataclass
class SageMaker:
    """Answers DescribeEndpoint with the next of its descriptions, and then with the last for ever."""

    descriptions: list[dict[str, str] | None]
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    @property
    def meta(self) -> Any:
        return boto3.client("sagemaker", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x").meta

    def create_endpoint(self, **parameters: Any) -> dict[str, str]:
        self.calls.append(("CreateEndpoint", parameters))
        return {"EndpointArn": ARN}

    def update_endpoint(self, **parameters: Any) -> None:
        self.calls.append(("UpdateEndpoint", parameters))

    def delete_endpoint(self, **parameters: Any) -> None:
        self.calls.append(("DeleteEndpoint", parameters))

    def describe_endpoint(self, **_: Any) -> dict[str, str]:
        found = self.descriptions.pop(0) if len(self.descriptions) > 1 else self.descriptions[0]
        if found is None:
            error = {"Code": "ValidationException", "Message": 'Could not find endpoint "e".'}
            raise ClientError({"Error": error}, "DescribeEndpoint")
        return found


def described(status: str, config: str = "old", **more: str) -> dict[str, str]:
    return {"EndpointName": "e", "EndpointStatus": status, "EndpointConfigName": config, **more}


def context(sagemaker: SageMaker, announced: list[str] | None = None) -> Context:
    return Context(
        stack_name="S",
        stack_id="arn:aws:cloudformation:us-east-1:123456789012:stack/S/1",
        logical_id="Endpoint",
        account_id="123456789012",
        region="us-east-1",
        make_client=lambda _: sagemaker,
        announce=(announced if announced is not None else []).append,
    )


def test_an_endpoint_is_made_once_it_is_in_service():
    """Ref is the ARN, and whoever asks for the name gets it."""
    sagemaker = SageMaker([described("Creating"), described("InService")])
    made = Endpoint().create(context(sagemaker), {"EndpointName": "e", "EndpointConfigName": "old"})
    assert (made.physical_id, made.attributes) == (ARN, {"EndpointArn": ARN, "EndpointName": "e"})
    assert sagemaker.calls == [("CreateEndpoint", {"EndpointName": "e", "EndpointConfigName": "old"})]


def test_an_endpoint_that_fails_says_why_and_can_be_deleted():
    """The engine knows its ARN before the wait, and shows SageMaker's own reason."""
    announced: list[str] = []
    sagemaker = SageMaker([described("Creating"), described("Failed", FailureReason="the container did not answer")])
    with pytest.raises(ResourceError, match="Endpoint e is Failed: the container did not answer"):
        Endpoint().create(context(sagemaker, announced), {"EndpointName": "e", "EndpointConfigName": "old"})
    assert announced == [ARN]


def test_an_update_deploys_the_new_configuration():
    """The update goes to the endpoint that exists, with its guardrails."""
    sagemaker = SageMaker([described("InService"), described("Updating"), described("InService", "new")])
    guardrails = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "a"}]}}
    wanted = {"EndpointConfigName": "new", "DeploymentConfig": guardrails}
    Endpoint().update(context(sagemaker), ARN, wanted, {"EndpointConfigName": "old"})
    assert sagemaker.calls == [("UpdateEndpoint", {"EndpointName": "e", **wanted})]


def test_an_update_that_sagemaker_rolled_back_has_failed():
    """The endpoint is InService again, but with what it had before."""
    rolled_back = described("InService", "old", FailureReason="alarm a went off")
    sagemaker = SageMaker([described("InService"), described("RollingBack"), rolled_back])
    with pytest.raises(ResourceError, match="Endpoint e was rolled back to old: alarm a went off"):
        Endpoint().update(context(sagemaker), ARN, {"EndpointConfigName": "new"}, {"EndpointConfigName": "old"})


def test_the_rollback_of_a_rolled_back_endpoint_does_nothing():
    """The stack's own rollback finds the wanted configuration in service."""
    sagemaker = SageMaker([described("RollingBack"), described("InService", "old")])
    Endpoint().update(context(sagemaker), ARN, {"EndpointConfigName": "old"}, {"EndpointConfigName": "new"})
    assert sagemaker.calls == []


def test_deleting_waits_until_the_endpoint_is_gone():
    """Its configuration and its model can be deleted only then."""
    sagemaker = SageMaker([described("Deleting"), described("Deleting"), None])
    Endpoint().delete(context(sagemaker), ARN, {"EndpointConfigName": "old"})
    assert sagemaker.calls == [("DeleteEndpoint", {"EndpointName": "e"})]
    assert sagemaker.descriptions == [None]
