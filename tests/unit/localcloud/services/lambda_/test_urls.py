"""Function URLs: their settings, what a function gets of a request, and what becomes of its answer."""

from __future__ import annotations

import base64
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from localcloud.platform.cloud import Cloud
from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.platform.service import Asked, Caller, HttpRequest, HttpResponse, Visit
from localcloud.services.lambda_.names import Reference
from localcloud.services.lambda_.sandbox import Outcome
from localcloud.services.lambda_.service import Lambda
from localcloud.services.lambda_.urls.answer import http_answer
from localcloud.services.lambda_.urls.cors import preflight, with_cors
from localcloud.services.lambda_.urls.event import Exchange
from localcloud.services.lambda_.urls.front import Front
from tests.unit.localcloud.services.calls import call

CALL = call("lambda")
ARN = "arn:aws:lambda:us-east-1:123456789012:function:score"
CALLER = Caller(account_id="123456789012", access_key_id="AK", arn="arn:aws:iam::123456789012:user/u", user_id="AIDA")
CORS = {"AllowOrigins": ["https://a.example"], "AllowMethods": ["GET"], "AllowHeaders": ["x-a"], "MaxAge": 60}
PREFLIGHT = {"origin": "https://a.example", "access-control-request-method": "GET"}


class Doorkeeper:
    """A guard that notes what is asked, and refuses with ``error`` if there is one."""

    def __init__(self, error: AwsError | None = None) -> None:
        self.error = error
        self.asked: list[tuple[Asked, Caller | None]] = []

    def signer(self, request: HttpRequest, service: str) -> Caller:
        del request
        assert service == "lambda"
        return CALLER

    def allow(self, request: HttpRequest, asked: Asked, caller: Caller | None) -> None:
        del request
        self.asked.append((asked, caller))
        if self.error is not None:
            raise self.error


@pytest.fixture
def functions(cloud: Cloud) -> Lambda:
    made = Lambda(cloud)
    configuration = {"FunctionName": "score", "RevisionId": "1", "Version": "$LATEST", "State": "Active"}
    made.functions.table.put("score", {"configuration": configuration})
    return made


def create(functions: Lambda, auth_type: str = "NONE", **more: Any) -> dict[str, Any]:
    params = {"FunctionName": "score", "AuthType": auth_type, **more}
    return functions.create_function_url_config(CALL, params)


def visit(path: str = "/", *, method: str = "GET", body: bytes = b"", query: str = "", **given: Any) -> Visit:
    headers = {name.replace("_", "-"): value for name, value in given.pop("headers", {}).items()}
    request = HttpRequest(method=method, path=path, query=query, headers=headers, body=body)
    return Visit(name="abc", path=path, base="", request=request, headers=headers, **given)


def test_a_url_is_made_changed_and_deleted(functions: Lambda) -> None:
    """The address stays the same, and the settings are what was asked for last."""
    made = create(functions, Cors=CORS)
    assert made["FunctionUrl"].endswith(".lambda-url.us-east-1.on.aws/")
    assert made == made | {"FunctionArn": ARN, "AuthType": "NONE", "InvokeMode": "BUFFERED", "Cors": CORS}
    changed = functions.update_function_url_config(CALL, {"FunctionName": ARN, "AuthType": "AWS_IAM", "Cors": {}})
    assert (changed["FunctionUrl"], changed["AuthType"], changed["Cors"]) == (made["FunctionUrl"], "AWS_IAM", {})
    assert functions.list_function_url_configs(CALL, {"FunctionName": "score"})["FunctionUrlConfigs"] == [changed]
    with pytest.raises(AwsError, match=r"FunctionUrlConfig exists for this Lambda function$"):
        create(functions)
    functions.delete_function_url_config(CALL, {"FunctionName": "score"})
    with pytest.raises(AwsError, match=r"^The resource you requested does not exist\.$"):
        functions.get_function_url_config(CALL, {"FunctionName": "score"})


def test_an_alias_has_a_url_of_its_own_and_a_version_none(functions: Lambda) -> None:
    """It goes with the alias."""
    functions.versions.aliases.put("score:live", {"alias": {"Name": "live", "FunctionVersion": "$LATEST"}})
    assert create(functions, Qualifier="live")["FunctionArn"] == f"{ARN}:live"
    functions.delete_alias(CALL, {"FunctionName": "score", "Name": "live"})
    assert functions.list_function_url_configs(CALL, {"FunctionName": "score"})["FunctionUrlConfigs"] == []
    with pytest.raises(AwsError, match="'1' at 'qualifier' failed to satisfy constraint"):
        create(functions, Qualifier="1")
    with pytest.raises(AwsError, match=r"^Function does not exist$"):
        create(functions, FunctionName="none")


def test_a_stream_is_refused_by_name(functions: Lambda) -> None:
    """Answers are buffered: nothing stands in for a stream."""
    with pytest.raises(UnsupportedError, match="RESPONSE_STREAM"):
        create(functions, InvokeMode="RESPONSE_STREAM")


