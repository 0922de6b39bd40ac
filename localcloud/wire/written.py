"""What a request of the JSON or the query protocol says, read once: the operation's name and the parameters as written.

A request that says it twice is refused: an ``X-Amz-Target`` beside an ``Action``, parameters in the address and in the
body, two actions.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, unquote_plus

from localcloud.platform.errors import AwsError
from localcloud.wire.bodies import plain_body
from localcloud.wire.heads import UnreadableError

if TYPE_CHECKING:
    from localcloud.platform.service import HttpRequest

FORM = "application/x-www-form-urlencoded"
#: What a presigned address has besides the parameters of the call.
_OF_THE_SIGNATURE = "X-Amz-"

Pairs = list[tuple[str, str]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    protocol: str
    """``json`` or ``query``."""
    operation: str
    target_prefix: str = ""
    """What stands before the operation in ``X-Amz-Target``."""
    document: dict[str, Any] = field(default_factory=dict)
    """The parameters of a JSON request."""
    pairs: Pairs = field(default_factory=list)
    """The parameters of a query request, ``Action`` and ``Version`` among them."""


def read(request: HttpRequest) -> Written | None:
    """None for a request that names no operation. Raises AwsError where it says something twice, or is no JSON."""
    in_address = [pair for pair in address_pairs(request.query) if not pair[0].startswith(_OF_THE_SIGNATURE)]
    form = media_type(request) == FORM
    target = request.headers.get("x-amz-target")
    if target is not None:
        if in_address or form:
            raise UnreadableError("The request has an X-Amz-Target, and parameters of the query protocol beside it.")
        prefix, _, operation = target.rpartition(".")
        return Written(protocol="json", operation=operation, target_prefix=prefix, document=_document(request))
    body = plain_body(request) if form else b""
    if in_address and request.body:
        raise UnreadableError("The request has parameters in its address, and a body beside them.")
    pairs = in_address or form_pairs(body)
    named = [value for name, value in pairs if name == "Action"]
    if not named:
        return None
    if len(named) > 1:
        raise AwsError("MalformedQueryString", f"Action is given {len(named)} times")
    return Written(protocol="query", operation=named[0], pairs=pairs)


def media_type(request: HttpRequest) -> str:
    """The content type in lower case, without its parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def address_pairs(query: str) -> Pairs:
    """Names and values of an address, decoded once. A plus sign stands for itself, as in the signature."""
    parts = (part.partition("=") for part in query.split("&") if part)
    return [(unquote(name), unquote(value)) for name, _, value in parts]


def form_pairs(body: bytes) -> Pairs:
    """Names and values of a form. Raises AwsError where it is not UTF-8."""
    try:
        parts = [part.partition("=") for part in body.decode().split("&") if part]
        return [(unquote_plus(name, errors="strict"), unquote_plus(value, errors="strict")) for name, _, value in parts]
    except UnicodeDecodeError as error:
        raise AwsError("MalformedQueryString", "The query string is not UTF-8") from error


def _document(request: HttpRequest) -> dict[str, Any]:
    found = json_of(plain_body(request) or b"{}")
    if not isinstance(found, dict):
        raise AwsError("SerializationException", "The request body is not a JSON object")
    return found


def json_of(body: bytes) -> Any:
    """Raises AwsError SerializationException for what is no JSON, and for what is nested too deep to be anybody's."""
    try:
        found = json.loads(body, parse_constant=_no_number)
        if b"\\u" in body:  # half of a pair is a character that no text has
            json.dumps(found, ensure_ascii=False).encode()
        return found
    except ValueError as error:
        raise AwsError("SerializationException", f"The request body is not JSON: {error}") from error
    except RecursionError as error:
        raise AwsError("SerializationException", "The request body is nested too deep") from error


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def address(pairs: dict[str, str]) -> str:
    """A query string in its one spelling."""
    return "&".join(f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in pairs.items())
