"""Event buses: AWS's refusals word for word, and their policies."""

from __future__ import annotations

import json
from typing import Any

import pytest

from localcloud.platform.cloud import Cloud
from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.platform.service import Call, Caller
from localcloud.services.events.service import Events

CALL = Call(
    service="events",
    operation="",
    region="us-east-1",
    caller=Caller(account_id="123456789012", access_key_id="AKIA", arn="arn:aws:iam::123456789012:root"),
    request_id="1",
)
ARN = "arn:aws:events:us-east-1:123456789012:event-bus/mine"
PATTERN = json.dumps({"source": ["shop"]})


class Api:
    """EventBridge's operations by AWS's names, without a front door."""

    def __init__(self, cloud: Cloud) -> None:
        self._handlers = dict(Events(cloud).handlers())

    def __call__(self, operation: str, **params: Any) -> Any:
        return self._handlers[operation](CALL, params)

    def policy(self, bus: str = "mine") -> list[Any]:
        """The statements of a bus's policy."""
        text = self("DescribeEventBus", Name=bus).get("Policy")
        found: list[Any] = json.loads(text)["Statement"] if text else []
        return found


@pytest.fixture
def api(cloud: Cloud) -> Api:
    api = Api(cloud)
    api("CreateEventBus", Name="mine", Description="one", Tags=[{"Key": "team", "Value": "a"}])
    return api


def test_a_bus_is_named_by_name_or_arn(api: Api) -> None:
    """Both name the same bus, and its rules are listed apart from those of the default bus."""
    assert api("DescribeEventBus", Name=ARN)["Description"] == "one"
    arn = api("PutRule", Name="r", EventPattern=PATTERN, EventBusName=ARN)["RuleArn"]
    api("PutRule", Name="r", EventPattern=PATTERN)
    assert arn == "arn:aws:events:us-east-1:123456789012:rule/mine/r"
    assert api("ListTagsForResource", ResourceARN=ARN)["Tags"] == [{"Key": "team", "Value": "a"}]
    assert api("DescribeRule", Name="r", EventBusName="mine")["EventBusName"] == "mine"
    api("TagResource", ResourceARN=arn, Tags=[{"Key": "k", "Value": "v"}])
    assert api("ListTagsForResource", ResourceARN=arn)["Tags"] == [{"Key": "k", "Value": "v"}]
    assert api("ListTagsForResource", ResourceARN=arn.replace("mine/", ""))["Tags"] == []


def test_lists_come_in_pages(api: Api) -> None:
    """Limit and NextToken hold for the lists of buses, rules and targets' rules."""
    for name in ("other", "more"):
        api("CreateEventBus", Name=name)
    first = api("ListEventBuses", Limit=3)
    assert [bus["Name"] for bus in first["EventBuses"]] == ["default", "mine", "more"]
    rest = api("ListEventBuses", Limit=3, NextToken=first["NextToken"])
    assert [bus["Name"] for bus in rest["EventBuses"]] == ["other"]
    assert [bus["Name"] for bus in api("ListEventBuses", NamePrefix="m")["EventBuses"]] == ["mine", "more"]
    for name in ("a", "b"):
        api("PutRule", Name=name, EventPattern=PATTERN)
    assert [rule["Name"] for rule in api("ListRules", Limit=1)["Rules"]] == ["a"]


def test_a_bus_is_described_anew(api: Api) -> None:
    """UpdateEventBus sets the description, and takes it away."""
    assert api("UpdateEventBus", Name="mine", Description="two")["Description"] == "two"
    api("UpdateEventBus", Name="mine")
    assert "Description" not in api("DescribeEventBus", Name="mine")


@pytest.mark.parametrize(
    ("operation", "params", "code", "message"),
    [
        ("CreateEventBus", {"Name": "mine"}, "ResourceAlreadyExistsException", "Event bus mine already exists."),
        ("CreateEventBus", {"Name": "default"}, "ResourceAlreadyExistsException", "Event bus default already exists."),
        ("CreateEventBus", {"Name": "a/b"}, "ValidationException", "Event bus name must not contain '/'."),
        ("CreateEventBus", {"Name": "k", "KmsKeyIdentifier": "k"}, "NotImplemented", "with KmsKeyIdentifier"),
        ("DescribeEventBus", {"Name": "no"}, "ResourceNotFoundException", "Event bus no does not exist."),
        ("DescribeEventBus", {"Name": ARN.replace("1234", "9999")}, "NotImplemented", "another account or region"),
        ("DeleteEventBus", {"Name": "default"}, "ValidationException", "Cannot delete event bus default."),
        ("DescribeRule", {"Name": "r", "EventBusName": "no"}, "ResourceNotFoundException", "Event bus no does not"),
        ("DescribeRule", {"Name": "r", "EventBusName": "mine"}, "ResourceNotFoundException", "exist on EventBus mine."),
        (
            "PutRule",
            {"Name": "r", "ScheduleExpression": "rate(1 hour)", "EventBusName": "mine"},
            "ValidationException",
            "ScheduleExpression is supported only on the default event bus.",
        ),
        ("PutEvents", {"Entries": [{}], "EndpointId": "e.veo"}, "NotImplemented", "the global endpoint e.veo"),
        (
            "PutEvents",
            {"Entries": [{"Source": "a", "DetailType": "b", "Detail": "ü" * 2**18, "Resources": []}] * 2},
            "ValidationException",
            "Total size of the entries in the request is over the limit.",
        ),
        ("PutPermission", {"EventBusName": "no"}, "ResourceNotFoundException", "Event bus no does not exist."),
        (
            "PutPermission",
            {"StatementId": "s", "Action": "events:PutRule", "Principal": "*"},
            "ValidationException",
            "Provided value in parameter 'action' is not supported.",
        ),
        ("RemovePermission", {"StatementId": "s"}, "ResourceNotFoundException", "Statement with the provided id does"),
    ],
)
def test_what_aws_refuses_is_refused_in_its_words(
    api: Api, operation: str, params: dict[str, Any], code: str, message: str
) -> None:
    """Faults have AWS's code and words; what the local cloud lacks is refused by name."""
    with pytest.raises(AwsError) as refused:
        api(operation, **params)
    assert refused.value.code == code
    assert message in refused.value.message


