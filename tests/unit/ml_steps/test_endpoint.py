"""Whose fault it is that an endpoint does not answer, and how long it is asked again."""

from __future__ import annotations

import json
import socket
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
    ResponseStreamingError,
)
from botocore.parsers import ResponseParserError

from handover.invocations import CSV, CSV_ROW, NoAnswer, OneHotJson
from ml_steps.endpoint import CLIENT_CONFIG, Answer, Asker, Patience
from ml_steps.running import StepError
from tests.clock import Clock
from tests.servers import serving

if TYPE_CHECKING:
    from collections.abc import Callable

URL = "https://runtime.sagemaker.us-east-1.amazonaws.com/endpoints/qa/invocations"


def service(code: str, status: int) -> ClientError:
    """An error of SageMaker itself."""
    return ClientError(
        {"Error": {"Code": code, "Message": "m"}, "ResponseMetadata": {"HTTPStatusCode": status}}, "InvokeEndpoint"
    )


def container(status: int, message: str = "no") -> ClientError:
    """An error of the container, as SageMaker passes it on."""
    return ClientError(
        {
            "Error": {"Code": "ModelError", "Message": "m"},
            "ResponseMetadata": {"HTTPStatusCode": 424},
            "OriginalStatusCode": status,
            "OriginalMessage": message,
        },
        "InvokeEndpoint",
    )


LINE = [
    ReadTimeoutError(endpoint_url=URL),
    ConnectTimeoutError(endpoint_url=URL),
    EndpointConnectionError(endpoint_url=URL),
    ConnectionClosedError(endpoint_url=URL),
    ResponseStreamingError(error="cut off"),
    ResponseParserError("no JSON"),
    ConnectionResetError("reset by peer"),
    service("InternalFailure", 500),
    service("ServiceUnavailable", 503),
    service("ThrottlingException", 400),
    service("TooManyRequestsException", 429),
    service("ModelNotReadyException", 429),
    service("InternalDependencyException", 530),
    service("502", 502),
]


class Runtime:
    """Raises, for each row, these errors one after the other, and answers after that. Each takes so long."""

    def __init__(self, clock: Clock, *errors: Exception, seconds: float = 0.0, rows: set[str] | None = None) -> None:
        self.clock, self.errors, self.seconds, self.rows = clock, errors, seconds, rows
        self.asked: dict[tuple[str, str], int] = {}

    def invoke_endpoint(self, *, EndpointName: str, Body: bytes, **_: Any) -> dict[str, Any]:
        row = Body.decode()
        before = self.asked.get((EndpointName, row), 0)
        self.asked[EndpointName, row] = before + 1
        self.clock.sleep(self.seconds)
        if (self.rows is None or row in self.rows) and before < len(self.errors):
            raise self.errors[before]
        return {"Body": Content(b"yes\n")}


class Content:
    def __init__(self, content: bytes) -> None:
        self.content = content

    def read(self) -> bytes:
        return self.content


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("ml_steps.endpoint.time", made)
    return made


@pytest.fixture
def ask(clock: Clock) -> Callable[..., Answer]:
    """The answer to one row of an endpoint with these errors."""

    def asked(*errors: Exception) -> Answer:
        return Asker(runtime=Runtime(clock, *errors), invocation=CSV).ask("qa", ["a,b"])[0]

    return asked


@pytest.mark.parametrize("error", LINE, ids=lambda error: type(error).__name__)
def test_a_fault_of_the_line_is_asked_again(ask: Callable[..., Answer], error: Exception) -> None:
    """One such fault costs a pause, which is part of the row's time, and the row is answered."""
    answer = ask(error)
    assert (answer.text, len(answer.faults)) == ("yes", 1)
    assert not isinstance(answer.text, NoAnswer)
    assert answer.milliseconds == pytest.approx(500)


