"""Versions of objects in S3: what lies under a prefix, and whether it is still what lay there at a moment."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from handover.addresses import S3Address
from handover.versions import changed_since

ROWS = S3Address(bucket="data", key="features/1/train/")


@pytest.mark.parametrize("deed", ["nothing", "overwritten", "deleted", "added"])
def test_a_write_or_a_deletion_since_then_is_found(s3: Any, deed: str) -> None:
    """In a bucket with versions nothing can be put back as if it had always been there."""
    s3.put_bucket_versioning(Bucket="data", VersioningConfiguration={"Status": "Enabled"})
    put(s3, "rows.csv")
    moment = s3.head_object(**(ROWS / "rows.csv").arguments)["LastModified"] + timedelta(seconds=0.9)
    if deed == "overwritten":
        put(s3, "rows.csv")
    elif deed == "deleted":
        s3.delete_object(**(ROWS / "rows.csv").arguments)
    elif deed == "added":
        moment -= timedelta(seconds=2)
    found = changed_since(s3, ROWS, moment)
    assert found == ([] if deed == "nothing" else ["features/1/train/rows.csv"])
    assert changed_since(s3, ROWS, moment + timedelta(minutes=5)) == []


def put(s3: Any, name: str) -> None:
    s3.put_object(**(ROWS / name).arguments, Body=b"0,1,2\n")
