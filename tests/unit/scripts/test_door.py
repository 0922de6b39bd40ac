"""What scripts do at a door: the body of a row, signed calls, passwords, and the picture of a load."""

from __future__ import annotations

import base64
import json
import string
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from botocore.credentials import ReadOnlyCredentials

from scripts import cloud
from scripts.cloud import addresses, api_calls
from scripts.cloud.api_calls import Answer, ApiCalls
from scripts.cloud.decision import Cloud, Decision
from scripts.load import Phase, drive, phases_of
from scripts.reads.door import request_for, stack_of_api
from scripts.reads.load import Second, Seen, chart, seconds_of
from scripts.user import temporary_password
from stacks.specs import Workload
from stacks.workloads import WORKLOADS
from tests.servers import serving

ROW = "low,low,5more,more,big,high"
BUSY_SECONDS = 300


def test_a_row_is_sent_as_a_member_for_each_column() -> None:
    """Categories are sent as text, numbers as numbers, and what is no number as it is, for the API to refuse."""
    body, content_type = request_for("car_evaluation", ROW)
    assert content_type == "application/json"
    assert json.loads(body) == {
        "buying": "low", "maint": "low", "doors": "5more", "persons": "more", "lug_boot": "big", "safety": "high"
    }  # fmt: skip
    asked = json.loads(request_for("credit_default", ",".join(["20000", "2", "2", "1", "old", *["0"] * 18]))[0])
    assert (asked["credit_limit"], asked["sex"], asked["age"]) == (20000, "2", "old")


def test_a_request_without_a_row_is_the_first_that_the_page_offers() -> None:
    """A ranking is asked by its user alone; an image is sent as its file; a text keeps its commas."""
    assert request_for("movie_recommender") == (b'{"user": 196}', "application/json")
    text = json.loads(request_for("nyt_comments", "Neurons, which fire")[0])
    assert text == {"text": "Neurons, which fire"}
    picture, content_type = request_for("dog_breeds")
    assert (picture[:4], content_type) == (b"\x89PNG", "image/png")
    assert request_for("dog_breeds", base64.b64encode(picture).decode()) == (picture, content_type)


def test_a_row_of_other_columns_is_refused_with_those_that_are_wanted() -> None:
    """The refusal counts the values and names the columns of a request."""
    with pytest.raises(SystemExit, match="has 2 values; a request to car_evaluation has buying,maint,doors,persons"):
        request_for("car_evaluation", "low,low")


class Api(BaseHTTPRequestHandler):
    """Says what it was asked."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
        said = json.dumps({"path": self.path, "headers": dict(self.headers), "body": sent}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    with serving(Api) as server:
        yield server.server_port


@pytest.fixture
def calls(port: int, monkeypatch: pytest.MonkeyPatch) -> ApiCalls:
    """Calls of an API at AWS's address, decided to be the local cloud's."""
    decision = Decision(
        cloud=Cloud.LOCAL, account="123456789012", region="us-east-1", endpoint_url=f"http://127.0.0.1:{port}"
    )
    for module in (addresses, api_calls):
        monkeypatch.setattr(module, "decided", lambda: decision)
    monkeypatch.setattr(api_calls, "credentials", lambda: ReadOnlyCredentials("AKIDEXAMPLE", "secret", None))
    return ApiCalls("https://a1b2c3.execute-api.us-east-1.amazonaws.com/live")


def test_a_call_reaches_the_api_of_the_local_cloud_signed(calls: ApiCalls, port: int) -> None:
    """AWS's address becomes the local one, whose host is named and signed, whatever the resolver knows."""
    answer = calls.ask("POST", "/predictions", b'{"a":1}')
    said: dict[str, Any] = json.loads(answer.body)
    assert answer.status == 200
    assert (said["path"], said["body"]) == ("/live/predictions", '{"a":1}')
    assert said["headers"]["Host"] == f"a1b2c3.execute-api.localhost:{port}"
    authorization = said["headers"]["Authorization"]
    assert "/us-east-1/execute-api/aws4_request" in authorization
    assert "host" in authorization.partition("SignedHeaders=")[2]