@pytest.mark.parametrize("error", LINE, ids=lambda error: type(error).__name__)
def test_a_line_that_stays_broken_gives_no_answer(ask: Callable[..., Answer], error: Exception) -> None:
    """After the last attempt, the cause stands in the place of the answer; no text of a model is of that type."""
    answer = ask(*[error] * 5)
    assert isinstance(answer.text, NoAnswer)
    assert str(error).removeprefix("An error occurred (")[:8] in answer.text or "m" in answer.text
    assert len(answer.faults) == 5


def test_a_request_that_sagemaker_does_not_take_is_not_asked_again(ask: Callable[..., Answer]) -> None:
    """An endpoint that was deleted is no model's answer, and asking again would not bring it back."""
    answer = ask(service("ValidationError", 400), service("ValidationError", 400))
    assert isinstance(answer.text, NoAnswer)
    assert (answer.text, len(answer.faults)) == ("ValidationError: m", 1)


@pytest.mark.parametrize("status", [400, 413, 415, 500, 501])
def test_a_containers_error_is_its_answer(ask: Callable[..., Answer], status: int) -> None:
    """It is not asked again: what the container says to this row is what callers would get."""
    answer = ask(container(status))
    assert (answer.text, answer.faults) == (f"error {status}: no", ())
    assert not isinstance(answer.text, NoAnswer)


@pytest.mark.parametrize("status", [0, 429, 502, 503, 504])
def test_a_container_that_does_not_get_to_the_row_is_asked_again(ask: Callable[..., Answer], status: int) -> None:
    """If it never gets to it, that is its answer; if it does, its refusal is kept beside the answer."""
    late = ask(container(status))
    assert (late.text, [fault.answer for fault in late.faults]) == ("yes", [f"error {status}: no"])
    never = ask(*[container(status)] * 5)
    assert (never.text, isinstance(never.text, NoAnswer)) == (f"error {status}: no", False)
    mixed = ask(container(status), ReadTimeoutError(endpoint_url=URL), *[container(status)] * 3)
    assert isinstance(mixed.text, NoAnswer)


@pytest.mark.parametrize(
    "error",
    [
        service("AccessDeniedException", 400),
        service("ExpiredTokenException", 403),
        service("UnrecognizedClientException", 403),
        service("InvalidSignatureException", 403),
        service("SignatureDoesNotMatch", 403),
        NoCredentialsError(),
        CredentialRetrievalError(provider="container-role", error_msg="timed out"),
    ],
    ids=lambda error: getattr(error, "response", {}).get("Error", {}).get("Code", type(error).__name__),
)
def test_a_caller_that_may_not_ask_is_told_so(ask: Callable[..., Answer], error: Exception) -> None:
    """It is neither the model's fault nor one that asking again would mend: the step ends, in plain words."""
    with pytest.raises(StepError, match=r"The endpoint qa (may not|cannot) be asked"):
        ask(error)


@pytest.mark.parametrize("seconds", [0.0, 5.0, 70.0])
@pytest.mark.parametrize("connections", [1, 4])
def test_a_dead_endpoint_ends_soon(clock: Clock, seconds: float, connections: int) -> None:
    """However long its faults take, thousands of rows cost no more than the budget and the rows under way."""
    rows = [f"row {number}" for number in range(4_500)]
    runtime = Runtime(clock, *[ReadTimeoutError(endpoint_url=URL)] * 5, seconds=seconds)
    asker = Asker(runtime=runtime, invocation=CSV)
    answers = asker.ask("qa", rows) if connections == 1 else asker.ask_at_once("qa", rows, connections=connections)
    assert len(answers) == len(rows)
    assert all(isinstance(answer.text, NoAnswer) and "ReadTimeoutError" in answer.text for answer in answers)
    assert clock.seconds <= 180 + connections * (seconds + 4)


