"""SAM templates: deployed through change sets, as `sam deploy` does it, and called."""

from __future__ import annotations

import http.client
import json
import textwrap
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.clouds import LocalCloud
from tests.local.iam_account import refused
from tests.local.lives.life import Stack, attribute, ref
from tests.local.test_function_urls import FunctionUrl
from tests.local.test_lambda_layers import module, zipped

pytestmark = pytest.mark.local

NAME = "AWS::Serverless-2016-10-31"
SAYS = """
import said

def handler(event, context):
    return {"statusCode": 200, "body": said.TEXT + " " + context.invoked_function_arn}
"""


def template(bucket: str) -> dict[str, Any]:
    """A function with a layer behind an API and a URL, each at an alias that is moved with each change of its code."""
    return {
        "Transform": NAME,
        "Parameters": {"Code": {"Type": "String"}},
        "Globals": {"Function": {"Runtime": "python3.11", "Timeout": 10}, "Api": {"Cors": "'*'"}},
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
                    "Events": {
                        "Nightly": {"Type": "Schedule", "Properties": {"Schedule": "rate(1 day)"}},
                        "Asked": {"Type": "Api", "Properties": {"Path": "/say/{what}", "Method": "get"}},
                    },
                },
            },
        },
        "Outputs": {
            "Url": {"Value": attribute("SaysUrl", "FunctionUrl")},
            "Name": {"Value": ref("Says")},
            "Api": {"Value": ref("ServerlessRestApi")},
        },
    }


def test_a_sam_template_is_deployed_and_called(local_cloud: LocalCloud, bucket: str) -> None:
    """By change sets, which ask for no more than the IAM capability; the alias moves to the new code."""
    stack = Stack(cloud=local_cloud, name=f"Sam{bucket}")
    client, s3 = stack.client("cloudformation"), stack.client("s3")
    s3.put_object(Bucket=bucket, Key="layer.zip", Body=module("hello"))
    for key, code in (("one.zip", SAYS), ("two.zip", SAYS.replace("said.TEXT +", "'again ' + said.TEXT +"))):
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
        found = stack.settled()
        assert found["StackStatus"] == f"{kind}_COMPLETE", stack.reasons()
        return {each["OutputKey"]: each["OutputValue"] for each in found["Outputs"]}

    made = deploy("one.zip", "CREATE")
    url = FunctionUrl(local_cloud, made["Url"])
    status, _, body = url.ask("/")
    assert (status, body.decode()) == (200, f"hello {live(stack, made['Name'])}")
    api = f"/_execute-api/{made['Api']}/Prod/say/x"
    assert asked(local_cloud, "GET", api) == (200, None, body)
    assert asked(local_cloud, "OPTIONS", api) == (200, "*", b"{}\n")
    assert deploy("two.zip", "UPDATE") == made
    assert url.ask("/")[2] == asked(local_cloud, "GET", api)[2] == b"again " + body
    assert stack.client("lambda").get_alias(FunctionName=made["Name"], Name="live")["FunctionVersion"] == "2"

    original = client.get_template(StackName=stack.name, TemplateStage="Original")["TemplateBody"]
    processed = client.get_template(StackName=stack.name)["TemplateBody"]
    assert "Transform" in dict(original)
    written = client.get_template_summary(StackName=stack.name)["ResourceTypes"]
    assert written == [each["Type"] for each in dict(original)["Resources"].values()]
    assert {each["Type"] for each in dict(processed)["Resources"].values()} == {
        *("AWS::IAM::Role", "AWS::Events::Rule"),
        *(f"AWS::ApiGateway::{kind}" for kind in ("Deployment", "RestApi", "Stage")),
        *(f"AWS::Lambda::{kind}" for kind in ("Alias", "Function", "LayerVersion", "Permission", "Url", "Version")),
    }
    stack.delete()


def asked(cloud: LocalCloud, method: str, path: str) -> tuple[int, str | None, bytes]:
    """Status, allowed origin and body of an API's answer."""
    address = urlsplit(cloud.endpoint_url)
    connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=60)
    connection.request(method, path)
    answer = connection.getresponse()
    found = answer.status, answer.getheader("access-control-allow-origin"), answer.read()
    connection.close()
    return found


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


def test_an_api_is_made_from_a_document_in_a_bucket(local_cloud: LocalCloud, bucket: str) -> None:
    """In YAML, as SAM's DefinitionUri; the template's name counts."""
    stack = Stack(cloud=local_cloud, name=f"Api{bucket}")
    text = """
        openapi: 3.0.1
        info: {title: Document, version: 2020-01-01}
        paths:
          /x:
            get:
              responses: {200: {description: ok}}
              x-amazon-apigateway-integration:
                type: mock
                requestTemplates: {application/json: '{"statusCode": 200}'}
                responses: {default: {statusCode: 200, responseTemplates: {application/json: '{"a": 1}'}}}
    """
    stack.client("s3").put_object(Bucket=bucket, Key="api.yaml", Body=textwrap.dedent(text).encode())
    api = {"Name": "Own", "BodyS3Location": {"Bucket": bucket, "Key": "api.yaml"}}
    deployment = {"RestApiId": ref("Api"), "StageName": "prod"}
    made = stack.deploy(
        {
            "Resources": {
                "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": api},
                "Deployment": {"Type": "AWS::ApiGateway::Deployment", "Properties": deployment},
            },
            "Outputs": {"Api": {"Value": ref("Api")}},
        }
    )
    assert stack.client("apigateway").get_rest_api(restApiId=made["Api"])["name"] == "Own"
    assert asked(local_cloud, "GET", f"/_execute-api/{made['Api']}/prod/x") == (200, None, b'{"a": 1}')
    stack.delete()
