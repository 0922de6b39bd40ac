"""Where a data file comes from, and which files are not used."""

from __future__ import annotations

import hashlib
import io
import zipfile
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING

import pytest

from ml_init.dataset import DataFile
from ml_init.fetch import fetch
from ml_steps.running import StepError
from tests.servers import serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONTENT = b"low,low,2,2,small,low,unacc\n" * 100


class Source(BaseHTTPRequestHandler):
    """Serves CONTENT under /whole, half of it under /cut, a redirect under /moved, 404 elsewhere."""

    def do_GET(self) -> None:
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/whole")
            self.end_headers()
            return
        if self.path not in {"/whole", "/cut"}:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT if self.path == "/whole" else CONTENT[: len(CONTENT) // 2])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serving(Source) as running:
        yield f"http://127.0.0.1:{running.server_port}"


def data_file(*sources: str, max_bytes: int = 1_000_000) -> DataFile:
    digest = hashlib.sha256(CONTENT).hexdigest()
    return DataFile(name="car.data", sources=sources, sha256=digest, max_bytes=max_bytes)


def test_shipped_copy_comes_first(tmp_path: Path, server: str) -> None:
    """No address is asked where the shipped copy is right."""
    (tmp_path / "shipped.data").write_bytes(CONTENT)
    path = fetch(data_file("shipped.data", f"{server}/missing"), folder=tmp_path, into=tmp_path / "into")
    assert path == tmp_path / "into" / "car.data"
    assert path.read_bytes() == CONTENT


def test_next_source_serves_where_one_does_not(tmp_path: Path, server: str) -> None:
    """A shipped copy with a wrong checksum, and a dead address, are passed over."""
    (tmp_path / "shipped.data").write_bytes(b"something else")
    sources = ("shipped.data", f"{server}/missing", f"{server}/whole")
    path = fetch(data_file(*sources), folder=tmp_path, into=tmp_path / "into")
    assert path.read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("cut", "the download was cut off: 1400 of 2800 bytes came"),
        ("missing", "HTTP Error 404"),
        ("moved", "redirects to .*/whole, which is not in dataset.toml"),
    ],
)
def test_faulty_download_leaves_nothing(tmp_path: Path, server: str, source: str, fault: str) -> None:
    """A cut-off download, a missing file and a redirect are each named, and leave no file."""
    with pytest.raises(StepError, match=fault):
        fetch(data_file(f"{server}/{source}"), folder=tmp_path, into=tmp_path / "into")
    assert list((tmp_path / "into").iterdir()) == []


def test_wrong_checksum_is_named(tmp_path: Path) -> None:
    """The message has both checksums, and what to write for a file that was changed on purpose."""
    (tmp_path / "shipped.data").write_bytes(b"something else")
    with pytest.raises(StepError) as caught:
        fetch(data_file("shipped.data"), folder=tmp_path, into=tmp_path / "into")
    expected = hashlib.sha256(CONTENT).hexdigest()
    found = hashlib.sha256(b"something else").hexdigest()
    assert f"shipped.data: its SHA-256 is {found}, expected {expected}" in str(caught.value)
    assert f'If this is the car.data that you mean, set sha256 = "{found}" in dataset.toml' in str(caught.value)
    assert list((tmp_path / "into").iterdir()) == []


def test_download_larger_than_allowed_is_stopped(tmp_path: Path, server: str) -> None:
    """max_bytes bounds what is read, whatever the server announces."""
    with pytest.raises(StepError, match="larger than max_bytes = 1000"):
        fetch(data_file(f"{server}/whole", max_bytes=1000), folder=tmp_path, into=tmp_path / "into")


def test_only_web_addresses_and_relative_paths(tmp_path: Path) -> None:
    """A file:// address is refused."""
    with pytest.raises(StepError, match="only http and https addresses can be fetched"):
        fetch(data_file("file:///etc/hostname"), folder=tmp_path, into=tmp_path / "into")


def archive(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return buffer.getvalue()


def test_a_file_in_an_archive_is_named_after_it(tmp_path: Path) -> None:
    """``….zip#member`` is that file alone; another member, a broken archive and a bomb are each named."""
    (tmp_path / "all.zip").write_bytes(archive(cars=CONTENT, bomb=bytes(2_000_000)))
    (tmp_path / "broken.zip").write_bytes(b"no archive")
    path = fetch(data_file("all.zip#cars"), folder=tmp_path, into=tmp_path / "into")
    assert path.read_bytes() == CONTENT
    with pytest.raises(StepError) as caught:
        fetch(data_file("all.zip#bikes", "broken.zip#cars", "all.zip#bomb"), folder=tmp_path, into=tmp_path / "other")
    assert "all.zip#bikes: it cannot be unpacked: KeyError" in str(caught.value)
    assert "broken.zip#cars: it cannot be unpacked: BadZipFile" in str(caught.value)
    assert "all.zip#bomb: unpacked, it is larger than max_bytes = 1000000" in str(caught.value)
    assert list((tmp_path / "other").iterdir()) == []


def test_the_data_buckets_copy_comes_before_all_addresses(tmp_path: Path, server: str) -> None:
    """A file that a person has stored is used, if it is the right one; otherwise the addresses are asked."""
    file = data_file(f"{server}/whole")
    assert fetch(file, folder=tmp_path, into=tmp_path / "a", stored=lambda: CONTENT).read_bytes() == CONTENT
    with pytest.raises(StepError, match="the data bucket: its SHA-256 is"):
        fetch(data_file(f"{server}/missing"), folder=tmp_path, into=tmp_path / "b", stored=lambda: b"another file")
    assert fetch(file, folder=tmp_path, into=tmp_path / "c", stored=lambda: b"another file").read_bytes() == CONTENT


def test_a_shipped_file_needs_no_bucket(tmp_path: Path) -> None:
    """If the file is part of the commit, the data bucket is not asked."""
    (tmp_path / "shipped.data").write_bytes(CONTENT)

    def stored() -> bytes:
        raise AssertionError("the data bucket was asked")

    assert fetch(data_file("shipped.data"), folder=tmp_path, into=tmp_path / "into", stored=stored).is_file()


def test_an_archive_without_a_named_member_is_the_file_itself(tmp_path: Path) -> None:
    """Its checksum is that of the archive: what it holds is the format's to read."""
    packed = archive(cars=CONTENT)
    (tmp_path / "all.zip").write_bytes(packed)
    digest = hashlib.sha256(packed).hexdigest()
    file = DataFile(name="all.zip", sources=("all.zip",), sha256=digest, max_bytes=1_000_000)
    assert fetch(file, folder=tmp_path, into=tmp_path / "into").read_bytes() == packed
