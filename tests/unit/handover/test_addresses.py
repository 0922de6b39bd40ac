"""Addresses in S3, and the places in a data bucket."""

from __future__ import annotations

import pytest

from handover.addresses import S3Address
from handover.errors import HandOverError
from handover.places import CapturedFile, GateFolder, capture_folder


def test_s3_addresses_are_taken_apart_and_put_together() -> None:
    """Prefixes keep one slash between their parts; other addresses are refused."""
    address = S3Address.parse("s3://data/features/1/")
    assert (address.bucket, address.key) == ("data", "features/1/")
    assert str(address / "train") == "s3://data/features/1/train"
    with pytest.raises(ValueError, match="'https://data/x' is not an S3 address"):
        S3Address.parse("https://data/x")


def test_a_report_lies_in_its_executions_folder() -> None:
    """Whoever writes a report and whoever reads it find the same objects."""
    folder = GateFolder(bucket="data", execution="e1")
    assert str(folder.document) == "s3://data/gate/e1/gate.json"
    assert str(folder.page) == "s3://data/gate/e1/gate.html"


def test_what_is_captured_is_found_by_its_key() -> None:
    """SageMaker writes below the folder of the release; the key names release, endpoint and variant."""
    prefix = capture_folder("data", "7").removeprefix("s3://data/")
    found = CapturedFile.of(f"{prefix}/car-evaluation-prod/AllTraffic/2026/11/21/13/05-00-000-a.jsonl")
    assert found == CapturedFile(release="7", endpoint="car-evaluation-prod", variant="AllTraffic")


@pytest.mark.parametrize(
    "key", ["capture/x.txt", "capture/7/e/v/2026/11/21/a.jsonl", "raw/7/e/v/2026/11/21/13/a.jsonl"]
)
def test_another_key_is_refused(key: str) -> None:
    """A key of another form names no release."""
    with pytest.raises(HandOverError, match="is no file of captured requests"):
        CapturedFile.of(key)
