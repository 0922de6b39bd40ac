"""Lambda's versions and aliases: what was published stays as it was, and an alias says which of it runs."""

from __future__ import annotations

import json
import uuid
from collections import Counter
from typing import Any

import pytest

from tests.local.iam_account import ACCOUNT, Account, allow, policy, refused
from tests.local.test_lambda import Function, archive, received
from tests.waiting import WAITER, until

SAYS = """
import os

def handler(event, context):
    if event == "fail":
        raise ValueError("as asked")
    return {{
        "says": {says!r},
        "version": context.function_version,
        "variable": os.environ["AWS_LAMBDA_FUNCTION_VERSION"],
        "arn": context.invoked_function_arn,
        "stream": context.log_stream_name,
    }}
"""


def says(word: str) -> str:
    return SAYS.format(says=word)


def arn(function: Function, qualifier: str = "") -> str:
    found = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{function.name}"
    return f"{found}:{qualifier}" if qualifier else found


def change(function: Function, word: str) -> None:
    function.client.update_function_code(FunctionName=function.name, ZipFile=archive(says(word)))
    function.client.get_waiter("function_updated_v2").wait(FunctionName=function.name, WaiterConfig=WAITER)


def publish(function: Function, **more: Any) -> str:
    number: str = function.client.publish_version(FunctionName=function.name, **more)["Version"]
    return number


@pytest.fixture
def function(account: Account) -> Function:
    """A function with versions 1 (``one``) and 2 (``two``), which now says ``three``."""
    made = Function(account, says("one"))
    publish(made)
    change(made, "two")
    publish(made, Description="the second")
    change(made, "three")
    return made


def answer(function: Function, named: str, **more: Any) -> dict[str, Any]:
    found = function.client.invoke(**{"FunctionName": named, "Payload": b"{}", **more})
    assert "FunctionError" not in found, found["Payload"].read()
    return {**json.load(found["Payload"]), "executed": found["ExecutedVersion"]}


def test_a_version_stays_what_the_function_was(function: Function) -> None:
    """Each version runs its own code and settings, found by qualifier and by qualified name and ARN."""
    name = function.name
    function.client.update_function_configuration(FunctionName=name, Timeout=7)
    function.client.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig=WAITER)
    first = answer(function, name, Qualifier="1")
    assert (first["says"], first["version"], first["variable"], first["executed"]) == ("one", "1", "1", "1")
    assert first["arn"] == arn(function, "1")
    assert "[1]" in first["stream"]
    assert answer(function, f"{name}:2")["says"] == "two"
    assert answer(function, arn(function, "2"))["says"] == "two"
    latest = answer(function, name)
    assert (latest["says"], latest["version"], latest["arn"]) == ("three", "$LATEST", arn(function))
    described = function.client.get_function_configuration(FunctionName=name, Qualifier="2")
    assert (described["Version"], described["FunctionArn"]) == ("2", arn(function, "2"))
    assert (described["Description"], described["Timeout"]) == ("the second", 10)
    listed = function.client.list_versions_by_function(FunctionName=name)["Versions"]
    assert [(each["Version"], each["FunctionArn"]) for each in listed] == [
        (number, arn(function, number)) for number in ("$LATEST", "1", "2")
    ]


def test_nothing_new_publishes_no_new_version(function: Function) -> None:
    """PublishVersion answers the last version until code or settings change, and heeds its two preconditions."""
    name = function.name
    assert publish(function) == "3"
    assert publish(function, Description="the same") == "3"
    latest = function.client.get_function_configuration(FunctionName=name)
    with refused("InvalidParameterValueException", "is different from current CodeSHA256"):
        publish(function, CodeSha256="other")
    with refused("PreconditionFailedException"):
        publish(function, RevisionId=str(uuid.uuid4()))
    function.client.update_function_configuration(FunctionName=name, MemorySize=256)
    function.client.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig=WAITER)
    assert publish(function, CodeSha256=latest["CodeSha256"]) == "4"


def test_a_function_can_be_published_with_its_code(account: Account) -> None:
    """CreateFunction and UpdateFunctionCode with Publish answer a version, which soon is Active."""
    role = Function(account, says("another")).role
    name = f"{account.name}-published"
    client = account.cloud.client("lambda")
    created = client.create_function(
        FunctionName=name,
        Role=role,
        Runtime="python3.11",
        Handler="index.handler",
        Code={"ZipFile": archive(says("one"))},
        Publish=True,
    )
    assert created["Version"] == "1"
    client.get_waiter("published_version_active").wait(FunctionName=name, Qualifier="1", WaiterConfig=WAITER)
    client.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig=WAITER)
    updated = client.update_function_code(FunctionName=name, ZipFile=archive(says("two")), Publish=True)
    assert updated["Version"] == "2"
    client.get_waiter("published_version_active").wait(FunctionName=name, Qualifier="2", WaiterConfig=WAITER)
    found = client.invoke(FunctionName=name, Qualifier="2")
    assert json.load(found["Payload"])["says"] == "two"
    client.delete_function(FunctionName=name)


