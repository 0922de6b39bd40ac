"""Sends events about S3 objects to EventBridge, where the bucket's notifications ask for it.

moto checks the bucket's notifications for each object, and calls one function for EventBridge. Ours replaces it. A
bucket without notifications costs nothing.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from localcloud.platform.service_events import ServiceEvents

#: S3's notification → EventBridge's detail type, and its reason in the detail.
_KINDS = {
    "s3:ObjectCreated:Put": ("Object Created", "PutObject"),
    "s3:ObjectCreated:Post": ("Object Created", "POST Object"),
    "s3:ObjectCreated:Copy": ("Object Created", "CopyObject"),
    "s3:ObjectCreated:CompleteMultipartUpload": ("Object Created", "CompleteMultipartUpload"),
    "s3:ObjectRemoved:Delete": ("Object Deleted", "DeleteObject"),
    "s3:ObjectRemoved:DeleteMarkerCreated": ("Object Deleted", "DeleteObject"),
    "s3:ObjectTagging:Put": ("Object Tags Added", ""),
    "s3:ObjectTagging:Delete": ("Object Tags Deleted", ""),
    "s3:ObjectAcl:Put": ("Object ACL Updated", ""),
}
_DELETIONS = {
    "s3:ObjectRemoved:Delete": "Permanently Deleted",
    "s3:ObjectRemoved:DeleteMarkerCreated": "Delete Marker Created",
}


def tell_of_objects(events: ServiceEvents) -> None:
    """From now on, buckets whose notifications include EventBridge send to this bus."""
    from moto.s3 import notifications

    def send(account_id: str, bucket: Any, event_name: Any, key: Any) -> None:
        name = getattr(event_name, "value", event_name)
        if name in _KINDS:
            detail_type, reason = _KINDS[name]
            detail = _detail(account_id, bucket, key, name, reason)
            events.emit("aws.s3", detail_type, detail, resources=[bucket.arn])

    notifications._send_event_bridge_message = send  # noqa: SLF001  (moto has no other place for it)


def _detail(account_id: str, bucket: Any, key: Any, name: str, reason: str) -> dict[str, Any]:
    stored: dict[str, Any] = {"key": key.name, "sequencer": secrets.token_hex(9).upper()}
    if name.startswith("s3:ObjectCreated"):
        stored["size"] = key.size
    if getattr(key, "etag", None) and not name.startswith("s3:ObjectRemoved"):
        stored["etag"] = key.etag.strip('"')
    if bucket.is_versioned:
        stored["version-id"] = key.version_id
    detail = {
        "version": "0",
        "bucket": {"name": bucket.name},
        "object": stored,
        "request-id": secrets.token_hex(8).upper(),
        "requester": account_id,
        "source-ip-address": "127.0.0.1",
    }
    if reason:
        detail["reason"] = reason
    if name in _DELETIONS:
        detail["deletion-type"] = _DELETIONS[name]
    return detail