def test_a_dead_endpoint_does_not_use_up_the_patience_for_another(clock: Clock) -> None:
    """Each endpoint has its own budget for failed requests."""
    rows = [f"row {number}" for number in range(300)]
    runtime = Runtime(clock, *[EndpointConnectionError(endpoint_url=URL)] * 5)
    answered = runtime.invoke_endpoint
    runtime.invoke_endpoint = lambda **asked: (  # type: ignore[method-assign]
        answered(**asked) if asked["EndpointName"] == "qa" else {"Body": Content(b"fine")}
    )
    ours, theirs = Asker(runtime=runtime, invocation=CSV).ask_in_turn(["qa", "prod"], rows)
    assert all(isinstance(answer.text, NoAnswer) for answer in ours)
    assert {answer.text for answer in theirs} == {"fine"}


def test_an_endpoint_that_answers_too_slowly_is_not_asked_for_ever(clock: Clock) -> None:
    """After twelve minutes, no further row is asked, and each row that is left says why."""
    answers = Asker(runtime=Runtime(clock, seconds=50.0), invocation=CSV).ask("qa", ["a"] * 100)
    assert [answer.text for answer in answers[:15]] == ["yes"] * 15
    assert {str(answer.text) for answer in answers[15:]} == {"not asked: 720 s for all rows are over"}
    assert all(isinstance(answer.text, NoAnswer) for answer in answers[15:])


def test_a_row_that_hangs_is_given_up(clock: Clock) -> None:
    """No attempt begins when the row's own time is over."""
    runtime = Runtime(clock, *[ReadTimeoutError(endpoint_url=URL)] * 5, seconds=80.0)
    (answer,) = Asker(runtime=runtime, invocation=CSV).ask("qa", ["a"])
    assert runtime.asked == {("qa", "a"): 2}
    assert isinstance(answer.text, NoAnswer)
    assert "(not asked again: 150 s for one row are over)" in answer.text


def test_a_model_that_never_answers_in_time_is_at_fault(clock: Clock) -> None:
    """SageMaker waits 60 s for a container. Three such waits use up the row's time; it is not the line's fault."""
    error = container(0, "Your invocation timed out")
    runtime = Runtime(clock, *[error] * 5, seconds=60.0, rows={"slow"})
    slow, quick = Asker(runtime=runtime, invocation=CSV).ask("qa", ["slow", "quick"])
    assert runtime.asked["qa", "slow"] == 3
    assert (slow.text, isinstance(slow.text, NoAnswer)) == ("error 0: Your invocation timed out", False)
    assert "not asked" in quick.text, "one such row has used up what failed requests may cost"


def test_botocore_does_not_ask_again_by_itself() -> None:
    """Its attempts would be neither counted nor part of a row's time; and SageMaker's 60 s have to pass."""
    assert CLIENT_CONFIG.retries == {"total_max_attempts": 1, "mode": "standard"}
    assert CLIENT_CONFIG.read_timeout > 60


class Busy(BaseHTTPRequestHandler):
    """503 to the first two requests, an answer to the others; the server counts them all."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.server.posts += 1
        late = self.server.posts > 2
        body = b"yes" if late else json.dumps({"Message": "try again"}).encode()
        self.send_response(200 if late else 503)
        self.send_header("content-length", str(len(body)))
        self.send_header("x-amzn-errortype", "ServiceUnavailable")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing in the test's output."""


def test_a_real_client_sends_what_is_counted() -> None:
    """Each attempt is one request over the wire, and its fault is known; nothing asks again behind our back."""
    with serving(Busy) as server:
        server.posts = 0
        runtime = boto3.client(
            "sagemaker-runtime", region_name="us-east-1", endpoint_url=f"http://127.0.0.1:{server.server_port}",
            aws_access_key_id="a", aws_secret_access_key="b", config=CLIENT_CONFIG,
        )  # fmt: skip
        asker = Asker(runtime=runtime, invocation=CSV, patience=Patience(pauses=(0.0, 0.0)))
        (answer,) = asker.ask("qa", ["a"])
    assert (answer.text, server.posts) == ("yes", 3)
    assert [fault.cause for fault in answer.faults] == ["ServiceUnavailable: try again"] * 2


