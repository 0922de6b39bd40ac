"""Puts the files of a page where CloudFront finds them: CloudFormation calls it for the resource ``Custom::Page``.

The files come from a push, and are data: names, types and sizes are checked, and nothing is run. ``config.json``, by
which the page knows API and sign-in, comes from this function's own environment.
"""

from __future__ import annotations

import hashlib
import io
import json
import traceback
import urllib.request
import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import boto3

from handover.function_variables import PublishPageVariables

if TYPE_CHECKING:
    from collections.abc import Mapping

CONFIGURATION = "config.json"
INDEX = "index.html"
#: Browsers ask each time whether a file is still the same; CloudFront asks again after an invalidation.
CACHED = "public, max-age=0, s-maxage=86400, must-revalidate"
MOST_BYTES, MOST_FILES = 20_000_000, 500
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".md": "text/markdown; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
#: CloudFormation refuses an answer of more than 4 KB.
_LONGEST_REASON = 1000


class PageError(Exception):
    """The files are no page that may be published."""


@dataclass(frozen=True)
class Plan:
    """What has to be done so that the bucket has these files and no others."""

    put: tuple[str, ...]
    delete: tuple[str, ...]

    @classmethod
    def of(cls, files: Mapping[str, bytes], there: Mapping[str, str]) -> Plan:
        """``there``: key → ETag. The page itself comes last: whoever loads it finds what it names."""
        changed = [name for name, body in files.items() if there.get(name) != etag(body)]
        return cls(
            put=tuple(sorted(changed, key=lambda name: (name == INDEX, name))),
            delete=tuple(sorted(set(there) - set(files))),
        )


def handle(event: Mapping[str, Any], _context: object) -> None:
    """Lambda's entry point. Whatever happens, CloudFormation gets an answer: it would wait for it for an hour."""
    try:
        done = act(boto3.client("s3"), boto3.client("cloudfront"), PublishPageVariables.read(), event)
    except Exception as error:  # noqa: BLE001  (it is told to CloudFormation, which fails the release)
        traceback.print_exc()
        answer(event, "FAILED", f"{type(error).__name__}: {error}")
    else:
        print(json.dumps({"put": done.put, "delete": done.delete}))
        answer(event, "SUCCESS", "")


def act(s3: Any, cloudfront: Any, variables: PublishPageVariables, event: Mapping[str, Any]) -> Plan:
    """Publishes the page that the event names, or removes it with its stack. Returns what was done."""
    files: Mapping[str, bytes] = {}
    if event["RequestType"] != "Delete":
        key = str(event["ResourceProperties"]["Key"])
        if not key.startswith(variables.assets_prefix) or not key.endswith(".zip"):
            raise PageError(f"Key is {key!r}: a page is a .zip below {variables.assets_prefix}")
        body = s3.get_object(Bucket=variables.assets_bucket, Key=key)["Body"].read()
        files = {**unpacked(body), CONFIGURATION: variables.configuration.encode()}
    plan = Plan.of(files, etags(s3, variables.site_bucket))
    for name in plan.put:
        s3.put_object(
            Bucket=variables.site_bucket,
            Key=name,
            Body=files[name],
            ContentType=content_type(name),
            CacheControl=CACHED,
        )
    for name in plan.delete:
        s3.delete_object(Bucket=variables.site_bucket, Key=name)
    if plan.put or plan.delete:
        cloudfront.create_invalidation(
            DistributionId=variables.distribution,
            InvalidationBatch={"Paths": {"Quantity": 1, "Items": ["/*"]}, "CallerReference": event["RequestId"]},
        )
    return plan


def unpacked(body: bytes) -> dict[str, bytes]:
    """The files of a page by their names; PageError for what is none."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(body))
    except zipfile.BadZipFile as error:
        raise PageError(f"The page is no .zip: {error}") from error
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    total = sum(entry.file_size for entry in entries)
    if len(entries) > MOST_FILES or total > MOST_BYTES:
        raise PageError(f"The page has {len(entries)} files of {total} bytes; {MOST_FILES} of {MOST_BYTES} may be.")
    names = [entry.filename for entry in entries]
    for name in names:
        content_type(name)
        if name != str(PurePosixPath(name)) or name.startswith("/") or ".." in PurePosixPath(name).parts:
            raise PageError(f"The page has a file {name!r}, which is no path below the page's own.")
    if INDEX not in names or len(set(names)) < len(names):
        raise PageError(f"The page needs one {INDEX}, and no name twice; it has {', '.join(sorted(names)[:20])}.")
    return {entry.filename: archive.read(entry) for entry in entries}


def content_type(name: str) -> str:
    """PageError for a kind of file that no page has."""
    suffix = PurePosixPath(name).suffix
    if suffix not in TYPES:
        raise PageError(f"The page has {name!r}; a page consists of {', '.join(sorted(TYPES))}.")
    return TYPES[suffix]


def etags(s3: Any, bucket: str) -> dict[str, str]:
    """What is there already. S3's ETag of an object that was put in one piece is its MD5."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return {entry["Key"]: entry["ETag"].strip('"') for page in pages for entry in page.get("Contents", [])}


def etag(body: bytes) -> str:
    return hashlib.md5(body, usedforsecurity=False).hexdigest()


def answer(event: Mapping[str, Any], status: str, reason: str) -> None:
    """Puts the outcome where CloudFormation waits for it."""
    document = {
        "Status": status,
        "Reason": reason[:_LONGEST_REASON],
        "PhysicalResourceId": event.get("PhysicalResourceId", "page"),
        **{key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")},
    }
    request = urllib.request.Request(  # noqa: S310  (the address comes from CloudFormation)
        event["ResponseURL"], data=json.dumps(document).encode(), method="PUT", headers={"Content-Type": ""}
    )
    with urllib.request.urlopen(request, timeout=30):  # noqa: S310
        pass
