"""REST APIs of API Gateway: what they serve, and what they refuse, in AWS's words."""

from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.clouds import LocalCloud
from tests.local.iam_account import Account, allow, policy, refused
from tests.local.rest_api import ECHO, Answer, Api, function
from tests.waiting import until

pytestmark = pytest.mark.local

ROW = {
    "$schema": "http://json-schema.org/draft-04/schema#",
    "type": "object",
    "properties": {"buying": {"enum": ["low", "high"]}, "doors": {"type": "number", "minimum": 2}},
    "required": ["buying"],
    "additionalProperties": False,
}
#: A function that does what the request's header says.
OBEDIENT = """
import time

def handler(event, context):
    wanted = event["headers"].get("x-do", "")
    if wanted == "fail":
        raise ValueError("a secret of the function")
    if wanted == "hang":
        time.sleep(20)
    return {
        "malformed": {"statusCode": 200, "status": "ok"},
        "no-json": "a text",
        "body": {"statusCode": 200, "body": {"a": 1}},
        "status": {"statusCode": "none"},
        "nothing": None,
        "binary": {"statusCode": 200, "body": "iVBORw==", "isBase64Encoded": True},
        "cookies": {"statusCode": 201, "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"]}, "headers": {"X-Own": True}},
    }.get(wanted, {"statusCode": 200, "body": "obeyed"})
"""


@pytest.fixture(scope="module")
def echo(local_cloud: LocalCloud) -> str:
    return function(Account(local_cloud), ECHO)


@pytest.fixture(scope="module")
def obedient(local_cloud: LocalCloud) -> Api:
    """An API whose function does as it is told."""
    account = Account(local_cloud)
    arn = function(account, OBEDIENT)
    api = Api(account, binaryMediaTypes=["image/png"])
    api.function("ANY", "/do", arn)
    api.function("GET", "/soon", arn, timeout=100)
    api.deploy()
    return api


@pytest.fixture
def api(account: Account) -> Api:
    return Api(account)


def message(text: str) -> dict[str, str]:
    return {"message": text}


def test_a_function_gets_awss_event(api: Api, echo: str) -> None:
    """The proxy event has the resource, the parameters, the headers and the context of the request, in AWS's form."""
    api.function("ANY", "/rows/{proxy+}", echo)
    api.deploy()
    api.client.update_stage(
        restApiId=api.id,
        stageName="prod",
        patchOperations=[{"op": "replace", "path": "/variables/release", "value": "12"}],
    )
    answer = api.ask(
        "/prod/rows/a%20b/c?x=1&x=2&y=", verb="POST", body=b'{"a": 1}', headers={"content-type": "application/json"}
    )
    event = answer.document
    assert {name: event[name] for name in event if name not in ("headers", "multiValueHeaders", "requestContext")} == {
        "resource": "/rows/{proxy+}",
        "path": "/rows/a b/c",
        "httpMethod": "POST",
        "queryStringParameters": {"x": "2", "y": ""},
        "multiValueQueryStringParameters": {"x": ["1", "2"], "y": [""]},
        "pathParameters": {"proxy": "a b/c"},
        "stageVariables": {"release": "12"},
        "body": '{"a": 1}',
        "isBase64Encoded": False,
    }
    assert event["multiValueHeaders"]["content-type"] == ["application/json"]
    context = event["requestContext"]
    assert context["requestId"] == answer.headers["x-amzn-requestid"]
    assert context["extendedRequestId"] == answer.headers["x-amz-apigw-id"]
    assert context["domainName"] == event["headers"]["Host"] == f"{api.id}.execute-api.us-east-1.amazonaws.com"
    assert (context["stage"], context["resourcePath"], context["path"], context["apiId"]) == (
        *("prod", "/rows/{proxy+}", "/prod/rows/a%20b/c"),
        api.id,
    )
    assert context["identity"]["sourceIp"] == "127.0.0.1"
    assert context["identity"]["userArn"] is None


def test_an_api_stands_at_its_host_and_at_its_path(api: Api) -> None:
    """A client that cannot resolve the API's host name gets the same answer at the path that stands for it."""
    api.mock("GET", "/a", "here")
    api.deploy()
    assert api.ask("/prod/a").body == api.ask("/prod/a", by_path=True).body == b"here"


