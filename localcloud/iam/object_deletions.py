"""S3's DeleteObjects: each object is allowed or refused by itself, and the answer says which.

Source: "DeleteObjects" of the S3 API reference. The request succeeds, and the answer has an Error element for each
object that the caller may not delete.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from localcloud.platform.service import HttpResponse

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.platform.errors import AwsError
    from localcloud.platform.service import HttpRequest

_END = b"</DeleteResult>"
_NOTHING = b'<?xml version="1.0" encoding="UTF-8"?>\n<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
#: Headers about the original body. They were checked with the signature.
_OF_THE_BODY = ("content-md5", "content-length", "x-amz-checksum-", "x-amz-sdk-checksum-")


def answer(
    request: HttpRequest, refusals: list[AwsError | None], delete: Callable[[HttpRequest], HttpResponse]
) -> HttpResponse:
    """``refusals`` has an entry for each object of the request. ``delete`` gets those whose entry is None."""
    if not any(refusals):
        return delete(request)
    objects, settings = _read(request.body)
    if len(objects) != len(refusals):  # a list without objects has one refusal for the whole request
        raise next(refusal for refusal in refusals if refusal is not None)
    allowed = [item for item, refusal in zip(objects, refusals, strict=True) if refusal is None]
    found = (
        delete(_of(allowed, settings, request))
        if allowed
        else HttpResponse(status=200, headers={}, body=_NOTHING + _END)
    )
    errors = "".join(
        _error(item, refusal) for item, refusal in zip(objects, refusals, strict=True) if refusal is not None
    )
    headers = {name: value for name, value in found.headers.items() if name != "content-length"}
    body = found.body.replace(_END, errors.encode() + _END) if _END in found.body else found.body
    return HttpResponse(status=found.status, headers=headers | {"content-type": "application/xml"}, body=body)


def _read(body: bytes) -> tuple[list[dict[str, str]], dict[str, str]]:
    """The objects, and the settings for all of them (Quiet)."""
    objects, settings = [], {}
    for item in ET.fromstring(body):  # noqa: S314  (expat expands no external entities)
        name = _plain(item.tag)
        if name == "Object":
            objects.append({_plain(child.tag): child.text or "" for child in item})
        else:
            settings[name] = item.text or ""
    return objects, settings


def _of(objects: list[dict[str, str]], settings: dict[str, str], request: HttpRequest) -> HttpRequest:
    items = "".join(f"<Object>{_elements(item)}</Object>" for item in objects)
    headers = {name: value for name, value in request.headers.items() if not name.startswith(_OF_THE_BODY)}
    return replace(request, headers=headers, body=f"<Delete>{items}{_elements(settings)}</Delete>".encode())


def _error(item: dict[str, str], refusal: AwsError) -> str:
    said = {"Code": refusal.code, "Message": refusal.message}
    return f"<Error>{_elements(item)}{_elements(said)}</Error>"


def _elements(values: dict[str, str]) -> str:
    return "".join(f"<{name}>{escape(value)}</{name}>" for name, value in values.items())


def _plain(tag: str) -> str:
    return tag.rpartition("}")[2]