def test_an_alias_moves(function: Function) -> None:
    """An alias runs the version it points to, under its own ARN, and can be moved back."""
    name = function.name
    made = function.client.create_alias(FunctionName=name, Name="live", FunctionVersion="1", Description="served")
    assert made["AliasArn"] == arn(function, "live")
    first = answer(function, made["AliasArn"])
    assert (first["says"], first["executed"], first["arn"]) == ("one", "1", made["AliasArn"])
    moved = function.client.update_alias(FunctionName=name, Name="live", FunctionVersion="2")
    assert (moved["FunctionVersion"], moved["Description"]) == ("2", "served")
    assert moved["RevisionId"] != made["RevisionId"]
    assert answer(function, name, Qualifier="live")["says"] == "two"
    with refused("PreconditionFailedException"):
        function.client.update_alias(FunctionName=name, Name="live", FunctionVersion="1", RevisionId=made["RevisionId"])
    described = function.client.get_function(FunctionName=name, Qualifier="live")["Configuration"]
    assert (described["Version"], described["FunctionArn"]) == ("2", made["AliasArn"])
    listed = function.client.list_aliases(FunctionName=name, FunctionVersion="2")["Aliases"]
    assert [each["Name"] for each in listed] == ["live"]
    function.client.delete_alias(FunctionName=name, Name="live")
    with refused("ResourceNotFoundException"):
        answer(function, name, Qualifier="live")


def test_weights_share_the_traffic(function: Function) -> None:
    """With half of the weight on each version both answer, and the answer says which; no weight, no traffic."""
    name = function.name
    half = {"AdditionalVersionWeights": {"2": 0.5}}
    function.client.create_alias(FunctionName=name, Name="live", FunctionVersion="1", RoutingConfig=half)
    seen = Counter((each["says"], each["executed"]) for each in (answer(function, f"{name}:live") for _ in range(60)))
    assert set(seen) == {("one", "1"), ("two", "2")}  # one in 2^59 that a fair share misses a version
    for weight, word in ((0.0, "one"), (1.0, "two")):
        function.client.update_alias(
            FunctionName=name, Name="live", RoutingConfig={"AdditionalVersionWeights": {"2": weight}}
        )
        assert {answer(function, f"{name}:live")["says"] for _ in range(10)} == {word}
    cleared = function.client.update_alias(FunctionName=name, Name="live", RoutingConfig={})
    assert "RoutingConfig" not in cleared


@pytest.mark.parametrize(
    ("wanted", "code", "words"),
    [
        ({"FunctionVersion": "9"}, "ResourceNotFoundException", "Function not found"),
        ({"FunctionVersion": "1", "Name": "2024"}, "ValidationException", "regular expression"),
        ({"FunctionVersion": "1", "Weights": {"1": 0.5}}, "InvalidParameterValueException", "already included"),
        ({"FunctionVersion": "1", "Weights": {"2": 1.5}}, "ValidationException", "less than or equal to 1.0"),
        ({"FunctionVersion": "1", "Weights": {"9": 0.5}}, "ResourceNotFoundException", ":9"),
        ({"FunctionVersion": "$LATEST", "Weights": {"2": 0.5}}, "InvalidParameterValueException", "LATEST is not"),
        ({"FunctionVersion": "1", "Weights": {"2": 0.1, "3": 0.1}}, "InvalidParameterValueException", "greater than 1"),
    ],
)
def test_an_alias_that_cannot_be_is_refused(function: Function, wanted: dict[str, Any], code: str, words: str) -> None:
    """CreateAlias refuses names, versions and weights in AWS's words, and a second alias of one name."""
    asked = {"FunctionName": function.name, "Name": "live", **wanted}
    if "Weights" in asked:
        asked["RoutingConfig"] = {"AdditionalVersionWeights": asked.pop("Weights")}
    with refused(code, words):
        function.client.create_alias(**asked)
    function.client.create_alias(FunctionName=function.name, Name="live", FunctionVersion="1")
    with refused("ResourceConflictException", "Alias already exists"):
        function.client.create_alias(FunctionName=function.name, Name="live", FunctionVersion="1")


