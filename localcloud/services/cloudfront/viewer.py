"""What a viewer gets of a fetched object: compressed, not modified, or a part of it."""

from __future__ import annotations

import gzip
import re
from dataclasses import replace
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localcloud.services.cloudfront.cache import Fetched

#: CloudFront's limits: what is smaller or larger is not compressed.
_SMALLEST_BYTES, _LARGEST_BYTES = 1_000, 10_000_000
_COMPRESSED = re.compile(
    r"text/.*|application/(?:javascript|json|manifest\+json|xml|xhtml\+xml|rss\+xml|wasm|x-javascript|vnd\.ms-fontobject)"
    r"|font/(?:otf|ttf|opentype)|image/(?:svg\+xml|x-icon|bmp)|.*\+(?:json|xml)"
)
_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
#: What a "not modified" keeps of the object's headers.
_KEPT = ("etag", "last-modified", "cache-control", "vary", "server")


def compressed(fetched: Fetched, asked: Mapping[str, str]) -> Fetched:
    """With gzip where the viewer takes it and the object is worth it. Brotli is not offered."""
    kind = fetched.headers.get("content-type", "").partition(";")[0].strip().lower()
    worth = _SMALLEST_BYTES <= len(fetched.body) <= _LARGEST_BYTES and _COMPRESSED.fullmatch(kind)
    if fetched.status != 200 or not worth or "content-encoding" in fetched.headers:
        return fetched
    varies = fetched.headers | {"vary": "Accept-Encoding"}
    if not _takes_gzip(asked.get("accept-encoding", "")):
        return replace(fetched, headers=varies)
    etag = fetched.headers.get("etag", "")
    weak = {"etag": etag if etag.startswith("W/") else f"W/{etag}"} if etag else {}
    headers = {name: value for name, value in varies.items() if name != "accept-ranges"}
    body = gzip.compress(fetched.body, compresslevel=5, mtime=0)
    return replace(fetched, headers=headers | weak | {"content-encoding": "gzip"}, body=body)


def as_asked(fetched: Fetched, asked: Mapping[str, str]) -> Fetched:
    """304 where the viewer has the object already, and 206 where it asks for a part."""
    if fetched.status != 200:
        return fetched
    if _has_it(fetched, asked):
        headers = {name: value for name, value in fetched.headers.items() if name in _KEPT}
        return replace(fetched, status=304, headers=headers, body=b"")
    found = _RANGE.fullmatch(asked.get("range", "").strip())
    if found is None or not (found[1] or found[2]) or "content-encoding" in fetched.headers:
        return fetched
    condition = asked.get("if-range", "")
    if condition and condition not in (fetched.headers.get("etag"), fetched.headers.get("last-modified")):
        return fetched
    return _part(fetched, found[1], found[2])


def _part(fetched: Fetched, first: str, last: str) -> Fetched:
    size = len(fetched.body)
    start = int(first) if first else max(0, size - int(last))
    end = min(int(last), size - 1) if first and last else size - 1
    if start >= size or start > end:
        headers = {"content-range": f"bytes */{size}", "content-type": "text/plain"}
        return replace(fetched, status=416, headers=headers, body=b"The requested range is not satisfiable")
    headers = fetched.headers | {"content-range": f"bytes {start}-{end}/{size}"}
    return replace(fetched, status=206, headers=headers, body=fetched.body[start : end + 1])


def _has_it(fetched: Fetched, asked: Mapping[str, str]) -> bool:
    given = asked.get("if-none-match")
    if given is not None:
        known = fetched.headers.get("etag", "").removeprefix("W/")
        return given.strip() == "*" or known in [each.strip().removeprefix("W/") for each in given.split(",")]
    since = asked.get("if-modified-since", "")
    try:
        return bool(since) and parsedate_to_datetime(fetched.headers["last-modified"]) <= parsedate_to_datetime(since)
    except (KeyError, ValueError, TypeError):
        return False


def _takes_gzip(accepted: str) -> bool:
    for each in accepted.lower().split(","):
        name, _, weight = each.partition(";")
        if name.strip() in ("gzip", "*") and weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000"):
            return True
    return False