def test_a_port_where_nobody_listens_is_the_lines_fault() -> None:
    """A real client's refused connection is a cause in words, and no traceback."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        runtime = boto3.client(
            "sagemaker-runtime", region_name="us-east-1", endpoint_url=f"http://127.0.0.1:{held.getsockname()[1]}",
            aws_access_key_id="a", aws_secret_access_key="b", config=CLIENT_CONFIG,
        )  # fmt: skip
        (answer,) = Asker(runtime=runtime, invocation=CSV, patience=Patience(pauses=(0.0,))).ask("qa", ["a"])
    assert isinstance(answer.text, NoAnswer)
    assert answer.text.startswith("EndpointConnectionError: Could not connect to the endpoint URL")


class Machine:
    """Answers each row of a request by its movie, and notes how many rows it has; a ``broken`` one of several fails."""

    def __init__(self, clock: Clock, broken: Exception | None = None, *, answers: int | None = None) -> None:
        self.clock, self.broken, self.answers = clock, broken, answers
        self.sizes: list[int] = []

    def invoke_endpoint(self, *, Body: bytes, **_: Any) -> dict[str, Any]:
        asked = [each["data"]["features"]["keys"][1] for each in json.loads(Body)["instances"]]
        self.sizes.append(len(asked))
        self.clock.sleep(0.01)
        if self.broken and len(asked) > 1:
            raise self.broken
        kept = asked if len(asked) == 1 else asked[: self.answers]
        return {"Body": Content(json.dumps({"predictions": [{"score": key / 1000} for key in kept]}).encode())}


ROWS = [f"1,{movie}" for movie in range(1, 251)]
SCORES = [str((10 + movie - 1) / 1000) for movie in range(1, 251)]


def asked_at_once(runtime: Machine) -> list[Answer]:
    return Asker(runtime=runtime, invocation=OneHotJson((10, 250))).ask_at_once("qa", ROWS, connections=1)


def test_rows_that_are_not_timed_share_a_request(clock: Clock) -> None:
    """250 rows are three requests, and each row has its own answer; rows that are timed are asked one by one."""
    runtime = Machine(clock)
    answers = asked_at_once(runtime)
    assert [answer.text for answer in answers] == SCORES
    assert runtime.sizes == [100, 100, 50]
    one_by_one = Asker(runtime=runtime, invocation=OneHotJson((10, 250))).ask("qa", ROWS[:5])
    assert [answer.text for answer in one_by_one] == SCORES[:5]
    assert runtime.sizes[3:] == [1] * 5


def test_rows_that_a_request_holds_alone_are_asked_one_by_one(clock: Clock) -> None:
    """An invocation whose requests hold one row has as many requests as rows."""
    runtime = Runtime(clock)
    Asker(runtime=runtime, invocation=CSV_ROW).ask_at_once("qa", ["a", "b", "c"], connections=2)
    assert sum(runtime.asked.values()) == 3


@pytest.mark.parametrize(
    ("broken", "answers", "kept"),
    [
        (container(400), None, 0),
        (None, 99, 0),
        (container(503), None, 1),
        (ReadTimeoutError(endpoint_url=URL), None, 1),
    ],
)
def test_a_shared_request_that_fails_is_no_rows_fault(
    clock: Clock, broken: Exception | None, answers: int | None, kept: int
) -> None:
    """Each row is asked by itself then; what happened to the shared request is kept beside the row's answer."""
    runtime = Machine(clock, broken, answers=answers)
    found = asked_at_once(runtime)
    assert [answer.text for answer in found] == SCORES
    assert {len(answer.faults) for answer in found if answer.text in SCORES[:100]} == {kept}
    assert runtime.sizes.count(1) >= 100


def test_a_shared_request_that_the_caller_may_not_send_ends_the_step(clock: Clock) -> None:
    """Credentials are no row's fault either."""
    with pytest.raises(StepError, match="The endpoint qa may not be asked"):
        asked_at_once(Machine(clock, service("AccessDeniedException", 400)))
