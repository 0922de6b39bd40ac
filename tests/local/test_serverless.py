"""SAM templates: deployed through change sets, as `sam deploy` does it, and called."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.clouds import LocalCloud
from tests.local.iam_account import refused
from tests.local.lives.life import Stack, attribute
from tests.local.test_function_urls import FunctionUrl
from tests.local.test_lambda_layers import module, zipped
from tests.waiting import WAITER

pytestmark = pytest.mark.local

NAME = "AWS::Serverless-2016-10-31"
SAYS = "import said\n\ndef handler(event, context):\n    return said.TEXT + ' ' + context.invoked_function_arn\n"


def template(bucket: str) -> dict[str, Any]:
    """A function with a layer and a URL for everybody, behind an alias that is moved with each change of its code."""
    return {
        "Transform": NAME,
        "Parameters": {"Code": {"Type": "String"}},
        "Globals": {"Function": {"Runtime": "python3.11", "Timeout": 10}},
        "Resources": {
            "Said": {
                "Type": "AWS::Serverless::LayerVersion",
                "Properties": {"ContentUri": f"s3://{bucket}/layer.zip", "RetentionPolicy": "Delete"},
            },
            "Says": {
                "Type": "AWS::Serverless::Function",
                "Properties": {
                    "CodeUri": {"Bucket": bucket, "Key": {"Ref": "Code"}},
                    "Handler": "index.handler",
                    "Layers": [{"Ref": "Said"}],
                    "AutoPublishAlias": "live",
                    "FunctionUrlConfig": {"AuthType": "NONE"},
                    "Events": {"Nightly": {"Type": "Schedule", "Properties": {"Schedule": "rate(1 day)"}}},
                },
            },
        },
        "Outputs": {"Url": {"Value": attribute("SaysUrl", "FunctionUrl")}, "Name": {"Value": {"Ref": "Says"}}},
    }


def test_a_sam_template_is_deployed_and_called(local_cloud: LocalCloud, bucket: str) -> None:
    """By change sets, which ask for no more than the IAM capability; the alias moves to the new code."""
    stack = Stack(cloud=local_cloud, name=f"Sam{bucket}")
    client, s3 = stack.client("cloudformation"), stack.client("s3")
    s3.put_object(Bucket=bucket, Key="layer.zip", Body=module("hello"))
    for key, code in (("one.zip", SAYS), ("two.zip", SAYS.replace("return ", "return 'again ' + "))):
        s3.put_object(Bucket=bucket, Key=key, Body=zipped({"index.py": code}))
    text = json.dumps(template(bucket))

    def deploy(key: str, kind: str) -> dict[str, str]:
        client.create_change_set(
            StackName=stack.name,
            ChangeSetName=f"c-{kind}",
            ChangeSetType=kind,
            TemplateBody=text,
            Parameters=[{"ParameterKey": "Code", "ParameterValue": key}],
            Capabilities=["CAPABILITY_IAM"],
        )
        client.execute_change_set(StackName=stack.name, ChangeSetName=f"c-{kind}")
        client.get_waiter(f"stack_{kind.lower()}_complete").wait(StackName=stack.name, WaiterConfig=WAITER)
        (found,) = client.describe_stacks(StackName=stack.name)["Stacks"]
        return {each["OutputKey"]: each["OutputValue"] for each in found["Outputs"]}

    made = deploy("one.zip", "CREATE")
    url = FunctionUrl(local_cloud, made["Url"])
    status, _, body = url.ask("/")
    assert (status, body.decode()) == (200, f"hello {live(stack, made['Name'])}")
    assert deploy("two.zip", "UPDATE") == made
    assert url.ask("/")[2].startswith(b"again hello ")
    assert stack.client("lambda").get_alias(FunctionName=made["Name"], Name="live")["FunctionVersion"] == "2"

    original = client.get_template(StackName=stack.name, TemplateStage="Original")["TemplateBody"]
    processed = client.get_template(StackName=stack.name)["TemplateBody"]
    assert "Transform" in dict(original)
    assert {each["Type"] for each in dict(processed)["Resources"].values()} == {
        *("AWS::IAM::Role", "AWS::Events::Rule"),
        *(f"AWS::Lambda::{kind}" for kind in ("Alias", "Function", "LayerVersion", "Permission", "Url", "Version")),
    }
    stack.delete()


def live(stack: Stack, name: str) -> str:
    arn: str = stack.client("lambda").get_alias(FunctionName=name, Name="live")["AliasArn"]
    return arn


def test_a_stack_is_made_unseen_only_where_that_is_acknowledged(local_cloud: LocalCloud, bucket: str) -> None:
    """CreateStack wants CAPABILITY_AUTO_EXPAND; an invalid template is refused with the transform's name."""
    client = local_cloud.client("cloudformation")
    wanted: dict[str, Any] = {"StackName": f"Sam{bucket}", "Capabilities": ["CAPABILITY_IAM"]}
    code = [{"ParameterKey": "Code", "ParameterValue": "one.zip"}]
    with refused("InsufficientCapabilitiesException", r"Requires capabilities : \[CAPABILITY_AUTO_EXPAND\]"):
        client.create_stack(**wanted, TemplateBody=json.dumps(template(bucket)), Parameters=code)
    invalid = {"Transform": NAME, "Resources": {"Says": {"Type": "AWS::Serverless::Function"}}}
    with refused("ValidationError", rf"Transform {NAME} failed with: .* Resource with id \[Says\] is invalid\."):
        client.create_stack(**wanted, TemplateBody=json.dumps(invalid))
