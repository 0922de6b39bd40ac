"""What data capture kept, read back."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scripts.reads.captures import Captured, judged, lines, truths

SINCE = datetime(2026, 11, 21, 12, tzinfo=UTC)


def line(answer: str, when: str, *, encoding: str = "CSV", inference_id: str | None = None) -> str:
    """As SageMaker writes it."""
    data = base64.b64encode(answer.encode()).decode() if encoding == "BASE64" else answer
    output = {"observedContentType": "text/csv", "mode": "OUTPUT", "data": data, "encoding": encoding}
    metadata = {"eventId": "e", "inferenceTime": when} | ({"inferenceId": inference_id} if inference_id else {})
    captured = {"endpointInput": output | {"data": "low,low\n", "encoding": "CSV"}, "endpointOutput": output}
    return json.dumps({"captureData": captured, "eventMetadata": metadata, "eventVersion": "0"})


def test_only_what_was_asked_since_the_experiment_began_counts() -> None:
    """A captured request from before the experiment is left out; the others are read with their id."""
    found = lines(
        [line("acc", "2026-11-21T11:59:59Z"), line("good\n", "2026-11-21T12:00:00Z", inference_id="7")], SINCE
    )
    assert list(found) == [Captured(request="low,low", answer="good", inference_id="7")]


def test_what_was_kept_as_base64_is_text_again() -> None:
    """A captured answer in base64 is decoded."""
    (found,) = lines([line("acc", "2026-11-21T12:00:00Z", encoding="BASE64")], SINCE)
    assert found.answer == "acc"


def test_truths_by_inference_id_or_by_request(tmp_path: Path) -> None:
    """A truth is found by id or by request, and a request without one is not judged."""
    file = tmp_path / "truths.csv"
    requests = [
        Captured(request="low,low", answer="acc", inference_id="7"),
        Captured(request="low,high", answer="good", inference_id=""),
    ]
    file.write_text("inference_id,truth\n7,unacc\n8,acc\n")
    assert judged(requests, truths(str(file))) == (("acc", "unacc"),)
    file.write_text('request,truth\n"low,high",good\n')
    assert judged(requests, truths(str(file))) == (("good", "good"),)


def test_a_file_with_other_columns_is_refused_with_what_is_needed(tmp_path: Path) -> None:
    """The refusal lists the columns that the file has and those that it needs."""
    file = tmp_path / "truths.csv"
    file.write_text("id,label\n7,unacc\n")
    with pytest.raises(SystemExit, match="has the columns id, label; needed are truth, and inference_id or request"):
        truths(str(file))
