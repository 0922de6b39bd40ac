"""Compression, conditions and ranges, by what a viewer asks."""

from __future__ import annotations

import pytest

from localcloud.services.cloudfront.cache import Fetched
from localcloud.services.cloudfront.viewer import as_asked, compressed

TEXT = Fetched(status=200, headers={"content-type": "text/css", "etag": '"e"'}, body=b"a{}" * 1000)


@pytest.mark.parametrize(
    ("accepted", "packs"),
    [("gzip", True), ("br;q=1, gzip;q=0.5", True), ("*", True), ("gzip;q=0", False), ("br", False), ("", False)],
)
def test_gzip_is_for_those_who_take_it(accepted: str, packs: bool) -> None:
    """Only a viewer that accepts gzip gets it, with a quality above nothing."""
    found = compressed(TEXT, {"accept-encoding": accepted})
    assert ("content-encoding" in found.headers) == packs
    assert found.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    "fetched",
    [
        Fetched(status=200, headers={"content-type": "image/png"}, body=bytes(2000)),
        Fetched(status=200, headers={"content-type": "text/css"}, body=bytes(999)),
        Fetched(status=200, headers={"content-type": "text/css", "content-encoding": "br"}, body=bytes(2000)),
        Fetched(status=403, headers={"content-type": "text/css"}, body=bytes(2000)),
    ],
)
def test_what_is_not_worth_it_is_not_compressed(fetched: Fetched) -> None:
    """Pictures, small objects, packed objects and errors go out as they are."""
    assert compressed(fetched, {"accept-encoding": "gzip"}) == fetched


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"if-none-match": '"e"'}, 304),
        ({"if-none-match": 'W/"e"'}, 304),
        ({"if-none-match": '"x", "e"'}, 304),
        ({"if-none-match": "*"}, 304),
        ({"if-none-match": '"x"'}, 200),
        ({"range": "bytes=0-0"}, 206),
        ({"range": "bytes=0-0,5-6"}, 200),
        ({"range": "bytes=-"}, 200),
        ({"range": "lines=1-2"}, 200),
        ({"range": "bytes=3000-"}, 416),
        ({"range": "bytes=5-2"}, 416),
        ({"range": "bytes=0-0", "if-range": '"x"'}, 200),
        ({"range": "bytes=0-0", "if-range": '"e"'}, 206),
        ({"if-modified-since": "no date"}, 200),
    ],
)
def test_a_condition_or_a_range_decides_the_status(asked: dict[str, str], status: int) -> None:
    """What the viewer has, or the part that it wants, makes 304, 206 or 416; a malformed wish makes the whole."""
    assert as_asked(TEXT, asked).status == status
