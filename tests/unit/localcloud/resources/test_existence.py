"""No type adopts what exists, though its service would let it."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.resources.registry import provider
from localcloud.resources.resource import Context, ResourceError

NAMED = {
    "AWS::SQS::Queue": ("QueueName", "get_queue_url"),
    "AWS::SNS::Topic": ("TopicName", "get_topic_attributes"),
    "AWS::CloudWatch::Alarm": ("AlarmName", "describe_alarms"),
    "AWS::CloudWatch::CompositeAlarm": ("AlarmName", "describe_alarms"),
    "AWS::CloudWatch::Dashboard": ("DashboardName", "get_dashboard"),
    "AWS::Events::Rule": ("Name", "describe_rule"),
    "AWS::S3::Bucket": ("BucketName", "head_bucket"),
}


class Service:
    """Answers every call alike, and remembers them."""

    def __init__(self, *, known: bool) -> None:
        self.calls: list[str] = []
        self._known = known

    def __getattr__(self, name: str) -> Any:
        def call(**_: Any) -> dict[str, Any]:
            self.calls.append(name)
            if name.startswith(("get_", "describe_", "head_")) and not self._known:
                raise ClientError({"Error": {"Code": "NotFound", "Message": "no"}}, name)
            alarms = [1] if self._known else []
            there = {"MetricAlarms": alarms, "CompositeAlarms": alarms}
            return {**there, "QueueUrl": "u", "TopicArn": "a:b", "RuleArn": "r"}

        return call


def create(type_name: str, service: Service, properties: dict[str, Any]) -> None:
    found = provider(type_name)
    assert found is not None
    context = Context(
        stack_name="s",
        stack_id="i",
        logical_id="L",
        account_id="123456789012",
        region="us-east-1",
        make_client=lambda _: service,
    )
    found.create(context, properties)


@pytest.mark.parametrize("type_name", NAMED)
def test_a_name_that_is_taken_fails_the_resource(type_name: str) -> None:
    """Nothing is made or changed; the reason names it."""
    name, probe = NAMED[type_name]
    service = Service(known=True)
    with pytest.raises(ResourceError, match=f"^mine already exists.*{type_name}.*AlreadyExists"):
        create(type_name, service, {name: "mine"})
    assert service.calls == [probe]


def test_without_a_name_nobody_is_asked() -> None:
    """The name is a new one."""
    service = Service(known=True)
    create("AWS::SNS::Topic", service, {})
    assert service.calls == ["create_topic"]


def test_what_is_not_there_is_made() -> None:
    """Nothing is asked but whether it is there."""
    service = Service(known=False)
    create("AWS::SNS::Topic", service, {"TopicName": "mine"})
    assert service.calls == ["get_topic_attributes", "create_topic"]