def test_a_deployment_is_a_snapshot(api: Api) -> None:
    """What is changed after a deployment is served from the next one on, and an earlier one can be served again."""
    api.mock("GET", "/a", "first")
    api.deploy()
    first = api.client.get_stage(restApiId=api.id, stageName="prod")["deploymentId"]
    place = {"restApiId": api.id, "resourceId": api.resource("/a"), "httpMethod": "GET"}
    templates = {"application/json": "second"}
    api.client.put_integration_response(**place, statusCode="200", responseTemplates=templates)
    assert api.ask("/prod/a").body == b"first"
    api.deploy()
    assert api.ask("/prod/a").body == b"second"
    api.patch_stage(("/deploymentId", first))
    assert api.ask("/prod/a").body == b"first"
    with refused("BadRequestException", "Active stages pointing to this deployment"):
        api.client.delete_deployment(restApiId=api.id, deploymentId=first)


def test_an_api_survives_a_restart(tmp_path: Any) -> None:
    """A deployed API, its key and how much of its quota is used are there after the local cloud was stopped."""
    cloud = LocalCloud.up(tmp_path)
    try:
        api, key = with_key(Account(cloud), quota={"limit": 3, "period": "MONTH"})
        assert [api.ask("/prod/a", headers={"x-api-key": key}).status for _ in range(2)] == [200, 200]
        cloud.down()
        cloud = LocalCloud.up(tmp_path)
        api.account = Account(cloud)
        assert [api.ask("/prod/a", headers={"x-api-key": key}).status for _ in range(2)] == [200, 429]
    finally:
        cloud.down()


@pytest.mark.parametrize("path", ["/prod/b", "/prod", "/prod/a/b"])
def test_an_unknown_path_asks_for_a_token(api: Api, path: str) -> None:
    """As on AWS, a path or method that the stage does not have is refused like a missing signature."""
    api.mock("GET", "/a")
    api.deploy()
    expected = (403, "MissingAuthenticationTokenException", message("Missing Authentication Token"))
    assert api.ask(path).refusal == expected
    assert api.ask("/prod/a", verb="POST").refusal == expected


def test_an_unknown_stage_or_api_is_forbidden(api: Api) -> None:
    """A stage that was not deployed, and an API that does not exist, answer Forbidden."""
    api.mock("GET", "/a")
    assert api.ask("/prod/a").refusal == (403, "ForbiddenException", message("Forbidden"))
    api.id = "nobody1234"
    assert api.ask("/prod/a").refusal == (403, "ForbiddenException", message("Forbidden"))


def with_model(api: Api) -> Api:
    api.client.create_model(restApiId=api.id, name="Row", contentType="application/json", schema=json.dumps(ROW))
    validator = api.client.create_request_validator(
        restApiId=api.id, name="all", validateRequestBody=True, validateRequestParameters=True
    )["id"]
    api.mock("POST", "/rows", requestModels={"application/json": "Row"}, requestValidatorId=validator)
    parameters = {
        "method.request.querystring.q": True,
        "method.request.header.X-Who": True,
        "method.request.path.id": True,
    }
    api.mock("GET", "/find/{id}", requestParameters=parameters, requestValidatorId=validator)
    api.deploy()
    return api


def test_bodies_are_held_against_the_model(api: Api) -> None:
    """A body that is no JSON, or that the schema refuses, is a 400; a content type without a model is not checked."""
    with_model(api)
    bad = [
        *(b"", b"{", b"[]", b'{"doors": 4}', b'{"buying": "vhigh"}', b'{"buying": "low", "doors": "4"}'),
        *(b'{"buying": "low", "doors": NaN}', b'{"buying": "low", "more": 1}', b'{"buying": "low", "doors": 1}'),
        *(b'[{"buying": "low"}]', json.dumps([{"buying": "low"}] * 10_000).encode(), b"[" * 30_000),
    ]
    for body in bad:
        answer = api.ask("/prod/rows", verb="POST", body=body)
        assert answer.refusal == (400, "BadRequestException", message("Invalid request body")), body[:80]
    good = b'{"buying": "low", "doors": 4}'
    assert api.ask("/prod/rows", verb="POST", body=good).status == 200
    charset = {"content-type": "application/json; charset=utf-8"}
    assert api.ask("/prod/rows", verb="POST", body=b"{", headers=charset).status == 400


