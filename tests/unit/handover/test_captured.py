"""Lines of captured requests, read back."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import pytest

from handover.captured import Exchange, exchanges
from handover.errors import HandOverError


def line(answer: str, *, encoding: str = "CSV", inference_id: str | None = None) -> str:
    """As SageMaker writes it."""
    data = base64.b64encode(answer.encode()).decode() if encoding == "BASE64" else answer
    output = {"observedContentType": "text/csv", "mode": "OUTPUT", "data": data, "encoding": encoding}
    event = {"eventId": "e", "inferenceTime": "2026-11-21T12:00:00Z"}
    event |= {"inferenceId": inference_id} if inference_id else {}
    captured = {"endpointInput": output | {"data": "low,low\n", "encoding": "CSV"}, "endpointOutput": output}
    return json.dumps({"captureData": captured, "eventMetadata": event, "eventVersion": "0"})


def test_an_exchange_is_text_with_its_time_and_name() -> None:
    """The line break at the end of an answer is not part of the answer."""
    assert Exchange.parse(line("good\n", inference_id="7")) == Exchange(
        request="low,low", answer="good", inference_id="7", time=datetime(2026, 11, 21, 12, tzinfo=UTC)
    )


@pytest.mark.parametrize("encoding", ["CSV", "JSON", "BASE64"])
def test_every_encoding_of_text_is_read(encoding: str) -> None:
    """SageMaker keeps what the capture names as CSV or JSON, and everything else as base64."""
    (found,) = exchanges(line("acc", encoding=encoding) + "\n")
    assert found.answer == "acc"


def test_a_request_of_two_rows_has_two_answers() -> None:
    """An answer is a line, and empty lines are no answers."""
    assert list(Exchange.parse(line("unacc\n\nacc\n")).answers()) == ["unacc", "acc"]


def test_a_side_that_is_not_captured_is_empty() -> None:
    """A capture may be told to keep answers alone."""
    document = json.loads(line("acc"))
    del document["captureData"]["endpointInput"]
    found = Exchange.parse(json.dumps(document))
    assert (found.request, found.answer) == ("", "acc")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (line("x", encoding="XML"), "captured as 'XML' cannot be read, only as CSV, JSON, BASE64"),
        ("{}", "KeyError: 'captureData'"),
        ("[]", "TypeError"),
        ("no json", "JSONDecodeError"),
    ],
)
def test_a_line_that_holds_no_exchange_is_named(text: str, fault: str) -> None:
    """The error names the fault and the line, for every reader alike."""
    with pytest.raises(HandOverError) as caught:
        Exchange.parse(text)
    assert fault in str(caught.value)
    assert repr(text)[:20] in str(caught.value)
