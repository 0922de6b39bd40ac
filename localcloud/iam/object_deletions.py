"""S3's DeleteObjects: each object is allowed or refused by itself, and the answer says which.

Source: "DeleteObjects" of the S3 API reference. The request succeeds, and the answer has an Error element for each
object that the caller may not delete.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from localcloud.platform.service import HttpResponse
from localcloud.wire.s3_documents import elements

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.platform.errors import AwsError
    from localcloud.platform.service import HttpRequest
    from localcloud.wire.s3_documents import Deletions

_END = b"</DeleteResult>"
_NOTHING = b'<?xml version="1.0" encoding="UTF-8"?>\n<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
#: Headers about the original body. They were checked with the signature.
_OF_THE_BODY = ("content-md5", "content-length", "x-amz-checksum-", "x-amz-sdk-checksum-")


def answer(
    request: HttpRequest,
    asked: Deletions,
    refusals: list[AwsError | None],
    delete: Callable[[HttpRequest], HttpResponse],
) -> HttpResponse:
    """``refusals`` has an entry for each object of the request. ``delete`` gets those whose entry is None."""
    if not any(refusals):
        return delete(request)
    allowed = [item for item, refusal in zip(asked.objects, refusals, strict=True) if refusal is None]
    found = (
        delete(_of(allowed, asked, request)) if allowed else HttpResponse(status=200, headers={}, body=_NOTHING + _END)
    )
    errors = "".join(
        _error(item, refusal) for item, refusal in zip(asked.objects, refusals, strict=True) if refusal is not None
    )
    told = found.with_body(found.body.replace(_END, errors.encode() + _END))
    return replace(told, headers=told.headers | {"content-type": "application/xml"})


def _of(objects: list[dict[str, str]], asked: Deletions, request: HttpRequest) -> HttpRequest:
    headers = {name: value for name, value in request.headers.items() if not name.startswith(_OF_THE_BODY)}
    return replace(request, headers=headers, body=asked.write(objects))


def _error(item: dict[str, str], refusal: AwsError) -> str:
    said = {"Code": refusal.code, "Message": refusal.message}
    return f"<Error>{elements(item)}{elements(said)}</Error>"