def test_a_version_in_use_is_not_deleted(function: Function) -> None:
    """An alias holds its version; a deleted version takes no number with it, and a deleted function all versions."""
    name, client = function.name, function.client
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    with refused("ResourceConflictException", "Unable to delete version because the following aliases reference it"):
        client.delete_function(FunctionName=name, Qualifier="1")
    with refused("InvalidParameterValueException", "without deleting the function"):
        client.delete_function(FunctionName=name, Qualifier="$LATEST")
    client.delete_function(FunctionName=name, Qualifier="2")
    with refused("ResourceNotFoundException"):
        answer(function, name, Qualifier="2")
    assert answer(function, name, Qualifier="live")["says"] == "one"
    assert publish(function) == "3"
    with refused("InvalidParameterValueException", "does not match the specified qualifier"):
        client.get_function(FunctionName=f"{name}:1", Qualifier="3")
    client.delete_function(FunctionName=name)
    for qualifier in ("live", "1"):
        with refused("ResourceNotFoundException"):
            answer(function, name, Qualifier=qualifier)


def test_each_qualifier_has_a_policy_of_its_own(account: Account, function: Function) -> None:
    """A service that may invoke the alias may not invoke the function, nor a user with the bare ARN the alias."""
    name, client = function.name, function.client
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    added = client.add_permission(
        FunctionName=arn(function, "live"),
        StatementId="events",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
    )
    assert json.loads(added["Statement"])["Resource"] == arn(function, "live")
    with refused("ResourceNotFoundException"):
        client.get_policy(FunctionName=name)
    found = json.loads(client.get_policy(FunctionName=name, Qualifier="live")["Policy"])
    assert [each["Sid"] for each in found["Statement"]] == ["events"]
    with refused("InvalidParameterValueException", "LATEST"):
        client.add_permission(
            FunctionName=name, Qualifier="$LATEST", StatementId="s", Action="lambda:InvokeFunction", Principal=ACCOUNT
        )
    caller = account.client("lambda", account.user(allow("lambda:InvokeFunction", arn(function))))
    assert caller.invoke(FunctionName=name)["StatusCode"] == 200
    with refused("AccessDeniedException"):
        caller.invoke(FunctionName=name, Qualifier="live")
    more = policy(allow("lambda:InvokeFunction", arn(function, "live")))
    account.iam.put_user_policy(UserName=account.name, PolicyName="more", PolicyDocument=more)
    assert caller.invoke(FunctionName=name, Qualifier="live")["ExecutedVersion"] == "1"
    client.remove_permission(FunctionName=name, Qualifier="live", StatementId="events")
    with refused("ResourceNotFoundException"):
        client.get_policy(FunctionName=name, Qualifier="live")


def test_an_event_reaches_the_alias_that_a_rule_names(account: Account, function: Function) -> None:
    """A rule whose target is an alias's ARN invokes its version, by the permission on the alias."""
    name, events = function.name, account.cloud.client("events")
    function.client.create_alias(FunctionName=name, Name="live", FunctionVersion="2")
    pattern = json.dumps({"source": [f"test.{name}"]})
    rule = events.put_rule(Name=name, EventPattern=pattern)["RuleArn"]
    events.put_targets(Rule=name, Targets=[{"Id": "alias", "Arn": arn(function, "live")}])
    function.client.add_permission(
        FunctionName=name,
        Qualifier="live",
        StatementId="events",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=rule,
    )
    events.put_events(Entries=[{"Source": f"test.{name}", "DetailType": "told", "Detail": "{}"}])
    lines = until(function.log, lambda found: any("Version: 2" in line for line in found), what="version 2 in the log")
    assert not any("Version: $LATEST" in line for line in lines)
    events.remove_targets(Rule=name, Ids=["alias"])
    events.delete_rule(Name=name)


def test_an_alias_has_its_own_settings_of_asynchronous_invocations(account: Account) -> None:
    """The alias's destination gets the record, which names the alias and the version; the function has none."""
    sqs = account.cloud.client("sqs")
    url = sqs.create_queue(QueueName=account.name)["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    function = Function(account, says("one"), allow(["sqs:SendMessage", "sqs:GetQueueUrl"], queue))
    name, client = function.name, function.client
    client.create_alias(FunctionName=name, Name="live", FunctionVersion=publish(function))
    put = client.put_function_event_invoke_config(
        FunctionName=name,
        Qualifier="live",
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": queue}},
    )
    assert put["FunctionArn"] == arn(function, "live")
    with refused("ResourceNotFoundException"):
        client.get_function_event_invoke_config(FunctionName=name)
    client.invoke(FunctionName=name, Qualifier="live", InvocationType="Event", Payload=b'"fail"')
    record = json.loads(received(sqs, url)["Body"])
    assert record["requestContext"]["functionArn"] == arn(function, "live")
    assert record["responseContext"]["executedVersion"] == "1"