def test_permissions_may_hold_for_urls_alone(functions: Lambda) -> None:
    """Both conditions stand in the policy as AWS writes them, and each belongs to one action."""
    both = {"FunctionName": "score", "Principal": "*"}
    url = {"Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": "NONE"}
    via = {"Action": "lambda:InvokeFunction", "InvokedViaFunctionUrl": True}
    functions.add_permission(CALL, both | url | {"StatementId": "a"})
    functions.add_permission(CALL, both | via | {"StatementId": "b"})
    statements = json.loads(functions.get_policy(CALL, {"FunctionName": "score"})["Policy"])["Statement"]
    assert [each["Condition"] for each in statements] == [
        {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}},
        {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}},
    ]
    with pytest.raises(AwsError, match=r"^FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl"):
        functions.add_permission(CALL, both | url | {"Action": "lambda:InvokeFunction", "StatementId": "c"})


def test_a_function_gets_the_request_in_format_2() -> None:
    """Values of one name are joined, cookies stand apart, and a text is handed over as it is."""
    headers = {"host": "abc.lambda-url.us-east-1.on.aws", "cookie": "a=1; b=2", "content-type": "application/json"}
    asked = visit("/a%20b", method="POST", body=b'{"x": 1}', query="q=1&q=2&r=", headers=headers)
    event = json.loads(Exchange(visit=asked, caller=CALLER, host=headers["host"]).event())
    assert event["version"] == "2.0"
    assert (event["rawPath"], event["rawQueryString"]) == ("/a%20b", "q=1&q=2&r=")
    assert event["queryStringParameters"] == {"q": "1,2", "r": ""}
    assert event["cookies"] == ["a=1", "b=2"]
    assert "cookie" not in event["headers"]
    assert (event["body"], event["isBase64Encoded"]) == ('{"x": 1}', False)
    context = event["requestContext"]
    assert (context["accountId"], context["apiId"], context["http"]["method"]) == ("123456789012", "abc", "POST")
    assert context["authorizer"]["iam"]["userArn"] == CALLER.arn


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "image/png", ""])
def test_other_bodies_are_encoded(kind: str) -> None:
    """A form's too, as on AWS; and who asks without a signature is anonymous."""
    asked = visit(method="POST", body=b"a=1", headers={"content-type": kind})
    event = json.loads(Exchange(visit=asked, caller=None, host="h").event())
    assert (base64.b64decode(event["body"]), event["isBase64Encoded"]) == (b"a=1", True)
    assert event["requestContext"]["accountId"] == "anonymous"
    assert "authorizer" not in event["requestContext"]


@pytest.mark.parametrize(
    ("payload", "status", "body"),
    [
        (b'"hello"', 200, b"hello"),
        (b'{"a": 1}', 200, b'{"a": 1}'),
        (b"[1]", 200, b"[1]"),
        (b'{"statusCode": 201, "body": "made"}', 201, b"made"),
        (b'{"statusCode": "404"}', 404, b""),
        (b'{"statusCode": 200, "body": "AAE=", "isBase64Encoded": true}', 200, b"\x00\x01"),
    ],
)
def test_an_answer_is_a_response_or_the_body_of_one(payload: bytes, status: int, body: bytes) -> None:
    """With a statusCode it says all by itself; anything else is the body of a 200, in JSON."""
    found = http_answer(payload)
    assert (found.status, found.body, found.headers["content-type"]) == (status, body, "application/json")


def test_cookies_are_headers_of_their_own() -> None:
    """Header names come in lower case, and those of the connection are the server's."""
    answer = {"statusCode": 200, "headers": {"X-A": 1, "Content-Length": "9"}, "cookies": ["a=1", "b=2"]}
    found = http_answer(json.dumps(answer).encode())
    assert found.headers == {"content-type": "application/json", "x-a": "1"}
    assert found.more_headers == (("set-cookie", "a=1"), ("set-cookie", "b=2"))


@pytest.mark.parametrize(
    "answer",
    [
        {"statusCode": "x"},
        {"statusCode": 100},
        {"statusCode": 999},
        {"statusCode": 200, "headers": {"X Made": "yes"}},
        {"statusCode": 200, "headers": {"": "yes"}},
        {"statusCode": 200, "headers": {"X-Made": "\x7f"}},
        {"statusCode": 200, "cookies": ["a=1\r\nx: y"]},
        {"statusCode": 200, "headers": ["x"]},
        {"statusCode": 200, "body": "?", "isBase64Encoded": True},
    ],
)
def test_any_other_answer_is_malformed(answer: dict[str, Any]) -> None:
    """The front answers 502 for it."""
    with pytest.raises(ValueError, match=r"statusCode|header|base64"):
        http_answer(json.dumps(answer).encode())


