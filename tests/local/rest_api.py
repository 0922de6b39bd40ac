"""A REST API of one test: made with boto3, deployed, and asked over HTTP as a client on AWS would ask it."""

from __future__ import annotations

import http.client
import io
import json
import zipfile
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.local.iam_account import Account, allow, trust
from tests.waiting import WAITER

URI = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{}/invocations"
#: Answers the event that it got.
ECHO = """
import json

def handler(event, context):
    return {"statusCode": 200, "body": json.dumps(event)}
"""


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes
    cookies: tuple[str, ...] = ()

    @property
    def document(self) -> Any:
        return json.loads(self.body)

    @property
    def refusal(self) -> tuple[int, str, Any]:
        return self.status, self.headers.get("x-amzn-errortype", ""), self.document


def function(account: Account, code: str, *, name: str = "", **more: Any) -> str:
    """The ARN of a new function, which API Gateway may invoke for any API of the account."""
    client, name = account.cloud.client("lambda"), name or account.name
    role = account.role(allow(["logs:*"]), trusting=trust(Service="lambda.amazonaws.com"))
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        files.writestr("index.py", code)
    created = client.create_function(
        FunctionName=name,
        Role=role,
        Runtime="python3.11",
        Handler="index.handler",
        Code={"ZipFile": archive.getvalue()},
        Timeout=30,
        **more,
    )
    client.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig=WAITER)
    client.add_permission(
        FunctionName=name,
        StatementId="api",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn="arn:aws:execute-api:us-east-1:123456789012:*",
    )
    return str(created["FunctionArn"])


class Api:
    def __init__(self, account: Account, **more: Any) -> None:
        self.account = account
        self.client = account.cloud.client("apigateway")
        made = self.client.create_rest_api(name=account.name, **more)
        self.id: str = made["id"]
        self._resources = {"/": made["rootResourceId"]}

    def resource(self, path: str) -> str:
        """The id of the resource with this path, which is made with its parents where it is missing."""
        if path not in self._resources:
            parent, _, part = path.rpartition("/")
            made = self.client.create_resource(restApiId=self.id, parentId=self.resource(parent or "/"), pathPart=part)
            self._resources[path] = made["id"]
        return self._resources[path]

    def method(self, verb: str, path: str, integration: dict[str, Any], **more: Any) -> None:
        place = {"restApiId": self.id, "resourceId": self.resource(path), "httpMethod": verb}
        self.client.put_method(**place, **{"authorizationType": "NONE", **more})
        self.client.put_integration(**place, **integration)

    def function(self, verb: str, path: str, arn: str, *, timeout: int = 29_000, **more: Any) -> None:
        """A method that a function answers."""
        proxy = {
            "type": "AWS_PROXY",
            "integrationHttpMethod": "POST",
            "uri": URI.format(arn),
            "timeoutInMillis": timeout,
        }
        self.method(verb, path, proxy, **more)

    def mock(self, verb: str, path: str, answer: str = "{}", *, behavior: str = "WHEN_NO_MATCH", **more: Any) -> None:
        """A method that answers this text by itself."""
        template = {"application/json": '{"statusCode": 200}'}
        integration = {"type": "MOCK", "requestTemplates": template, "passthroughBehavior": behavior}
        self.method(verb, path, integration, **more)
        self.client.put_integration_response(
            restApiId=self.id,
            resourceId=self.resource(path),
            httpMethod=verb,
            statusCode="200",
            responseTemplates={"application/json": answer},
        )

    def deploy(self, stage: str = "prod") -> None:
        self.client.create_deployment(restApiId=self.id, stageName=stage)

    def patch_stage(self, *patches: tuple[str, str], stage: str = "prod") -> None:
        operations = [{"op": "replace", "path": path, "value": value} for path, value in patches]
        self.client.update_stage(restApiId=self.id, stageName=stage, patchOperations=operations)

    def ask(
        self,
        path: str,
        *,
        verb: str = "GET",
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        by_path: bool = False,
    ) -> Answer:
        """``path`` begins with the stage. By the API's host name, or by the path that stands for it."""
        address = urlsplit(self.account.cloud.endpoint_url)
        connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=120)
        host = {} if by_path else {"host": self.host}
        connection.request(
            verb, f"/_execute-api/{self.id}{path}" if by_path else path, body, {**host, **(headers or {})}
        )
        response = connection.getresponse()
        found = Answer(
            status=response.status,
            headers={name.lower(): value for name, value in response.getheaders()},
            body=response.read(),
            cookies=tuple(response.headers.get_all("set-cookie") or ()),
        )
        connection.close()
        return found

    @property
    def host(self) -> str:
        return f"{self.id}.execute-api.localhost:{urlsplit(self.account.cloud.endpoint_url).port}"

    def signed(
        self, path: str, credentials: dict[str, str], *, verb: str = "GET", body: bytes = b"", service: str = ""
    ) -> dict[str, str]:
        """The headers of a request that is signed for the API's host."""
        keys = (credentials["aws_access_key_id"], credentials["aws_secret_access_key"])
        token = credentials.get("aws_session_token")
        request = AWSRequest(method=verb, url=f"http://{self.host}{path}", data=body, headers={"host": self.host})
        SigV4Auth(Credentials(*keys, token), service or "execute-api", "us-east-1").add_auth(request)
        return dict(request.headers.items())