def test_a_customised_answer_names_what_is_wrong(api: Api) -> None:
    """The validator's words can stand between the quotation marks of a template, quotation marks and all."""
    template = '{"message": $context.error.messageString, "detail": "$context.error.validationErrorString"}'
    api.client.put_gateway_response(
        restApiId=api.id, responseType="BAD_REQUEST_BODY", responseTemplates={"application/json": template}
    )
    with_model(api)
    answer = api.ask("/prod/rows", verb="POST", body=b'{"buying": "vh\\"igh"}')
    detail = '[instance value ("vh\\"igh") not found in enum (possible values: ["low","high"])]'
    assert answer.document == {"message": "Invalid request body", "detail": detail}


def test_parameters_are_required(api: Api) -> None:
    """Every parameter that is missing or empty is named."""
    with_model(api)
    answer = api.ask("/prod/find/7?q=")
    expected = message("Missing required request parameters: [q, X-Who]")
    assert answer.refusal == (400, "BadRequestException", expected)
    assert api.ask("/prod/find/7?q=1", headers={"x-who": "me"}).status == 200


def test_a_content_type_that_may_not_pass_is_415(api: Api) -> None:
    """A mock whose passthrough is NEVER takes only content types that have a template."""
    api.mock("POST", "/a", behavior="NEVER")
    api.deploy()
    text = {"content-type": "text/plain"}
    assert api.ask("/prod/a", verb="POST", body=b"{}").status == 200
    answer = api.ask("/prod/a", verb="POST", body=b"x", headers=text)
    assert answer.refusal == (415, "BadRequestException", message("Unsupported Media Type"))


def test_a_body_above_ten_megabytes_is_413(obedient: Api) -> None:
    """A body of 11 MB is refused before anybody looks at it; one of 5 MB reaches the function."""
    answer = obedient.ask("/prod/do", verb="POST", body=b"x" * (11 * 1024 * 1024))
    assert answer.refusal == (413, "RequestTooLargeException", message("Request Too Long"))
    assert obedient.ask("/prod/do", verb="POST", body=b"x" * (5 * 1024 * 1024)).body == b"obeyed"


@pytest.mark.parametrize("wanted", ["fail", "malformed", "no-json", "body", "status"])
def test_a_functions_fault_is_502_and_tells_nothing(obedient: Api, wanted: str) -> None:
    """A function that fails, or whose answer is malformed, is an internal error without any of its words."""
    answer = obedient.ask("/prod/do", headers={"x-do": wanted})
    assert answer.refusal == (502, "InternalServerErrorException", message("Internal server error"))


def test_a_function_that_is_late_is_504(obedient: Api) -> None:
    """The integration's own time-out counts, and a late function does not hold the next request."""
    answer = obedient.ask("/prod/soon", headers={"x-do": "hang"})
    assert answer.refusal == (504, "InternalServerErrorException", message("Endpoint request timed out"))
    assert obedient.ask("/prod/do").body == b"obeyed"


def test_what_a_function_answers(obedient: Api) -> None:
    """A function's status, headers and cookies reach the client; a function that returns nothing answers 200."""
    answer = obedient.ask("/prod/do", headers={"x-do": "cookies"})
    assert (answer.status, answer.headers["x-own"], answer.headers["content-type"]) == (201, "true", "application/json")
    assert answer.cookies == ("a=1", "b=2")
    nothing = obedient.ask("/prod/do", headers={"x-do": "nothing"})
    assert (nothing.status, nothing.body) == (200, b"")


def test_binary_media_types(obedient: Api, api: Api, echo: str) -> None:
    """Bytes come out where the client accepts a binary type, and go in as base64 where they are sent as one."""
    png = {"x-do": "binary", "accept": "image/png,*/*"}
    assert obedient.ask("/prod/do", headers=png).body == base64.b64decode("iVBORw==")
    assert obedient.ask("/prod/do", headers={"x-do": "binary", "accept": "*/*"}).body == b"iVBORw=="
    api.client.update_rest_api(
        restApiId=api.id, patchOperations=[{"op": "add", "path": "/binaryMediaTypes/image~1png"}]
    )
    api.function("POST", "/a", echo)
    api.deploy()
    event = api.ask("/prod/a", verb="POST", body=b"\x89PNG", headers={"content-type": "image/png"}).document
    assert (event["body"], event["isBase64Encoded"]) == (base64.b64encode(b"\x89PNG").decode(), True)


