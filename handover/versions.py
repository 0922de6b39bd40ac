"""Versions of objects in S3: what is judged and approved is a version, not a name."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from handover.addresses import S3Address

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from handover.gate_report import JudgedObject


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """``of_several``: the object was overwritten at least once. ``written``: S3 tells it in seconds."""

    version_id: str
    written: datetime
    of_several: bool


def newest(s3: Any, address: S3Address) -> Version | None:
    """The version that a reader gets who names none; None if the object does not exist or is deleted."""
    found = [entry for entry in _entries(s3, address) if entry["Key"] == address.key]
    latest = next((entry for entry in found if entry["IsLatest"]), None)
    # A delete marker has no size.
    if latest is None or "Size" not in latest:
        return None
    return Version(version_id=latest["VersionId"], written=latest["LastModified"], of_several=len(found) > 1)


def replaced(s3: Any, judged: Iterable[JudgedObject]) -> Iterator[tuple[JudgedObject, str]]:
    """The objects that are no longer there in their version, each with the version that is there now, or ``none``."""
    for each in judged:
        found = newest(s3, S3Address.parse(each.address))
        if found is None or found.version_id != each.version_id:
            yield each, found.version_id if found else "none"


def changed_since(s3: Any, prefix: S3Address, moment: datetime) -> list[str]:
    """The keys under a prefix of which a version was written or deleted since that moment.

    S3 tells times in seconds. In the moment's own second, what has a single version is taken to have been there before.
    """
    since = moment.replace(microsecond=0)
    written: defaultdict[str, list[datetime]] = defaultdict(list)
    for entry in _entries(s3, prefix):
        written[entry["Key"]].append(entry["LastModified"].replace(microsecond=0))
    return sorted(
        key for key, times in written.items() if max(times) > since or (len(times) > 1 and max(times) == since)
    )


def _entries(s3: Any, prefix: S3Address) -> Iterator[Mapping[str, Any]]:
    """Every version and every delete marker under a prefix."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=prefix.bucket, Prefix=prefix.key):
        yield from page.get("Versions", ())
        yield from page.get("DeleteMarkers", ())