def test_a_preflight_is_answered_by_the_url() -> None:
    """A page that may not ask gets no header; without settings the function is asked."""
    found = preflight(CORS, "OPTIONS", PREFLIGHT)
    assert found is not None
    assert found.headers == {
        "access-control-allow-origin": "https://a.example",
        "access-control-allow-methods": "GET",
        "access-control-allow-headers": "x-a",
        "access-control-max-age": "60",
        "vary": "Origin",
    }
    other = preflight(CORS, "OPTIONS", PREFLIGHT | {"origin": "https://b.example"})
    assert other is not None
    assert other.headers == {}
    assert preflight({}, "OPTIONS", PREFLIGHT) is None
    assert preflight(CORS, "GET", PREFLIGHT) is None


def test_the_urls_headers_take_the_place_of_the_functions() -> None:
    """With credentials the origin is named, even where all are allowed."""
    own = HttpResponse(status=200, headers={"access-control-allow-origin": "https://own.example", "x-a": "1"})
    cors = {"AllowOrigins": ["*"], "AllowMethods": ["*"], "AllowCredentials": True, "ExposeHeaders": ["x-a"]}
    assert with_cors(cors, "GET", {"origin": "https://a.example"}, own).headers == {
        "access-control-allow-origin": "https://a.example",
        "access-control-allow-credentials": "true",
        "access-control-expose-headers": "x-a",
        "vary": "Origin",
        "x-a": "1",
    }
    assert with_cors(cors, "GET", {}, own).headers == {"x-a": "1"}
    assert with_cors({}, "GET", {}, own) == own


@pytest.fixture
def front(functions: Lambda, monkeypatch: pytest.MonkeyPatch) -> Front:
    """A front whose function answers with its event's path, or fails as the path says."""

    def invoke(_target: Any, _request_id: str, payload: bytes, _context: str = "") -> Outcome:
        path = json.loads(payload)["rawPath"]
        if path == "/busy":
            raise AwsError("TooManyRequestsException", "Rate Exceeded.", status=429, members={"Reason": "Why"})
        return Outcome(payload=json.dumps(path).encode(), function_error="Unhandled" if path == "/fails" else "")

    monkeypatch.setattr(functions.engine, "invoke", invoke)
    return Front(functions.urls, functions.versions, functions.engine)


def asked(front: Front, functions: Lambda, path: str, guard: Doorkeeper, **more: Any) -> HttpResponse:
    url = functions.get_function_url_config(CALL, {"FunctionName": "score"})["FunctionUrl"]
    found = visit(path, guard=guard, **more)
    url_id = url.removeprefix("https://").partition(".")[0]
    return front.answer(Visit(name=url_id, path=path, base="", request=found.request, headers={}, guard=guard))


@pytest.mark.parametrize(("auth_type", "caller"), [("AWS_IAM", CALLER), ("NONE", None)])
def test_the_url_says_who_may_ask(functions: Lambda, front: Front, auth_type: str, caller: Caller | None) -> None:
    """A signature is asked for where it says so; what policies allow is asked for in any case."""
    create(functions, auth_type)
    guard = Doorkeeper()
    answer = asked(front, functions, "/x", guard)
    assert (answer.status, answer.body) == (200, b"/x")
    (found,) = guard.asked
    params = {"FunctionName": "score", "AuthType": auth_type}
    assert found == (Asked(service="lambda", operation="InvokeFunctionUrl", params=params), caller)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("AccessDeniedException", b'{"Message":"Forbidden. For troubleshooting Function URL'),
        ("MissingAuthenticationTokenException", b'{"Message":"Forbidden. For troubleshooting Function URL'),
        ("InvalidSignatureException", b'{"message":"no"}'),
    ],
)
def test_a_refusal_is_in_aws_words(functions: Lambda, front: Front, code: str, words: bytes) -> None:
    """Nothing tells whether a permission or the signature was missing; a wrong signature is told."""
    create(functions)
    answer = asked(front, functions, "/", Doorkeeper(AwsError(code, "no")))
    assert answer.status == 403
    assert answer.body.startswith(words)


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/fails", 502, b"Internal Server Error"),
        ("/busy", 429, b'{"Reason":"Why","Type":"User","message":"Rate Exceeded."}'),
    ],
)
def test_a_functions_fault_is_told_as_on_aws(
    functions: Lambda, front: Front, path: str, status: int, body: bytes
) -> None:
    """The caller learns of a throttle, and of no other reason."""
    create(functions)
    answer = asked(front, functions, path, Doorkeeper())
    assert (answer.status, answer.body) == (status, body)


def test_an_unknown_url_is_not_found(front: Front) -> None:
    """AWS says no more either."""
    answer = front.answer(visit())
    assert (answer.status, answer.body) == (404, b'{"Message":null}')


def test_of_several_that_make_a_url_one_does(functions: Lambda) -> None:
    """A function for which several find at once that it has no URL gets one, with one setting of who may ask."""
    barrier = threading.Barrier(4)

    def make(_: int) -> bool:
        barrier.wait()
        return functions.urls.create(Reference("score"), {"AuthType": "NONE"})

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(make, range(4))) == [False, False, False, True]
    assert len(functions.list_function_url_configs(CALL, {"FunctionName": "score"})["FunctionUrlConfigs"]) == 1
