"""The body of a request as its sender wrote it, before it was compressed."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError

if TYPE_CHECKING:
    from localcloud.platform.service import HttpRequest

_LARGEST_BODY_BYTES = 32 * 1024 * 1024


def plain_body(request: HttpRequest, largest_bytes: int = _LARGEST_BODY_BYTES) -> bytes:
    """The body, unpacked where the client compressed it, as botocore does for PutMetricData."""
    if request.headers.get("content-encoding", "").lower() != "gzip":
        return request.body
    unpacking = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        body = unpacking.decompress(request.body, largest_bytes)
    except zlib.error as error:
        raise AwsError("SerializationException", f"The request body is not gzip: {error}") from error
    if unpacking.unconsumed_tail:
        raise AwsError("RequestEntityTooLarge", f"The body is larger than {largest_bytes} bytes", status=413)
    if not unpacking.eof:
        raise AwsError("SerializationException", "The request body is not whole: its gzip ends too early")
    return body
