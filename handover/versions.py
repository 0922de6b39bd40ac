"""Versions of objects in S3: what is judged and approved is a version, not a name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime

    from handover.addresses import S3Address


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """``of_several``: the object was overwritten at least once. ``written``: S3 tells it in seconds."""

    version_id: str
    written: datetime
    of_several: bool


def newest(s3: Any, address: S3Address) -> Version | None:
    """The version that a reader gets who names none; None if the object does not exist or is deleted."""
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=address.bucket, Prefix=address.key)
    found = [
        entry
        for page in pages
        for kind in ("Versions", "DeleteMarkers")
        for entry in page.get(kind, ())
        if entry["Key"] == address.key
    ]
    latest = next((entry for entry in found if entry["IsLatest"]), None)
    # A delete marker has no size.
    if latest is None or "Size" not in latest:
        return None
    return Version(version_id=latest["VersionId"], written=latest["LastModified"], of_several=len(found) > 1)
