"""Objects in S3. A step's output is stored under the hash of its content: an address never changes its content."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ml_steps.running import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from handover.addresses import S3Address

NOT_THERE = {"404", "NoSuchKey"}
#: The second: another writer was faster by a moment.
THERE_ALREADY = {"PreconditionFailed", "ConditionalRequestConflict"}


def upload_once(s3: Any, content: bytes, address: Callable[[str], S3Address]) -> S3Address:
    """Store ``content`` at ``address(sha256)``, unless it exists already. Returns the address."""
    digest = hashlib.sha256(content).hexdigest()
    target = address(digest)
    if _size(s3, target) is not None or not put_once(s3, target, content):
        say(f"  {target} is there already")
    else:
        say(f"  {target}: {len(content)} bytes")
    return target


def put_once(s3: Any, address: S3Address, content: bytes, content_type: str = "application/octet-stream") -> bool:
    """Store a new object. False if there is one at this address already: it stays as it is.

    S3 itself compares, so that of two writers one wins; the steps' roles may not write in any other way.
    """
    try:
        s3.put_object(
            **address.arguments,
            Body=content,
            ContentType=content_type,
            ChecksumAlgorithm="SHA256",
            IfNoneMatch="*",
        )
    except ClientError as error:
        if error.response["Error"]["Code"] in THERE_ALREADY:
            return False
        raise
    return True


def read_if_there(s3: Any, address: S3Address) -> bytes | None:
    """The object's content, or None if the object does not exist."""
    try:
        content: bytes = s3.get_object(**address.arguments)["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] in NOT_THERE:
            return None
        raise
    return content


def read_all(s3: Any, prefix: S3Address) -> list[bytes]:
    """What is under a prefix, but empty objects, by the order of the keys: Spark writes one file in several parts."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=prefix.bucket, Prefix=prefix.key)
    keys = [entry["Key"] for page in pages for entry in page.get("Contents", []) if entry["Size"]]
    return [s3.get_object(Bucket=prefix.bucket, Key=key)["Body"].read() for key in keys]


def _size(s3: Any, address: S3Address) -> int | None:
    try:
        size: int = s3.head_object(**address.arguments)["ContentLength"]
    except ClientError as error:
        if error.response["Error"]["Code"] in NOT_THERE:
            return None
        raise
    return size