def test_an_api_that_does_not_answer_is_an_answer_too(calls: ApiCalls, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that fails has the status 0 and says why, so that a load counts it as failed."""

    def refuse(*_: object, **__: object) -> None:
        raise ConnectionRefusedError("nobody listens")

    monkeypatch.setattr(api_calls.HTTPConnection, "connect", refuse)
    answer = calls.ask("POST", "/predictions", b"{}")
    assert (answer.status, answer.body) == (0, "ConnectionRefusedError: nobody listens")


def test_a_temporary_password_keeps_the_pools_policy() -> None:
    """Each has 20 characters, at least one of each of the four kinds, and no two are the same."""
    drawn = [temporary_password() for _ in range(50)]
    kinds = (string.ascii_lowercase, string.ascii_uppercase, string.digits, "-_.!")
    for password in drawn:
        assert len(password) == 20
        assert [kind for kind in kinds if not set(kind) & set(password)] == []
    assert len(set(drawn)) == len(drawn)


def test_a_load_asks_as_often_as_it_is_told() -> None:
    """Forty requests a second for half a second are twenty, each counted, and the instances are looked at."""
    asked, told = [], []

    def ask() -> Answer:
        asked.append(1)
        return Answer(status=200 if len(asked) > 1 else 503, body="", seconds=0.004)

    seen = drive(ask, instances=lambda: 2, phases=[Phase(rate=40, seconds=1)], tell=told.append)
    assert len(asked) == 40
    # On a busy machine, some are sent after their second.
    seconds = seconds_of(seen, BUSY_SECONDS)
    failed = sum(second.failed for second in seconds)
    assert (seconds[0].instances, sum(second.answered for second in seconds) + failed, failed) == (2, 40, 1)
    assert [line.split("s  ")[1] for line in told] == ["2 instances"]


def test_a_load_goes_down_again() -> None:
    """Rates follow one another, each for its own seconds."""
    assert phases_of("50,0.5", "30,60") == [Phase(rate=50.0, seconds=30), Phase(rate=0.5, seconds=60)]
    seen = drive(
        lambda: Answer(status=200, body="", seconds=0.001),
        instances=lambda: 1,
        phases=[Phase(rate=20, seconds=1), Phase(rate=5, seconds=1)],
        tell=lambda _: None,
    )
    sent = [moment for moment, _, _ in seen.answers]
    assert len(sent) == 20 + 5
    assert sum(moment >= 1.0 for moment in sent) >= 5, "those of the second rate come after the first one's second"


@pytest.mark.parametrize(
    ("rate", "seconds"), [("0", "1"), ("5", "0"), ("5,6", "1"), ("inf", "1"), ("x", "1"), ("", "")]
)
def test_a_load_that_is_none_is_refused(rate: str, seconds: str) -> None:
    """Both have as many numbers, all above nothing; the refusal shows what was given and what could be."""
    with pytest.raises(SystemExit, match=rf"RATE={rate} SECONDS={seconds}: .* RATE=50,2 SECONDS=30,60"):
        phases_of(rate, seconds)


def test_a_second_has_what_was_sent_in_it() -> None:
    """Requests count for the second in which they were sent, with the instances that were seen last by its end."""
    seen = Seen()
    for moment, status, took in ((0.1, 200, 0.010), (0.9, 200, 0.030), (1.5, 504, 29.0)):
        seen.add(moment, status, took)
    seen.note(0.0, 1)
    seen.note(1.2, 3)
    assert seconds_of(seen, 3) == [
        Second(instances=1, answered=2, failed=0, p95_milliseconds=pytest.approx(29.0)),
        Second(instances=3, answered=0, failed=1, p95_milliseconds=None),
        Second(instances=3, answered=0, failed=0, p95_milliseconds=None),
    ]


def test_the_picture_is_a_panel_for_each_number() -> None:
    """The chart is well-formed SVG with four lines, whose highest values are written beside them."""
    seconds = [
        Second(instances=number, answered=20, failed=0, p95_milliseconds=float(number) or None) for number in range(3)
    ]
    drawn = ET.fromstring(chart(seconds, "a <title>"))  # noqa: S314  (it was written a moment ago)
    name = "{http://www.w3.org/2000/svg}"
    lines = drawn.findall(f"{name}polyline")
    assert [len(line.attrib["points"].split()) for line in lines] == [3, 3, 3, 2]
    assert {text.text for text in drawn.iter(f"{name}text")} >= {"a <title>", "instances", "20", "3 s"}


def test_nobody_is_asked_about_a_workload_without_a_door(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever may roll back may not look at a stack that does not exist."""
    monkeypatch.setitem(WORKLOADS, "plain", Workload(name="plain"))
    monkeypatch.setattr(cloud, "client", lambda _: pytest.fail("CloudFormation was asked"))
    assert stack_of_api("plain") is None
