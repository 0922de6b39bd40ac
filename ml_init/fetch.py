"""Fetches a file of the data set from the first source that has it, and checks its SHA-256.

A file that may not be shipped is no part of the commit. If a person has stored it in the data bucket (``make data``),
no address is asked.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import tempfile
import urllib.error
import urllib.request
import zipfile
import zlib
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ml_steps.running import StepError, say

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import IO, Any

CHUNK_BYTES = 1 << 16
TIMEOUT_SECONDS = 30
#: Stands for the copy in the data bucket among the sources.
_STORED = "the data bucket"


class NamedFile(Protocol):
    """A file that is known by its checksum: of a data set, or of weights."""

    @property
    def name(self) -> str: ...

    @property
    def sources(self) -> tuple[str, ...]: ...

    @property
    def sha256(self) -> str: ...

    @property
    def max_bytes(self) -> int: ...


class _SourceError(Exception):
    """Why one source failed; the next one may work."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Only the addresses in dataset.toml are ever used."""

    def redirect_request(self, *request: Any) -> None:
        raise _SourceError(f"it redirects to {request[-1]}, which is not in dataset.toml")


def fetch(file: NamedFile, *, folder: Path, into: Path, stored: Callable[[], bytes | None] = lambda: None) -> Path:
    """The path of the checked file in the folder ``into``.

    Sources are tried in order: relative paths start at ``folder``, others are HTTP addresses; a ``.gz`` file is
    decompressed, and ``….zip#member`` is a file in an archive. ``stored`` gives the copy in the data bucket, which
    comes before all addresses. A file appears under its name only when it is complete and its checksum is right. Raises
    StepError that names each source's fault.
    """
    faults = []
    for source in _in_order(file):
        try:
            path = _fetch_one(file, source, folder=folder, into=into, stored=stored)
        except _SourceError as error:
            say(f"  {source}: {error}")
            faults.append(f"\n  {source}: {error}")
        else:
            say(f"  {source}: {path.stat().st_size} bytes, SHA-256 as expected")
            return path
    raise StepError(
        f"No source of {file.name} serves.{''.join(faults)}\n"
        "Check the network, or put the right file in its place; dataset.toml names sources and checksum. "
        f"`make data WORKLOAD={folder.name}` stores a file of your own in the data bucket."
    )


def _in_order(file: NamedFile) -> list[str]:
    shipped = [source for source in file.sources if not _is_address(source)]
    addresses = [source for source in file.sources if _is_address(source)]
    return [*shipped, *([_STORED, *addresses] if addresses else [])]


def _is_address(source: str) -> bool:
    return "://" in source


def _fetch_one(file: NamedFile, source: str, *, folder: Path, into: Path, stored: Callable[[], bytes | None]) -> Path:
    into.mkdir(parents=True, exist_ok=True)
    handle, unfinished = tempfile.mkstemp(dir=into, prefix=f".{file.name}.")
    path, (source, _, member) = Path(unfinished), source.partition("#")
    try:
        with os.fdopen(handle, "wb") as target:
            if source == _STORED:
                _write_stored(stored, target)
            elif _is_address(source):
                _download(source, target, file.max_bytes)
            else:
                _copy(folder / source, target)
        if member or source.endswith(".gz"):
            path.write_bytes(_unpacked(path, member, file.max_bytes))
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if found != file.sha256:
            # An address that serves another file deserves no advice to take it.
            mean = "" if _is_address(source) or source == _STORED else _to_mean_it(file.name, found)
            raise _SourceError(f"its SHA-256 is {found}, expected {file.sha256}{mean}")
        return path.rename(into / file.name)
    finally:
        path.unlink(missing_ok=True)


def _to_mean_it(name: str, sha256: str) -> str:
    return f'. If this is the {name} that you mean, set sha256 = "{sha256}" in dataset.toml'


def _write_stored(stored: Callable[[], bytes | None], target: IO[bytes]) -> None:
    content = stored()
    if content is None:
        raise _SourceError("it is not there")
    target.write(content)


def _copy(path: Path, target: IO[bytes]) -> None:
    if not path.is_file():
        raise _SourceError("there is no such file")
    target.write(path.read_bytes())


def _unpacked(path: Path, member: str, max_bytes: int) -> bytes:
    """The content of a compressed file, or of one file in an archive."""
    try:
        with zipfile.ZipFile(path).open(member) if member else gzip.open(path) as packed:
            content = packed.read(max_bytes + 1)
    except (OSError, EOFError, KeyError, zlib.error, zipfile.BadZipFile) as error:
        raise _SourceError(f"it cannot be unpacked: {type(error).__name__}: {error}") from error
    if len(content) > max_bytes:
        raise _SourceError(f"unpacked, it is larger than max_bytes = {max_bytes}")
    return content


def _download(url: str, target: IO[bytes], max_bytes: int) -> None:
    """Write the body to ``target``. Raises _SourceError for any fault, even a cut-off download."""
    if url.startswith("kaggle://"):
        raise _SourceError("Kaggle hands it out to its users alone, and a build has no token of yours")
    if not url.startswith(("https://", "http://")):
        raise _SourceError("only http and https addresses can be fetched")
    opener = urllib.request.build_opener(_NoRedirects)
    received = 0
    try:
        with opener.open(url, timeout=TIMEOUT_SECONDS) as answer:
            announced = answer.headers.get("Content-Length")
            while chunk := answer.read(CHUNK_BYTES):
                received += len(chunk)
                if received > max_bytes:
                    raise _SourceError(f"it is larger than max_bytes = {max_bytes}")
                target.write(chunk)
    except (urllib.error.URLError, HTTPException, OSError) as error:
        raise _SourceError(f"{type(error).__name__}: {error} (after {received} bytes)") from error
    if announced is not None and received != int(announced):
        raise _SourceError(f"the download was cut off: {received} of {announced} bytes came")
