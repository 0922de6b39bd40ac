"""What data capture kept, read back."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from handover.captured import Exchange
from scripts.reads.captures import captured, judged, truths
from scripts.reads.errors import NotThereError

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def exchange(request: str, answer: str, *, inference_id: str = "", time: datetime = NOON) -> Exchange:
    return Exchange(request=request, answer=answer, inference_id=inference_id, time=time)


def test_only_what_was_asked_since_the_experiment_began_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder of the first hour holds older exchanges too."""
    event = {"inferenceTime": "2026-11-21T11:59:59Z"}
    side = {"data": "low,low", "encoding": "CSV"}
    old = {"captureData": {"endpointInput": side, "endpointOutput": side | {"data": "acc"}}, "eventMetadata": event}
    new = old | {"eventMetadata": {"inferenceTime": "2026-11-21T12:00:00Z", "inferenceId": "7"}}
    stored = {"capture/7/prod/AllTraffic/2026/11/21/12/a.jsonl": "\n".join(map(json.dumps, (old, new)))}
    monkeypatch.setattr("scripts.cloud.client", lambda _: Bucket(stored))
    found = list(captured("s3://data/capture/7", "prod", "AllTraffic", NOON))
    assert found == [exchange("low,low", "acc", inference_id="7")]


class Bucket:
    """S3 with these objects; it refuses to list hours before the experiment's."""

    def __init__(self, stored: dict[str, str]) -> None:
        self.stored = stored

    def get_paginator(self, name: str) -> Bucket:
        assert name == "list_objects_v2"
        return self

    def paginate(self, *, Bucket: str, Prefix: str, StartAfter: str) -> list[dict[str, Any]]:
        assert (Bucket, Prefix) == ("data", "capture/7/prod/AllTraffic/")
        assert StartAfter == f"{Prefix}2026/11/21/12/"
        return [{"Contents": [{"Key": key} for key in self.stored]}]

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        assert Bucket == "data"
        return {"Body": io.BytesIO(self.stored[Key].encode())}


def test_truths_by_inference_id_or_by_request(tmp_path: Path) -> None:
    """A truth is found by id or by request, and a request without one is not judged."""
    file = tmp_path / "truths.csv"
    requests = [
        exchange("low,low", "acc", inference_id="7"),
        exchange("low,high", "good"),
    ]
    file.write_text("inference_id,truth\n7,unacc\n8,acc\n")
    assert judged(requests, truths(str(file))) == (("acc", "unacc"),)
    file.write_text('request,truth\n"low,high",good\n')
    assert judged(requests, truths(str(file))) == (("good", "good"),)


def test_a_file_with_other_columns_is_refused_with_what_is_needed(tmp_path: Path) -> None:
    """The refusal lists the columns that the file has and those that it needs."""
    file = tmp_path / "truths.csv"
    file.write_text("id,label\n7,unacc\n")
    with pytest.raises(NotThereError, match="has the columns id, label; needed are truth, and inference_id or request"):
        truths(str(file))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """With what TRUTHS may be."""
    with pytest.raises(NotThereError, match=r"There is no file .*none\.csv: TRUTHS names"):
        truths(str(tmp_path / "none.csv"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"inference_id,truth\n7,\xe9\n", "is no CSV file: its byte 21 is not UTF-8"),
        (b'inference_id,truth\n7,"a"b\n', "is no CSV file: ',' expected after '\"'"),
        (b"", "has the columns none; needed are truth"),
        (None, "cannot be read: Is a directory"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None, said: str) -> None:
    """A folder, another encoding and broken quotes are a sentence on one line, and no traceback."""
    file = tmp_path / "truths.csv"
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content)
    with pytest.raises(NotThereError) as caught:
        truths(str(file))
    assert said in str(caught.value)
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("address", ["s3://", "s3://bucket", "s3://bucket/", "s3:///truths.csv"])
def test_an_address_without_bucket_or_key_is_named(address: str) -> None:
    """Nothing is asked, and the sentence has an example."""
    with pytest.raises(NotThereError, match=f"^TRUTHS={address}: expected an address such as s3://bucket/truths.csv"):
        truths(address)


def test_an_object_that_is_not_there_is_named(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sentence with its address and S3's own words, and no traceback."""
    monkeypatch.setattr("scripts.cloud.client", lambda _: s3)
    with pytest.raises(NotThereError, match=r"^s3://data/none\.csv cannot be read: .*NoSuchKey"):
        truths("s3://data/none.csv")