def test_a_function_must_let_the_method_in(api: Api, echo: str) -> None:
    """A function whose policy names another API is a 500 without a reason, as on AWS."""
    name = echo.rpartition(":")[2]
    client = api.account.cloud.client("lambda")
    client.remove_permission(FunctionName=name, StatementId="api")
    permission = {"FunctionName": name, "Action": "lambda:InvokeFunction", "Principal": "apigateway.amazonaws.com"}
    source = "arn:aws:execute-api:us-east-1:123456789012:{}/*/GET/rows/*"
    api.function("GET", "/rows/{id}", echo)
    api.deploy()
    client.add_permission(**permission, StatementId="api", SourceArn=source.format("another123"))
    try:
        answer = api.ask("/prod/rows/1")
        assert answer.refusal == (500, "InternalServerErrorException", message("Internal server error"))
        client.add_permission(**permission, StatementId="own", SourceArn=source.format(api.id))
        assert api.ask("/prod/rows/1").status == 200
    finally:
        client.remove_permission(FunctionName=name, StatementId="api")
        source = "arn:aws:execute-api:us-east-1:123456789012:*"
        client.add_permission(**permission, StatementId="api", SourceArn=source)


def test_a_function_behind_a_stage_variable(api: Api, echo: str) -> None:
    """The function's name in an integration may be a stage variable."""
    api.function("GET", "/a", echo.replace(echo.rpartition(":")[2], "${stageVariables.function}"))
    api.deploy()
    api.patch_stage(("/variables/function", echo.rpartition(":")[2]))
    assert api.ask("/prod/a").document["resource"] == "/a"


def test_a_function_behind_an_alias(api: Api) -> None:
    """The alias of a release answers, and it is the alias's own policy that must let the method in."""
    client = api.account.cloud.client("lambda")
    arn = function(api.account, ECHO)
    name = arn.rpartition(":")[2]
    version = client.publish_version(FunctionName=name)["Version"]
    alias = client.create_alias(FunctionName=name, Name="live", FunctionVersion=version)["AliasArn"]
    api.function("GET", "/a", alias)
    api.deploy()
    assert api.ask("/prod/a").status == 500
    client.add_permission(
        FunctionName=name,
        Qualifier="live",
        StatementId="api",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=f"arn:aws:execute-api:us-east-1:123456789012:{api.id}/*/GET/a",
    )
    assert api.ask("/prod/a").document["resource"] == "/a"


def with_key(account: Account, **plan: Any) -> tuple[Api, str]:
    """An API that wants a key, and a key of a plan for it."""
    api = Api(account)
    api.mock("GET", "/a", apiKeyRequired=True)
    api.deploy()
    stages = [{"apiId": api.id, "stage": "prod", **plan.pop("stage", {})}]
    made = api.client.create_usage_plan(name=account.name, apiStages=stages, **plan)["id"]
    key = api.client.create_api_key(name=account.name, enabled=True)
    api.client.create_usage_plan_key(usagePlanId=made, keyId=key["id"], keyType="API_KEY")
    return api, key["value"]


def test_a_key_is_needed(account: Account) -> None:
    """No key, a wrong one, one of no plan and one that is disabled are all Forbidden."""
    api, key = with_key(account)
    stray = api.client.create_api_key(name="stray", enabled=True)
    forbidden = (403, "ForbiddenException", message("Forbidden"))
    for headers in ({}, {"x-api-key": "wrong"}, {"x-api-key": stray["value"]}):
        assert api.ask("/prod/a", headers=headers).refusal == forbidden, headers
    assert api.ask("/prod/a", headers={"x-api-key": key}).status == 200
    key_id = api.client.get_api_keys(nameQuery=account.name)["items"][0]["id"]
    off = [{"op": "replace", "path": "/enabled", "value": "false"}]
    api.client.update_api_key(apiKey=key_id, patchOperations=off)
    assert api.ask("/prod/a", headers={"x-api-key": key}).refusal == forbidden


