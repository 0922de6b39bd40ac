"""Which objects have their addresses turned, and which ETag they go out with."""

from __future__ import annotations

import gzip
import hashlib

import pytest

from localcloud.services.cloudfront.cache import Fetched
from localcloud.services.cloudfront.configurations import LARGEST_BYTES, reachable
from localcloud.wire.addresses import Addresses

ADDRESSES = Addresses(region="us-east-1", port=4730)
TEXT = b'{"api": "https://a1.execute-api.us-east-1.amazonaws.com/live"}'
LOCAL = b'{"api": "http://a1.execute-api.localhost:4730/live"}'


def answered(body: bytes = TEXT, kind: str = "application/json", status: int = 200, **more: str) -> Fetched:
    headers = {"content-type": kind, "etag": '"of the object"', "cache-control": "max-age=0", **more}
    return Fetched(status=status, headers=headers, body=body)


@pytest.mark.parametrize("kind", ["application/json", "Application/JSON; charset=utf-8"])
def test_a_configuration_has_local_addresses(kind: str) -> None:
    """The body is turned and its ETag is that of what goes out; all other headers stay."""
    found = reachable(answered(kind=kind), ADDRESSES)
    assert found.body == LOCAL
    assert found.headers == {
        "content-type": kind,
        "etag": f'"{hashlib.md5(LOCAL, usedforsecurity=False).hexdigest()}"',
        "cache-control": "max-age=0",
    }


@pytest.mark.parametrize(
    "fetched",
    [
        answered(kind="text/javascript"),
        answered(kind="application/jsonl"),
        answered(status=404),
        answered(body=b'{"api": "https://example.com"}'),
        answered(body=TEXT + b" " * LARGEST_BYTES),
        answered(body=gzip.compress(TEXT), **{"content-encoding": "gzip"}),
        answered(body=TEXT + b"\xff"),
    ],
    ids=["script", "lines", "error", "no address of AWS", "large", "packed", "no text"],
)
def test_everything_else_goes_out_as_it_is(fetched: Fetched) -> None:
    """Only a small JSON object that has such an address is touched."""
    assert reachable(fetched, ADDRESSES) is fetched
