"""Function URLs: called over HTTP, signed and unsigned, by host name and by path."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.clouds import LocalCloud
from tests.local.iam_account import Account, allow, refused
from tests.local.test_lambda import Function

pytestmark = pytest.mark.local

#: Answers with what it was asked.
ASKED = """
import json

def handler(event, context):
    http = event["requestContext"]["http"]
    if http["method"] == "DELETE":
        return {"statusCode": 204, "body": "nothing that a client reads"}
    said = {"path": event["rawPath"], "method": http["method"], "who": event["requestContext"]["accountId"]}
    return {"statusCode": 201, "headers": {"X-Made": "yes"}, "cookies": ["a=1"], "body": json.dumps(said)}
"""


class FunctionUrl:
    """A function's URL, as AWS writes it, and how it is asked here."""

    def __init__(self, cloud: LocalCloud, url: str) -> None:
        self.endpoint = urlsplit(cloud.endpoint_url)
        self.id = str(urlsplit(url).hostname).partition(".")[0]

    @classmethod
    def of(cls, function: Function, auth_type: str, **more: Any) -> FunctionUrl:
        made = function.client.create_function_url_config(FunctionName=function.name, AuthType=auth_type, **more)
        return cls(function.account.cloud, made["FunctionUrl"])

    @property
    def host(self) -> str:
        return f"{self.id}.lambda-url.localhost:{self.endpoint.port}"

    def ask(
        self, path: str, *, method: str = "GET", headers: dict[str, str] | None = None, by_path: bool = False
    ) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection(str(self.endpoint.hostname), self.endpoint.port, timeout=60)
        host = {} if by_path else {"host": self.host}
        connection.request(
            method, f"/_lambda-url/{self.id}{path}" if by_path else path, headers={**host, **(headers or {})}
        )
        answer = connection.getresponse()
        found = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        connection.close()
        return found

    def signed(self, path: str, keys: dict[str, str]) -> dict[str, str]:
        request = AWSRequest(method="GET", url=f"http://{self.host}{path}", headers={"host": self.host})
        credentials = Credentials(keys["aws_access_key_id"], keys["aws_secret_access_key"])
        SigV4Auth(credentials, "lambda", "us-east-1").add_auth(request)
        return dict(request.headers.items())


def open_to_all(function: Function) -> None:
    """The two statements of a URL for everybody."""
    both = {"FunctionName": function.name, "Principal": "*"}
    function.client.add_permission(
        **both, StatementId="url", Action="lambda:InvokeFunctionUrl", FunctionUrlAuthType="NONE"
    )
    function.client.add_permission(
        **both, StatementId="via", Action="lambda:InvokeFunction", InvokedViaFunctionUrl=True
    )


def test_everybody_may_ask_where_the_functions_policy_says_so(account: Account) -> None:
    """One of the two permissions is not enough, and nobody may invoke the function in another way."""
    function = Function(account, ASKED)
    cors = {"AllowOrigins": ["https://page.example"], "AllowMethods": ["GET"]}
    url = FunctionUrl.of(function, "NONE", Cors=cors)
    open_to_all(function)
    status, headers, body = url.ask("/a/b?c=d", headers={"origin": "https://page.example"})
    assert (status, json.loads(body)) == (201, {"path": "/a/b", "method": "GET", "who": "anonymous"})
    assert (headers["x-made"], headers["set-cookie"]) == ("yes", "a=1")
    assert headers["access-control-allow-origin"] == "https://page.example"
    assert url.ask("/a", by_path=True)[0] == 201
    connection = http.client.HTTPConnection(str(url.endpoint.hostname), url.endpoint.port, timeout=60)
    for method, expected in (("DELETE", 204), ("GET", 201)):  # on one connection: the first answer has ended
        connection.request(method, "/", headers={"host": url.host})
        answer = connection.getresponse()
        assert (answer.status, bool(answer.read())) == (expected, expected == 201)
    connection.close()
    preflight = {"origin": "https://page.example", "access-control-request-method": "GET"}
    assert url.ask("/", method="OPTIONS", headers=preflight)[1]["access-control-allow-methods"] == "GET"

    with refused("AccessDeniedException", "lambda:InvokeFunction"):
        account.client("lambda", account.user()).invoke(FunctionName=function.name)
    function.client.remove_permission(FunctionName=function.name, StatementId="via")
    status, headers, body = url.ask("/")
    assert (status, headers["x-amzn-errortype"]) == (403, "AccessDeniedException")
    assert json.loads(body)["Message"].startswith("Forbidden. For troubleshooting Function URL authorization issues")


def test_a_signature_is_asked_for_and_the_signers_policies_count(account: Account) -> None:
    """A user with both permissions on the function is answered; unsigned or without them nobody is."""
    function = Function(account, ASKED)
    url = FunctionUrl.of(function, "AWS_IAM")
    keys = account.user(
        allow("lambda:InvokeFunction", function.arn)
        | {"Condition": {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}},
        allow("lambda:InvokeFunctionUrl", function.arn)
        | {"Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM"}}},
    )
    status, _, body = url.ask("/x", headers=url.signed("/x", keys))
    assert (status, json.loads(body)["who"]) == (201, function.arn.split(":")[4])
    status, headers, _ = url.ask("/x")
    assert (status, headers["x-amzn-errortype"]) == (403, "AccessDeniedException")
    status, headers, _ = url.ask("/x", headers=url.signed("/y", keys))
    assert (status, headers["x-amzn-errortype"]) == (403, "InvalidSignatureException")
    with refused("AccessDeniedException", "lambda:InvokeFunction"):
        account.client("lambda", keys).invoke(FunctionName=function.name)
    account.iam.delete_user_policy(UserName=account.name, PolicyName="p")
    assert url.ask("/x", headers=url.signed("/x", keys))[0] == 403
