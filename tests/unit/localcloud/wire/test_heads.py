"""A request's head: one spelling of each header, one of each, and no path that two could read differently."""

from __future__ import annotations

import pytest

from localcloud.wire import heads
from localcloud.wire.heads import UnreadableError

Headers = list[tuple[bytes, bytes]]


def read(headers: Headers, path: bytes = b"/", query: bytes = b"") -> dict[str, str]:
    """Of a request that goes on through WSGI."""
    head = heads.read("POST", path, query, headers)
    heads.check_names(head)
    return head.headers


def test_names_are_lower_case_and_values_trimmed() -> None:
    """What code after this sees is one spelling of each header."""
    assert read([(b"X-Amz-Target", b" A.B\t"), (b"Host", b"localhost")]) == {"x-amz-target": "A.B", "host": "localhost"}


def test_metadata_keep_their_underscores() -> None:
    """S3's user metadata may have them; no other header may."""
    assert read([(b"x-amz-meta-a_b", b"1")]) == {"x-amz-meta-a_b": "1"}


def test_a_virtual_host_gets_every_name_that_http_has() -> None:
    """An API's function sees what its caller sent: no WSGI folds one name into another."""
    headers = [(b"X_Trace|Id", b"1"), (b"x.y", b"2"), (b"x-y", b"3"), (b"x_y", b"4")]
    assert heads.read("GET", b"/", b"", headers).headers == {"x_trace|id": "1", "x.y": "2", "x-y": "3", "x_y": "4"}


@pytest.mark.parametrize(
    "headers",
    [
        [(b"x_amz_target", b"A.B")],
        [(b"x-amz-target", b"A.B"), (b"X-Amz-Target", b"A.C")],
        [(b"authorization", b"a"), (b"authorization", b"b")],
        [(b"accept", b"a"), (b"accept", b"b")],
        [(b"x-amz-meta-a_b", b"1"), (b"x-amz-meta-a-b", b"2")],
        [(b"a b", b"1")],
        [("ä".encode(), b"1")],
        [(b"", b"1")],
        [(b"x", b"a\x00b")],
        [(b"x", b"a\rb")],
        [(b"content-length", b"+1")],
        [(b"content-length", b"1, 1")],
        [(b"content-length", b"1"), (b"transfer-encoding", b"chunked")],
        [(b"transfer-encoding", b"gzip, chunked")],
    ],
)
def test_what_two_could_read_in_two_ways_is_refused(headers: Headers) -> None:
    """Names with underscores or of other characters, headers given twice, two lengths of one body."""
    with pytest.raises(UnreadableError):
        read(headers)


@pytest.mark.parametrize(
    ("path", "query"),
    [(b"/%FF", b""), (b"/%C0%AF", b""), (b"/%2", b""), (b"/%zz", b""), ("/ä".encode(), b""), (b"/", b"a=%ff")],
)
def test_an_address_is_utf_8(path: bytes, query: bytes) -> None:
    """Escapes that are no text would all be read as the same replacement character."""
    with pytest.raises(UnreadableError):
        read([], path, query)


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("127.0.0.1:4566", True),
        ("localhost", True),
        ("", False),
        ("localhost.evil.com", False),
        ("localhost:80:80", False),
        ("localhost@evil.com", False),
        ("127.0.0.1 evil", False),
        ("a.localhost", False),
    ],
)
def test_the_host_is_this_machine(host: str, own: bool) -> None:
    """A name that was rebound to this machine is not the local cloud's."""
    assert heads.is_own_host(host) is own


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("127.0.0.1:4566", "127.0.0.1"),
        ("A1b2.execute-api.LOCALHOST:4566", "a1b2.execute-api.localhost"),
        ("localhost.", None),
        ("a.localhost.evil.com", None),
        (".localhost", None),
        ("evil.com", None),
        ("169.254.169.254", None),
    ],
)
def test_names_under_localhost_are_this_machines(host: str, name: str | None) -> None:
    """A name under localhost cannot be rebound, and every other name is foreign."""
    assert heads.host_name(host) == name