def test_a_bus_with_rules_is_not_deleted(api: Api) -> None:
    """Its rules go first; a bus that is not there is deleted without a word."""
    api("PutRule", Name="r", EventPattern=PATTERN, EventBusName="mine")
    with pytest.raises(AwsError, match=r"EventBus can't be deleted since it has rules\."):
        api("DeleteEventBus", Name="mine")
    api("DeleteRule", Name="r", EventBusName="mine")
    api("DeleteEventBus", Name="mine")
    api("DeleteEventBus", Name="mine")
    assert [bus["Name"] for bus in api("ListEventBuses")["EventBuses"]] == ["default"]


def test_a_policy_grows_by_statements_or_is_put_as_a_whole(api: Api) -> None:
    """The same StatementId replaces its statement, and a Policy replaces all."""
    for account in ("111111111111", "222222222222"):
        api("PutPermission", EventBusName="mine", StatementId="s", Action="events:PutEvents", Principal=account)
    api("PutPermission", EventBusName="mine", StatementId="all", Action="events:PutEvents", Principal="*")
    assert [(each["Sid"], each["Principal"]) for each in api.policy()] == [
        ("s", {"AWS": "arn:aws:iam::222222222222:root"}),
        ("all", "*"),
    ]
    api("RemovePermission", EventBusName="mine", StatementId="s")
    assert [each["Sid"] for each in api.policy()] == ["all"]
    whole = {"Sid": "w", "Effect": "Deny", "Principal": "*", "Action": "events:PutEvents", "Resource": ARN}
    api("PutPermission", EventBusName="mine", Policy=json.dumps({"Version": "2012-10-17", "Statement": whole}))
    assert api.policy() == [whole]
    api("RemovePermission", EventBusName="mine", RemoveAllPermissions=True)
    assert api.policy() == []


def test_an_event_for_a_bus_that_is_not_there_is_lost(api: Api) -> None:
    """AWS answers as if the event had arrived; a missing source is told."""
    good = {"Source": "shop", "DetailType": "Sale", "Detail": "{}", "EventBusName": "no"}
    answer = api("PutEvents", Entries=[good, {**good, "Source": ""}])
    assert answer["FailedEntryCount"] == 1
    assert "EventId" in answer["Entries"][0]
    assert answer["Entries"][1]["ErrorMessage"].endswith("Reason: Source is a required argument.")


@pytest.mark.parametrize(
    ("target", "code", "message"),
    [
        ({"Arn": ARN}, "ValidationException", f"RoleArn is required for target {ARN}."),
        ({"Arn": ARN, "RoleArn": "arn:r", "InputPath": "$.detail"}, "NotImplemented", "with InputPath"),
        ({"Arn": ARN.replace("event-bus/", "api-destination/"), "RoleArn": "r"}, "NotImplemented", "api-destination/"),
    ],
)
def test_a_bus_is_a_target_with_a_role(api: Api, target: dict[str, str], code: str, message: str) -> None:
    """A rule sends an event on to a bus as it is, and with its role's permission."""
    api("PutRule", Name="r", EventPattern=PATTERN)
    with pytest.raises(AwsError) as refused:
        api("PutTargets", Rule="r", Targets=[{"Id": "b", **target}])
    assert refused.value.code == code
    assert message in refused.value.message


def test_tags_are_those_of_this_place(api: Api) -> None:
    """Policies are asked about the ARN in the request: one of another account or region names no bus that is here."""
    for other in (ARN.replace("123456789012", "999999999999"), ARN.replace("us-east-1", "eu-west-1")):
        with pytest.raises(UnsupportedError, match="another account or region"):
            api("UntagResource", ResourceARN=other, TagKeys=["team"])
    assert api("ListTagsForResource", ResourceARN=ARN)["Tags"] == [{"Key": "team", "Value": "a"}]