def test_a_key_of_another_plan_is_forbidden(local_cloud: LocalCloud) -> None:
    """A key is good for the stages of its own plan alone."""
    _, stranger = with_key(Account(local_cloud))
    api, _ = with_key(Account(local_cloud))
    assert api.ask("/prod/a", headers={"x-api-key": stranger}).refusal == (
        *(403, "ForbiddenException"),
        message("Forbidden"),
    )


def test_a_quota_ends(account: Account) -> None:
    """The requests above a key's quota are 429 with AWS's words for it."""
    api, key = with_key(account, quota={"limit": 2, "period": "MONTH"})
    answers = [api.ask("/prod/a", headers={"x-api-key": key}) for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert answers[-1].refusal == (429, "LimitExceededException", message("Limit Exceeded"))


@pytest.mark.parametrize(
    "plan",
    [
        {"throttle": {"rateLimit": 0.001, "burstLimit": 2}},
        {"stage": {"throttle": {"/a/GET": {"rateLimit": 0.001, "burstLimit": 2}}}},
    ],
    ids=["of the plan", "of its method"],
)
def test_a_plan_throttles_its_keys(account: Account, plan: dict[str, Any]) -> None:
    """A key has as many requests at once as its plan's burst allows."""
    api, key = with_key(account, **plan)
    answers = [api.ask("/prod/a", headers={"x-api-key": key}) for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert answers[-1].refusal == (429, "TooManyRequestsException", message("Too Many Requests"))


def test_a_stage_throttles_each_method(api: Api) -> None:
    """A method's own throttle counts before the stage's, which every other method has for itself."""
    for path in ("/a", "/b", "/c"):
        api.mock("GET", path)
    api.deploy()
    api.patch_stage(
        *(("/*/*/throttling/rateLimit", "0.001"), ("/*/*/throttling/burstLimit", "1")),
        *(("/~1b/GET/throttling/rateLimit", "0.001"), ("/~1b/GET/throttling/burstLimit", "2")),
    )
    for path in ("/prod/a", "/prod/c"):
        assert [api.ask(path).status for _ in range(2)] == [200, 429]
    answers = [api.ask("/prod/b") for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert answers[-1].refusal == (429, "TooManyRequestsException", message("Too Many Requests"))


def test_a_signature_is_needed(api: Api, echo: str) -> None:
    """A method for IAM wants a signature of a caller whose policies allow this method, and tells the function who."""
    api.function("POST", "/rows", echo, authorizationType="AWS_IAM")
    api.deploy()
    resource = f"arn:aws:execute-api:us-east-1:123456789012:{api.id}/prod/POST/rows"
    allowed = Account(api.account.cloud)
    keys = allowed.user(allow("execute-api:Invoke", resource))
    unsigned = api.ask("/prod/rows", verb="POST")
    assert unsigned.refusal == (403, "MissingAuthenticationTokenException", message("Missing Authentication Token"))
    headers = api.signed("/prod/rows", keys, verb="POST", body=b"{}")
    identity = api.ask("/prod/rows", verb="POST", body=b"{}", headers=headers).document["requestContext"]["identity"]
    assert identity["userArn"] == f"arn:aws:iam::123456789012:user/{allowed.name}"
    assert identity["accessKey"] == keys["aws_access_key_id"]


def test_a_caller_without_the_permission_is_denied(api: Api) -> None:
    """A caller who may invoke another method is denied, and the account in the ARN is hidden as on AWS."""
    api.mock("POST", "/rows", authorizationType="AWS_IAM")
    api.deploy()
    user = Account(api.account.cloud)
    other = f"arn:aws:execute-api:us-east-1:123456789012:{api.id}/prod/GET/rows"
    headers = api.signed("/prod/rows", user.user(allow("execute-api:Invoke", other)), verb="POST")
    answer = api.ask("/prod/rows", verb="POST", headers=headers)
    assert answer.status == 403
    assert answer.headers["x-amzn-errortype"] == "AccessDeniedException"
    said = answer.document["Message"]
    assert said.startswith(f"User: arn:aws:iam::123456789012:user/{user.name} is not authorized to perform: ")
    assert f"arn:aws:execute-api:us-east-1:********9012:{api.id}/prod/POST/rows" in said


def test_a_signature_that_does_not_hold_is_403(api: Api) -> None:
    """A changed body, a date more than five minutes off and a signature for another service have AWS's words."""
    api.mock("POST", "/rows", authorizationType="AWS_IAM")
    api.deploy()
    keys = Account(api.account.cloud).user(allow("execute-api:Invoke"))
    good = api.signed("/prod/rows", keys, verb="POST", body=b"{}")
    changed = api.ask("/prod/rows", verb="POST", body=b"{ }", headers=good)
    old = {**good, "X-Amz-Date": f"{datetime.now(UTC) - timedelta(minutes=6):%Y%m%dT%H%M%SZ}"}
    late = api.ask("/prod/rows", verb="POST", body=b"{}", headers=old)
    foreign = api.signed("/prod/rows", keys, verb="POST", body=b"{}", service="lambda")
    other = api.ask("/prod/rows", verb="POST", body=b"{}", headers=foreign)
    for answer, words in (
        (changed, "The request signature we calculated does not match the signature you provided."),
        (late, "Signature"),
        (other, "Credential should be scoped to correct service: 'execute-api'."),
    ):
        assert (answer.status, answer.headers["x-amzn-errortype"]) == (403, "InvalidSignatureException"), answer
        assert answer.document["message"].startswith(words)


def test_a_resource_policy_decides(api: Api) -> None:
    """Without a signature only the API's own policy allows a request, from its deployment on."""
    api.mock("GET", "/open")
    api.mock("GET", "/closed")
    everybody = allow("execute-api:Invoke", "execute-api:/prod/GET/open", Principal="*")
    api.client.update_rest_api(
        restApiId=api.id, patchOperations=[{"op": "replace", "path": "/policy", "value": policy(everybody)}]
    )
    api.deploy()
    assert api.ask("/prod/open").status == 200
    unknown = allow("execute-api:Invoke", "*", Principal="*", Condition={"StringEquals": {"aws:SourceVpce": "v"}})
    with refused("BadRequestException", "aws:sourcevpce, which the local cloud does not evaluate"):
        api.client.update_rest_api(
            restApiId=api.id, patchOperations=[{"op": "replace", "path": "/policy", "value": policy(unknown)}]
        )
    answer = api.ask("/prod/closed")
    assert (answer.status, answer.headers["x-amzn-errortype"]) == (403, "AccessDeniedException")
    assert answer.document["Message"].startswith("User: anonymous is not authorized to perform: execute-api:Invoke on")


def test_gateway_responses_are_customised(api: Api) -> None:
    """An API's own answer has the status, headers and body that it asks for; the others fall back to DEFAULT_4XX."""
    api.mock("GET", "/a", apiKeyRequired=True)
    cors = {"gatewayresponse.header.Access-Control-Allow-Origin": "'https://d1.cloudfront.net'"}
    put = {"restApiId": api.id, "responseParameters": cors}
    body = '{"said": $context.error.messageString, "kind": "$context.error.responseType", "at": "$context.path"}'
    api.client.put_gateway_response(**put, responseType="DEFAULT_4XX")
    templates = {"application/json": body}
    api.client.put_gateway_response(
        **put, responseType="INVALID_API_KEY", statusCode="401", responseTemplates=templates
    )
    api.deploy()
    own = api.ask("/prod/a")
    assert (own.status, own.document) == (401, {"said": "Forbidden", "kind": "INVALID_API_KEY", "at": "/prod/a"})
    other = api.ask("/prod/b")
    assert (other.status, other.document) == (403, message("Missing Authentication Token"))
    port = api.account.cloud.endpoint_url.rpartition(":")[2]
    expected = f"http://d1.cloudfront.localhost:{port}"
    assert own.headers["access-control-allow-origin"] == other.headers["access-control-allow-origin"] == expected


@pytest.mark.parametrize(
    ("integration", "named"),
    [
        ({"type": "HTTP_PROXY", "integrationHttpMethod": "GET", "uri": "http://example.com"}, "HTTP_PROXY"),
        ({"type": "AWS", "integrationHttpMethod": "POST", "uri": "arn:aws:apigateway:us-east-1:sns:path/"}, "AWS"),
        (
            {"type": "AWS_PROXY", "integrationHttpMethod": "POST", "uri": "arn:aws:apigateway:us-east-1:x:y"},
            "AWS_PROXY",
        ),
        ({"type": "MOCK", "requestTemplates": {"application/json": "#set($a = 1)"}}, r"#set\(\$a = 1\)"),
    ],
)
def test_another_integration_is_refused_by_name(api: Api, integration: dict[str, Any], named: str) -> None:
    """A deployment fails with the method and with what of its integration the local cloud cannot do."""
    api.method("GET", "/a", integration)
    with refused("NotImplemented", rf"{named}.*GET /a|{named}.*of the mock of GET /a"):
        api.deploy()


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        ("/tracingEnabled", "true", "X-Ray"),
        ("/*/*/logging/loglevel", "INFO", "execution logging"),
        ("/*/*/caching/enabled", "true", "the cache of a stage"),
    ],
)
def test_a_stages_setting_is_refused_by_name(api: Api, path: str, value: str, named: str) -> None:
    """What a stage cannot do on the local cloud is an error that names it, and the stage stays as it was."""
    api.mock("GET", "/a")
    api.deploy()
    with refused("NotImplemented", named):
        api.patch_stage((path, value))
    assert api.ask("/prod/a").status == 200


def test_an_empty_api_is_not_deployed(api: Api) -> None:
    """An API without methods, and a method without an integration, are AWS's errors of a deployment."""
    with refused("BadRequestException", "The REST API doesn't contain any methods"):
        api.deploy()
    api.client.put_method(restApiId=api.id, resourceId=api.resource("/a"), httpMethod="GET", authorizationType="NONE")
    with refused("BadRequestException", "No integration defined for method"):
        api.deploy()


def test_requests_are_counted_and_logged(api: Api, obedient: Api) -> None:
    """A stage's access log has a line of each request in its format, and CloudWatch counts requests and errors."""
    account = api.account
    role = account.role(allow(["logs:*"]), trusting=json.dumps(_TRUSTS_GATEWAY))
    api.client.update_account(patchOperations=[{"op": "replace", "path": "/cloudwatchRoleArn", "value": role}])
    logs, group = account.cloud.client("logs"), f"/access/{account.name}"
    logs.create_log_group(logGroupName=group)
    api.mock("GET", "/a")
    api.deploy()
    line = (
        '{"id":"$context.requestId","status":"$context.status","path":"$context.path","user":"$context.identity.user"}'
    )
    destination = f"arn:aws:logs:us-east-1:123456789012:log-group:{group}"
    api.patch_stage(("/accessLogSettings/destinationArn", destination), ("/accessLogSettings/format", line))
    asked = [api.ask("/prod/a"), api.ask("/prod/none")]
    events = until(
        lambda: logs.filter_log_events(logGroupName=group)["events"],
        lambda found: len(found) == 2,
        what=f"two lines in {group}",
    )
    expected = [
        {"id": answer.headers["x-amzn-requestid"], "status": str(answer.status), "path": path, "user": "-"}
        for answer, path in zip(asked, ("/prod/a", "/prod/none"), strict=True)
    ]
    assert [json.loads(event["message"]) for event in events] == expected
    counted = until(lambda: _sums(api), lambda sums: sums["Count"] == 2, what="two requests counted")
    assert counted == {"Count": 2, "4XXError": 1, "5XXError": 0}
    assert obedient.ask("/prod/do").status == 200
    until(lambda: _sums(obedient, "IntegrationLatency"), what="latency of an integration")


_TRUSTS_GATEWAY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "apigateway.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


def _sums(api: Api, *names: str) -> dict[str, float]:
    cloudwatch, now = api.account.cloud.client("cloudwatch"), datetime.now(UTC)
    found = {}
    for name in names or ("Count", "4XXError", "5XXError"):
        points = cloudwatch.get_metric_statistics(
            Namespace="AWS/ApiGateway",
            MetricName=name,
            Dimensions=[{"Name": "ApiName", "Value": api.account.name}, {"Name": "Stage", "Value": "prod"}],
            StartTime=now - timedelta(hours=1),
            EndTime=now + timedelta(minutes=1),
            Period=3600,
            Statistics=["Sum"],
        )["Datapoints"]
        found[name] = sum(point["Sum"] for point in points)
    return found


def test_an_access_log_needs_the_accounts_role(local_cloud: LocalCloud, api: Api) -> None:
    """As on AWS, a stage cannot have an access log before the account has a role for CloudWatch Logs."""
    local_cloud.client("apigateway").update_account(patchOperations=[{"op": "remove", "path": "/cloudwatchRoleArn"}])
    api.mock("GET", "/a")
    api.deploy()
    destination = "arn:aws:logs:us-east-1:123456789012:log-group:/a"
    with refused("BadRequestException", "CloudWatch Logs role ARN must be set"):
        api.patch_stage(
            ("/accessLogSettings/destinationArn", destination), ("/accessLogSettings/format", "$context.requestId")
        )


def test_more_clients_than_a_function_has_executions(obedient: Api) -> None:
    """Two hundred requests at once to one function all get its answer: those that are throttled wait for their turn."""
    with ThreadPoolExecutor(200) as clients:
        answers = list(clients.map(lambda _: obedient.ask("/prod/do"), range(200)))
    assert {(answer.status, answer.body) for answer in answers} == {(200, b"obeyed")}


def test_a_function_that_has_all_its_reserved_executions_fails_at_once(api: Api, echo: str) -> None:
    """500 as on AWS, which makes no 429 of Lambda's; it is a failed integration, whose answer an API may change."""
    arn = function(api.account, ECHO, name=f"{api.account.name}-reserved")
    functions = api.account.cloud.client("lambda")
    functions.put_function_concurrency(FunctionName=arn, ReservedConcurrentExecutions=0)
    api.function("GET", "/none", arn)
    api.function("GET", "/echo", echo)
    api.deploy()
    refusal = (500, "InternalServerErrorException", message("Internal server error"))
    assert api.ask("/prod/none").refusal == refusal
    assert api.ask("/prod/echo").status == 200
    api.client.put_gateway_response(restApiId=api.id, responseType="INTEGRATION_FAILURE", statusCode="503")
    api.deploy()
    assert api.ask("/prod/none").status == 503


def test_two_hundred_clients_at_once(api: Api, obedient: Api) -> None:
    """Two hundred clients get their answers while others wait for a function that hangs; no request is lost."""
    api.mock("GET", "/a", "here")
    api.deploy()
    with ThreadPoolExecutor(208) as clients:
        slow = [clients.submit(obedient.ask, "/prod/do", headers={"x-do": "hang"}) for _ in range(8)]
        quick: list[Answer] = list(clients.map(lambda _: api.ask("/prod/a"), range(200)))
        assert {(answer.status, answer.body) for answer in quick} == {(200, b"here")}
        assert api.account.cloud.client("sts").get_caller_identity()["Account"] == "123456789012"
        assert {each.result().body for each in slow} == {b"obeyed"}


def test_a_deleted_api_is_gone(account: Account) -> None:
    """A deleted API answers nobody, is in no usage plan, and cannot be asked about."""
    api, key = with_key(account)
    api.client.delete_rest_api(restApiId=api.id)
    assert api.ask("/prod/a", headers={"x-api-key": key}).refusal == (403, "ForbiddenException", message("Forbidden"))
    with refused("NotFoundException", f"Invalid API identifier specified 123456789012:{api.id}"):
        api.client.get_rest_api(restApiId=api.id)
    plans = [plan for plan in api.client.get_usage_plans()["items"] if plan["name"] == account.name]
    assert [plan["apiStages"] for plan in plans] == [[]]


def test_who_may_change_an_api(api: Api) -> None:
    """Actions are HTTP methods on paths: who may only read this API changes nothing of it, and sees no other."""
    reads = allow("apigateway:GET", f"arn:aws:apigateway:us-east-1::/restapis/{api.id}")
    reader = Account(api.account.cloud)
    client = reader.client("apigateway", reader.user(reads))
    assert client.get_rest_api(restApiId=api.id)["id"] == api.id
    for call in (
        lambda: client.delete_rest_api(restApiId=api.id),
        lambda: client.get_resources(restApiId=api.id),
        client.get_rest_apis,
    ):
        with pytest.raises(ClientError, match="AccessDenied"):
            call()
