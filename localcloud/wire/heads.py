"""A request's head, read once and strictly: what later code sees is one spelling of each header, and one of each.

Whoever checks a request and whoever carries it out must read the same. So a head that two readers could read in two
ways is refused here: a header given twice, a path that is not UTF-8. So are, for what goes on through WSGI, names with
an underscore, which it folds into a hyphen.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from localcloud.platform.errors import AwsError
from localcloud.platform.service import HttpRequest

if TYPE_CHECKING:
    from collections.abc import Iterable

#: A token of RFC 9110, in lower case.
_NAME = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]+")
_PLAIN_NAME = re.compile(r"[a-z0-9-]+")
#: S3's user metadata keep their underscores, also in moto.
_METADATA = re.compile(r"x-amz-meta-[a-z0-9._-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_ESCAPES = re.compile(r"%(?![0-9A-Fa-f]{2})")
_HOST = re.compile(r"(127\.0\.0\.1|(?:[a-z0-9-]+\.)*localhost)(?::[0-9]{1,5})?", re.IGNORECASE)
_OWN_HOSTS = frozenset({"127.0.0.1", "localhost"})


class UnreadableError(AwsError):
    """The request cannot be read in exactly one way."""

    def __init__(self, message: str, *, code: str = "MalformedHttpRequestException", status: int = 400) -> None:
        super().__init__(code, message, status=status)


def host_name(host: str) -> str | None:
    """The name in a request's Host, without its port; None where it is none of this machine's.

    No page whose name was rebound to this machine gets an answer. Names under ``localhost`` cannot be rebound.
    """
    found = _HOST.fullmatch(host)
    return found[1].lower() if found else None


def is_own_host(host: str) -> bool:
    """Whether a request's Host is this machine itself, not one of its virtual hosts."""
    return host_name(host) in _OWN_HOSTS


def read(method: str, raw_path: bytes, query: bytes, headers: Iterable[tuple[bytes, bytes]]) -> HttpRequest:
    """The request without its body. Raises UnreadableError."""
    found: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name = raw_name.decode("latin-1").lower()
        if not _NAME.fullmatch(name):
            raise UnreadableError(f"The header's name {name!r} has characters that no header's name may have.")
        if name in found:
            raise UnreadableError(f"The header {name} is given more than once.")
        value = raw_value.decode("latin-1").strip(" \t")
        if _CONTROL.search(value):
            raise UnreadableError(f"The header {name} has a control character.")
        found[name] = value
    _check_framing(found)
    return HttpRequest(
        method=method,
        path=_checked(raw_path.partition(b"?")[0], "path"),
        query=_checked(query, "query string"),
        headers=found,
        body=b"",
    )


def check_names(head: HttpRequest) -> None:
    """Refuses headers that WSGI would read as others. Raises UnreadableError."""
    names = head.headers.keys()
    for name in names:
        if not (_PLAIN_NAME.fullmatch(name) or _METADATA.fullmatch(name)):
            raise UnreadableError(f"The header's name {name!r} has other characters than letters, digits and hyphens.")
    twice = {name.replace("_", "-") for name in names if "_" in name} & names
    if twice:
        raise UnreadableError(f"The headers {', '.join(sorted(twice))} are given in two spellings.")


def _checked(raw: bytes, what: str) -> str:
    """The text, of ASCII and of escapes that are UTF-8."""
    try:
        text = raw.decode("ascii")
        unquote_to_bytes(text).decode()
    except UnicodeDecodeError as error:
        raise UnreadableError(f"The {what} is not UTF-8.", code="InvalidURI") from error
    if _ESCAPES.search(text) or _CONTROL.search(text):
        raise UnreadableError(f"The {what} has an escape that is none.", code="InvalidURI")
    return text


def _check_framing(headers: dict[str, str]) -> None:
    """Refuses a body whose end two readers could see at two places."""
    length, coding = headers.get("content-length"), headers.get("transfer-encoding")
    if length is not None and not (length.isascii() and length.isdecimal()):
        raise UnreadableError(f"The Content-Length is {length!r}.")
    if length is not None and coding is not None:
        raise UnreadableError("The body has a Content-Length and a Transfer-Encoding.")
    if coding is not None and coding.lower() != "chunked":
        raise UnreadableError(f"The Transfer-Encoding is {coding!r}.", code="NotImplemented", status=501)
