"""Where `make new-workload` takes a file from, and what it refuses in one sentence."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.request import Request

import pytest
from botocore.exceptions import ClientError, NoCredentialsError
from botocore.response import StreamingBody

from scripts.new_workload import csv_file, source
from scripts.new_workload.source import Given, read
from scripts.reads.errors import NotThereError
from tests.servers import serving

TABLE = b"a,b\n1,x\n2,y\n"


class Site(BaseHTTPRequestHandler):
    """A site on this machine: a table, redirects, and what goes wrong on the way."""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", path.removeprefix("/to/"))
            self.end_headers()
            return
        self.send_response(404 if path == "/missing.csv" else 200)
        length = len(TABLE) + (5 if path == "/cut.csv" else 0)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(TABLE)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the base class's own signature)
        """Nobody reads it."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with serving(Site) as server:
        yield f"http://127.0.0.1:{server.server_port}"


@pytest.fixture(autouse=True)
def direct(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's proxy has no part in it."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


def refused(given: str) -> str:
    with pytest.raises(NotThereError) as caught:
        read(given)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(f"DATA={given}: ")
    return str(caught.value)


def test_a_file_of_the_web_is_taken_as_it_is(site: str) -> None:
    """Its bytes and the name in its address; a redirect leads to the file, and the query is no part of the name."""
    assert read(f"{site}/folder/my%20wine.csv?version=2#top") == Given(name="my_wine.csv", content=TABLE)
    assert read(f"{site}/to//folder/other.csv").content == TABLE
    assert read(f"{site}/").name == "data.csv"
    assert read(f"{site}/a/..%2F.hidden").name == "hidden"


def test_what_is_fetched_is_read_like_a_file_of_this_machine(site: str, tmp_path: Path) -> None:
    """Columns and rows are the same, and the contract has the hash of the same bytes."""
    (tmp_path / "wine.csv").write_bytes(TABLE)
    assert csv_file.read(f"{site}/wine.csv") == csv_file.read(str(tmp_path / "wine.csv"))


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("http://example.com/wine.csv", "http://example.com/wine.csv is none of a file, an https:// address and an s3"),
        ("http://127.0.0.1.example.com/wine.csv", "is none of a file, an https:// address"),
        ("ftp://127.0.0.1/wine.csv", "is none of a file, an https:// address"),
        ("file:///etc/passwd", "is none of a file, an https:// address"),
        ("https:///wine.csv", "is none of a file, an https:// address"),
        ("https://ann:secret@example.com/wine.csv", "an address with a password in it is not fetched"),
        ("https://[1/wine.csv", "is no address"),
    ],
)
def test_an_address_that_is_not_fetched(address: str, said: str) -> None:
    """Plain http is of this machine alone, and no other scheme is followed: nothing is asked."""
    assert said in refused(address)


def test_what_goes_wrong_on_the_web(site: str) -> None:
    """A missing file, a cut one, and a redirect to what is not fetched each have their sentence."""
    assert "it cannot be fetched: HTTP Error 404" in refused(f"{site}/missing.csv")
    assert "the download was cut off: 12 of 17 bytes came" in refused(f"{site}/cut.csv")
    assert "'file:///etc/passwd' is not allowed" in refused(f"{site}/to/file:///etc/passwd")
    assert (
        "http://example.com/a is none of" in refused(f"{site}/to/http://example.com/a?token=secret").partition(": ")[2]
    )
    assert "it cannot be fetched" in refused(f"{site}/to/{'/to/' * 50}")
    assert "it cannot be fetched" in refused("http://127.0.0.1:1/wine.csv")


def test_the_web_leads_to_nothing_that_this_machine_serves() -> None:
    """A redirect from https stays there: no site makes the command read what listens on the loopback."""
    asked = Request("https://example.com/a")
    redirect = partial(source._Redirects().redirect_request, asked, io.BytesIO(), 302, "", {})
    with pytest.raises(source._SourceError, match=r"it leads from the web to http://127\.0\.0\.1:4747/a, which is not"):
        redirect("http://127.0.0.1:4747/a?token=secret")
    followed = redirect("https://example.com/b")
    assert followed is not None
    assert followed.full_url == "https://example.com/b"


def test_a_file_is_neither_too_large_nor_too_slow(site: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits hold for every source, and nothing is read beyond them."""
    (tmp_path / "wine.csv").write_bytes(TABLE)
    monkeypatch.setattr(source, "MOST_BYTES", len(TABLE))
    assert read(f"{site}/wine.csv").content == read(str(tmp_path / "wine.csv")).content
    monkeypatch.setattr(source, "MOST_BYTES", len(TABLE) - 1)
    for given in (f"{site}/wine.csv", str(tmp_path / "wine.csv")):
        assert f"it has more than {len(TABLE) - 1} bytes" in refused(given)
    monkeypatch.setattr(source, "MOST_SECONDS", -1.0)
    assert "after -1 s there were 12 bytes of it" in refused(f"{site}/wine.csv")


class Bucket:
    """S3 with one object, or with a fault."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.fault = fault

    def get_object(self, **arguments: str) -> dict[str, Any]:
        if self.fault:
            raise self.fault
        assert arguments == {"Bucket": "data", "Key": "a/wine.csv"}
        return {"Body": StreamingBody(io.BytesIO(TABLE), len(TABLE))}


def test_a_file_in_s3_is_read_on_the_decided_cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the clients of the decided cloud; S3's own words are in the sentence."""
    monkeypatch.setattr(source.cloud, "client", lambda _: Bucket())
    assert read("s3://data/a/wine.csv") == Given(name="wine.csv", content=TABLE)
    assert "'s3:///wine.csv' is not an S3 address" in refused("s3:///wine.csv")
    denied = ClientError({"Error": {"Code": "AccessDenied", "Message": "Access Denied"}}, "GetObject")
    for fault, said in (
        (denied, "Access Denied (AccessDenied)"),
        (NoCredentialsError(), "Unable to locate credentials"),
    ):
        monkeypatch.setattr(source.cloud, "client", lambda _, fault=fault: Bucket(fault))
        assert said in refused("s3://data/a/wine.csv")


def test_a_file_that_cannot_be_a_workloads(tmp_path: Path) -> None:
    """One that is not there, a folder, and one that would take the contract's place."""
    assert "there is no such file" in refused(str(tmp_path / "missing.csv"))
    assert "it cannot be read: Is a directory" in refused(str(tmp_path))
    (tmp_path / "dataset.toml").write_bytes(TABLE)
    assert "the data contract gets the name dataset.toml" in refused(str(tmp_path / "dataset.toml"))
