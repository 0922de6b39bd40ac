"""The function behind the door, when its endpoint fails, hangs, is being replaced or is gone."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.doors import door
from tests.unit.functions.predict_lab import Function
from tests.unit.functions.stub_endpoint import Reply

CAR = dict(door("car_evaluation").examples[0])
GOOD = Reply(b"vgood")


@pytest.fixture
def function(predict: Callable[..., Function]) -> Function:
    """The function of car_evaluation, which pauses for no time."""
    found = predict(door("car_evaluation"))
    found.handler.PREDICT._endpoint._pause = lambda _: None
    return found


@pytest.fixture
def held() -> Iterator[threading.Event]:
    """Set at the end: what hangs goes on."""
    event = threading.Event()
    yield event
    event.set()


def error(status: int, code: str, **document: Any) -> Reply:
    return Reply(json.dumps(document).encode(), status, {"x-amzn-errortype": f"{code}:http://internal.amazon.com/"})


def of_the_model(status: int) -> Reply:
    return error(424, "ModelError", Message="Received server error", OriginalStatusCode=status, OriginalMessage="Oops")


@pytest.mark.parametrize("status", [400, 415, 422, 500, 501])
def test_an_error_of_the_model_is_502_at_once(function: Function, status: int) -> None:
    """Whether the container blames the request or itself, the contract was kept, so the model is at fault."""
    function.endpoint_says(of_the_model(status))
    answered, answer = function.ask(CAR)
    assert (answered, answer["message"]) == (502, "The model failed at this request.")
    assert len(function.stub.asked) == 1
    assert function.log["cause"] == f"424 ModelError, the container's status {status}"


@pytest.mark.parametrize(
    "fault",
    [
        of_the_model(503),
        of_the_model(429),
        error(429, "ModelNotReadyException"),
        error(400, "ThrottlingException"),
        error(503, "ServiceUnavailable"),
        error(500, "InternalFailure"),
        Reply(cut=True),
    ],
)
def test_a_fault_of_the_moment_is_asked_again(function: Function, fault: Reply) -> None:
    """While an endpoint is being replaced or has too much to do, the question is repeated, and the caller sees none."""
    function.endpoint_says(fault, fault, GOOD)
    assert function.ask(CAR)[0] == 200
    assert len(function.stub.asked) >= 3


def test_a_fault_that_stays_is_503_after_a_few_attempts(function: Function) -> None:
    """It is not asked for ever: after the last pause the caller is told to try again later."""
    function.endpoint_says(error(503, "ServiceUnavailable"))
    status, answer = function.ask(CAR)
    assert (status, answer["message"]) == (503, "The model has too much to do, or is being replaced. Try again later.")
    assert len(function.stub.asked) == 6


def test_pauses_end_before_the_deadline(function: Function) -> None:
    """If a pause would outlast the time that is left, the caller is told at once."""
    function.endpoint_says(error(503, "ServiceUnavailable"))
    assert function.ask(CAR, seconds=1.05)[0] == 503
    assert len(function.stub.asked) == 1


def test_an_endpoint_that_hangs_is_504_before_the_gateway_gives_up(function: Function, held: threading.Event) -> None:
    """The deadline is the function's remaining time, and never beyond what API Gateway waits."""
    function.endpoint_says(Reply(b"vgood", before=held.wait))
    status, answer = function.ask(CAR, seconds=1.3)
    assert (status, answer["message"]) == (504, "The model did not answer in time.")
    assert function.handler.MOST_SECONDS < 29


def test_a_container_that_sagemaker_gave_up_is_504(function: Function) -> None:
    """A time-out between SageMaker and the container is one to the caller too, and is not repeated."""
    function.endpoint_says(of_the_model(0))
    assert function.ask(CAR)[0] == 504
    assert len(function.stub.asked) == 1


def test_a_deleted_endpoint_is_503(function: Function) -> None:
    """An endpoint that is not there, and one that the role may not ask, are no fault of the request."""
    function.endpoint_says(
        error(400, "ValidationError", Message="Endpoint car-evaluation-prod of account 1 not found.")
    )
    assert function.ask(CAR)[1]["message"] == "The model is not there at the moment. Try again later."
    assert "there is no such endpoint" in function.log["cause"]
    for status in (400, 403):
        function.endpoint_says(error(status, "AccessDeniedException", Message="not authorized"))
        assert function.ask(CAR)[0] == 503
    assert len(function.stub.asked) == 3


def test_what_sagemaker_refuses_otherwise_is_502(function: Function) -> None:
    """An error without a known code is not repeated, and none of its words reach the caller."""
    function.endpoint_says(Reply(b"<html>secret</html>", 413))
    status, answer = function.ask(CAR)
    assert (status, "secret" in json.dumps(answer)) == (502, False)


def test_one_connection_serves_all_calls(function: Function) -> None:
    """The connection is kept from call to call, and made anew when the other side has closed it."""
    function.endpoint_says(GOOD)
    for _ in range(3):
        assert function.ask(CAR)[0] == 200
    assert function.stub.connections == 1
    function.endpoint_says(Reply(cut=True), GOOD)
    assert function.ask(CAR)[0] == 200
    assert function.stub.connections == 2


def test_an_answer_that_is_cut_off_is_no_answer(function: Function) -> None:
    """Half a label is not shown: the question is asked again."""
    function.endpoint_says(Reply(b"vg", headers={"content-length": "5", "connection": "close"}), GOOD)
    status, answer = function.ask(CAR)
    assert (status, answer.get("label")) == (200, "vgood"), function.log


@pytest.mark.parametrize(
    ("service", "path", "token"),
    [
        ("sagemaker", "/endpoints/car-evaluation-prod/invocations", "session"),
        ("sagemaker", "/endpoints/a b/invocations", ""),
        ("s3", "/bucket/gate/words/7 é.json", "session"),
    ],
)
def test_requests_are_signed_as_botocore_signs_them(function: Function, service: str, path: str, token: str) -> None:
    """Every header of the signature is what AWS's own client makes of the same request at the same moment."""
    signing: ModuleType = __import__("signing")
    assert function
    now = datetime(2026, 11, 27, 12, 30, 5, tzinfo=UTC)
    headers = {"host": "runtime.example", "content-type": "text/csv", "accept": "a  b"}
    request = signing.Request(method="POST", path=path, headers=headers, body=b"low,low")
    credentials = signing.Credentials("key", "secret", token)
    found = signing.signed(request, credentials, service=service, region="eu-west-1", now=now)
    expected = _of_botocore(service, f"https://runtime.example{request.target}", headers, token, now)
    assert found["authorization"] == expected["Authorization"]
    assert found.get("x-amz-security-token") == expected.get("X-Amz-Security-Token")


def _of_botocore(service: str, url: str, headers: dict[str, str], token: str, now: datetime) -> Any:
    kind = S3SigV4Auth if service == "s3" else SigV4Auth
    asked = AWSRequest(method="POST", url=url, headers=headers, data=b"low,low")
    signer = kind(Credentials("key", "secret", token or None), service, "eu-west-1")
    asked.context["timestamp"] = now.strftime("%Y%m%dT%H%M%SZ")
    asked.context["payload_signing_enabled"] = True
    if service != "s3":
        # As S3's signer does by itself; SageMaker takes both.
        asked.headers["X-Amz-Content-SHA256"] = signer.payload(asked)
    signer._modify_request_before_signing(asked)
    canonical = signer.canonical_request(asked)
    signature = signer.signature(signer.string_to_sign(asked, canonical), asked)
    signer._inject_signature_to_request(asked, signature)
    return asked.headers
