"""What PROD served, told by the events of its stack."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from scripts.reads.prod import Tenure, before, tenures

ARN = "arn:aws:sagemaker:us-east-1:123456789012:model-package/car/"
START = datetime(2026, 11, 21, 12, tzinfo=UTC)
STACK = "CarProd"


class Events:
    """A stack's events, a second apart."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self._seconds = count()

    def add(self, kind: str, logical_id: str, status: str, **more: Any) -> datetime:
        when = START + timedelta(seconds=next(self._seconds))
        event = {"ResourceType": kind, "LogicalResourceId": logical_id, "ResourceStatus": status, "Timestamp": when}
        self.told.append(event | more)
        return when

    def deploy(self, version: int, *, verb: str = "UPDATE", end: str = "COMPLETE") -> datetime:
        """One operation; what it answers is when the endpoint was ready."""
        properties = json.dumps({"PrimaryContainer": {"ModelPackageName": f"{ARN}{version}"}})
        self.add("AWS::CloudFormation::Stack", STACK, f"{verb}_IN_PROGRESS")
        self.add("AWS::SageMaker::Model", f"{STACK}Model", f"{verb}_COMPLETE", ResourceProperties=properties)
        ready = self.add(
            "AWS::SageMaker::Endpoint", "Served", f"{verb}_{'COMPLETE' if end == 'COMPLETE' else 'FAILED'}"
        )
        if end == "COMPLETE":
            self.add("AWS::CloudFormation::Stack", STACK, f"{verb}_COMPLETE")
        else:
            self.add("AWS::CloudFormation::Stack", STACK, "UPDATE_ROLLBACK_IN_PROGRESS")
            self.add("AWS::SageMaker::Endpoint", "Served", "UPDATE_COMPLETE")
            self.add("AWS::CloudFormation::Stack", STACK, "UPDATE_ROLLBACK_COMPLETE")
        return ready


def test_what_was_deployed_serves_since_its_endpoint_was_ready() -> None:
    """A package's tenure begins when the endpoint was updated, not when the model was made."""
    events = Events()
    first = events.deploy(1, verb="CREATE")
    second = events.deploy(2)
    assert tenures(STACK, events.told, "Model") == [
        Tenure(package_arn=f"{ARN}1", since=first),
        Tenure(package_arn=f"{ARN}2", since=second),
    ]


def test_what_was_rolled_back_never_served() -> None:
    """A deployment that was rolled back leaves no tenure."""
    events = Events()
    events.deploy(1, verb="CREATE")
    events.deploy(2, end="ROLLBACK")
    last = events.deploy(3)
    assert [tenure.package_arn for tenure in tenures(STACK, events.told, "Model")] == [f"{ARN}1", f"{ARN}3"]
    assert tenures(STACK, events.told, "Model")[-1].since == last


def test_the_same_package_deployed_anew_goes_on_serving() -> None:
    """A new Model of the same package continues the tenure that its package has."""
    events = Events()
    first = events.deploy(1, verb="CREATE")
    events.deploy(1)
    assert tenures(STACK, events.told, "Model") == [Tenure(package_arn=f"{ARN}1", since=first)]


def history(*versions: int) -> list[Tenure]:
    return [Tenure(package_arn=f"{ARN}{version}", since=START) for version in versions]


def test_a_rollback_goes_back_and_never_forth() -> None:
    """After 3 was rolled back to 2, the release before 2 is 1."""
    assert before(history(1, 2, 3), f"{ARN}3") == [f"{ARN}2", f"{ARN}1"]
    assert before(history(1, 2, 3, 2), f"{ARN}2") == [f"{ARN}1"]
    assert before(history(1, 2, 1), f"{ARN}1") == []
    assert before(history(1), f"{ARN}7") == []
