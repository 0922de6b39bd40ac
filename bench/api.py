"""How fast an API answers: a mock, and a function that answers at once. A table, not a test.

Starts its own local cloud. The function alone is invoked with the same client, so that what API Gateway adds is seen.
"""

from __future__ import annotations

import io
import json
import os
import tempfile
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlparse

import uvloop
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from bench.lab.clouds import LocalCloud
from bench.lab.latency import HEAD, REQUESTS, Ask, measure
from bench.lab.waiting import WAITER
from localcloud.platform.loopback_http import Connections

NAME, LABEL = "bench", b"vgood"
ANSWER = {"statusCode": 200, "body": LABEL.decode()}
CODE = f"def handler(event, context):\n    return {ANSWER}\n"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
EVENT = b"{}"


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        cloud = LocalCloud.up(Path(home))
        try:
            function = _function(cloud)
            _report(cloud, function, _api(cloud, function))
        finally:
            cloud.down()


def _report(cloud: LocalCloud, function: str, api: str) -> None:
    port = int(urlparse(cloud.endpoint_url).port or 80)
    invoke = f"/2015-03-31/functions/{quote(function, safe='')}/invocations"
    signed = _signed(cloud, f"{cloud.endpoint_url}{invoke}")
    print(f"A mock, a function, and the function behind an API, {REQUESTS} requests, {os.cpu_count()} cores\n")
    print(HEAD)
    for connections in (1, 8):
        # A client's connections belong to one event loop.
        asked = {
            "mock": (_getting(port, f"/_execute-api/{api}/prod/mock"), LABEL),
            "function": (_invoking(port, invoke, signed), json.dumps(ANSWER).encode()),
            "API, function": (_getting(port, f"/_execute-api/{api}/prod/function"), LABEL),
        }
        for name, (ask, expected) in asked.items():
            print(uvloop.run(measure(ask, expected, connections)).row(name, connections))


def _getting(port: int, path: str) -> Ask:
    client = Connections()

    async def ask() -> bytes:
        return (await client.get(port, path, {})).body

    return ask


def _invoking(port: int, path: str, signed: dict[str, str]) -> Ask:
    client = Connections()

    async def ask() -> bytes:
        return (await client.post(port, path, signed, EVENT)).body

    return ask


def _function(cloud: LocalCloud) -> str:
    role = cloud.client("iam").create_role(RoleName=NAME, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        files.writestr("index.py", CODE)
    client = cloud.client("lambda")
    made = client.create_function(
        FunctionName=NAME,
        Role=role,
        Runtime="python3.11",
        Handler="index.handler",
        Code={"ZipFile": archive.getvalue()},
    )
    client.get_waiter("function_active_v2").wait(FunctionName=NAME, WaiterConfig=WAITER)
    client.add_permission(
        FunctionName=NAME, StatementId="api", Action="lambda:InvokeFunction", Principal="apigateway.amazonaws.com"
    )
    return str(made["FunctionArn"])


def _api(cloud: LocalCloud, function: str) -> str:
    client = cloud.client("apigateway")
    api = client.create_rest_api(name=NAME)
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations"
    integrations: dict[str, dict[str, Any]] = {
        "mock": {"type": "MOCK", "requestTemplates": {"application/json": '{"statusCode": 200}'}},
        "function": {"type": "AWS_PROXY", "integrationHttpMethod": "POST", "uri": uri},
    }
    for part, integration in integrations.items():
        resource = client.create_resource(restApiId=api["id"], parentId=api["rootResourceId"], pathPart=part)["id"]
        place = {"restApiId": api["id"], "resourceId": resource, "httpMethod": "GET"}
        client.put_method(**place, authorizationType="NONE")
        client.put_integration(**place, **integration)
        if part == "mock":
            templates = {"application/json": LABEL.decode()}
            client.put_integration_response(**place, statusCode="200", responseTemplates=templates)
    client.create_deployment(restApiId=api["id"], stageName="prod")
    return str(api["id"])


def _signed(cloud: LocalCloud, url: str) -> dict[str, str]:
    """Headers of a signed request; all requests have the same body within five minutes, so one signature is enough."""
    request = AWSRequest(method="POST", url=url, data=EVENT)
    SigV4Auth(Credentials(*cloud.administrator.values()), "lambda", "us-east-1").add_auth(request)
    return {name.lower(): value for name, value in request.headers.items()}


if __name__ == "__main__":
    main()
