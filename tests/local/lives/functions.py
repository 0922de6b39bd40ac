"""What runs when it is called: Lambda."""

from __future__ import annotations

import json
from typing import Any

from tests.local.lives.life import Life, Stack, attribute, own_tags, ref

ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ],
        }
    },
}


def code(answer: str) -> dict[str, Any]:
    return {
        "Handler": "index.handler",
        "Runtime": "python3.11",
        "Role": attribute("Role"),
        "Code": {"ZipFile": f"def handler(event, context):\n    return {answer!r}\n"},
    }


FUNCTION = {"Type": "AWS::Lambda::Function", "Properties": code("needed")}

VERSION = {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": ref("Function")}}


def function(stack: Stack, outputs: dict[str, str]) -> tuple[Any, ...]:
    client, name = stack.client("lambda"), outputs["Ref"]
    found = client.get_function(FunctionName=name)
    configuration = found["Configuration"]
    return (
        json.load(client.invoke(FunctionName=name)["Payload"]),
        configuration["Timeout"],
        configuration.get("Environment", {}).get("Variables", {}),
        found.get("Concurrency", {}).get("ReservedConcurrentExecutions"),
        own_tags(found["Tags"]),
    )


def permission(stack: Stack, outputs: dict[str, str]) -> list[str]:
    text = stack.client("lambda").get_policy(FunctionName=outputs["NeedFunction"])["Policy"]
    return [each["Principal"]["Service"] for each in json.loads(text)["Statement"]]


def retries(stack: Stack, outputs: dict[str, str]) -> int:
    name = outputs["NeedFunction"]
    found: int = stack.client("lambda").get_function_event_invoke_config(FunctionName=name)["MaximumRetryAttempts"]
    return found


def published(stack: Stack, outputs: dict[str, str]) -> tuple[str, str]:
    found = stack.client("lambda").get_function_configuration(FunctionName=outputs["Ref"])
    return found["Version"], found["Description"]


def pointed(stack: Stack, outputs: dict[str, str]) -> tuple[Any, ...]:
    client = stack.client("lambda")
    found = client.get_alias(FunctionName=outputs["NeedFunction"], Name="live")
    answer = json.load(client.invoke(FunctionName=outputs["Ref"])["Payload"])
    return answer, found["FunctionVersion"], found["Description"], found.get("RoutingConfig")


def addressed(stack: Stack, outputs: dict[str, str]) -> tuple[Any, ...]:
    found = stack.client("lambda").get_function_url_config(FunctionName=outputs["Ref"])
    assert found["FunctionUrl"] == outputs["FunctionUrl"]
    return found["AuthType"], found.get("Cors")


def invoking(count: int) -> dict[str, Any]:
    return {"FunctionName": ref("Function"), "Qualifier": "$LATEST", "MaximumRetryAttempts": count}


LIVES = [
    Life(
        type_name="AWS::Lambda::Function",
        needs={"Role": ROLE},
        first={
            **code("one"),
            "Timeout": 9,
            "Environment": {"Variables": {"GREETING": "hello"}},
            "ReservedConcurrentExecutions": 2,
            "Tags": [{"Key": "team", "Value": "a"}],
        },
        then=code("two"),
        look=function,
        at_first=("one", 9, {"GREETING": "hello"}, 2, {"team": "a"}),
        later=("two", 3, {}, None, {}),
        attributes=("Arn",),
    ),
    Life(
        type_name="AWS::Lambda::Permission",
        needs={"Role": ROLE, "Function": FUNCTION},
        first={
            "FunctionName": ref("Function"),
            "Action": "lambda:InvokeFunction",
            "Principal": "events.amazonaws.com",
        },
        look=permission,
        at_first=["events.amazonaws.com"],
    ),
    Life(
        type_name="AWS::Lambda::EventInvokeConfig",
        needs={"Role": ROLE, "Function": FUNCTION},
        first=invoking(0),
        then=invoking(1),
        look=retries,
        at_first=0,
        later=1,
    ),
    Life(
        type_name="AWS::Lambda::Version",
        needs={"Role": ROLE, "Function": FUNCTION},
        first={"FunctionName": ref("Function"), "Description": "the first"},
        look=published,
        at_first=("1", "the first"),
        attributes=("Version", "FunctionArn"),
    ),
    Life(
        type_name="AWS::Lambda::Url",
        needs={"Role": ROLE, "Function": FUNCTION},
        first={
            "TargetFunctionArn": attribute("Function"),
            "AuthType": "NONE",
            "Cors": {"AllowOrigins": ["*"], "MaxAge": 60},
        },
        then={"TargetFunctionArn": attribute("Function"), "AuthType": "AWS_IAM"},
        look=addressed,
        at_first=("NONE", {"AllowOrigins": ["*"], "MaxAge": 60}),
        later=("AWS_IAM", {}),
        attributes=("FunctionArn", "FunctionUrl"),
    ),
    Life(
        type_name="AWS::Lambda::Alias",
        needs={"Role": ROLE, "Function": FUNCTION, "Version": VERSION},
        first={
            "FunctionName": ref("Function"),
            "Name": "live",
            "FunctionVersion": "$LATEST",
            "Description": "what is served",
        },
        then={"FunctionName": ref("Function"), "Name": "live", "FunctionVersion": attribute("Version", "Version")},
        look=pointed,
        at_first=("needed", "$LATEST", "what is served", None),
        later=("needed", "1", "", None),
        attributes=("AliasArn",),
    ),
]
