"""Fetches the data set's file from the first source that has it, and checks its SHA-256."""

from __future__ import annotations

import gzip
import hashlib
import os
import tempfile
import urllib.error
import urllib.request
import zlib
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING

from ml_steps.running import StepError, say

if TYPE_CHECKING:
    from typing import IO, Any

    from ml_init.dataset import DataFile

CHUNK_BYTES = 1 << 16
TIMEOUT_SECONDS = 30


class _SourceError(Exception):
    """Why one source failed; the next one may work."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Only the addresses in dataset.toml are ever used."""

    def redirect_request(self, *request: Any) -> None:
        raise _SourceError(f"it redirects to {request[-1]}, which is not in dataset.toml")


def fetch(file: DataFile, *, folder: Path, into: Path) -> Path:
    """The path of the checked file in the folder ``into``.

    Sources are tried in order: relative paths start at ``folder``, others are HTTP addresses; a ``.gz`` file is
    decompressed. A file appears under its name only when it is complete and its checksum is right. Raises StepError
    that names each source's fault.
    """
    faults = []
    for source in file.sources:
        try:
            path = _fetch_one(file, source, folder=folder, into=into)
        except _SourceError as error:
            say(f"  {source}: {error}")
            faults.append(f"\n  {source}: {error}")
        else:
            say(f"  {source}: {path.stat().st_size} bytes, SHA-256 as expected")
            return path
    raise StepError(
        f"No source of {file.name} serves.{''.join(faults)}\n"
        "Check the network, or put the right file in its place; dataset.toml names sources and checksum."
    )


def _fetch_one(file: DataFile, source: str, *, folder: Path, into: Path) -> Path:
    into.mkdir(parents=True, exist_ok=True)
    handle, unfinished = tempfile.mkstemp(dir=into, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "wb") as target:
            found = _download(source, target, file.max_bytes) if "://" in source else _copy(folder / source, target)
        if source.endswith(".gz"):
            found = _unpack(Path(unfinished), file.max_bytes)
        if found != file.sha256:
            raise _SourceError(f"its SHA-256 is {found}, expected {file.sha256}")
        return Path(unfinished).rename(into / file.name)
    finally:
        Path(unfinished).unlink(missing_ok=True)


def _copy(path: Path, target: IO[bytes]) -> str:
    if not path.is_file():
        raise _SourceError("there is no such file")
    content = path.read_bytes()
    target.write(content)
    return hashlib.sha256(content).hexdigest()


def _unpack(path: Path, max_bytes: int) -> str:
    """Replace a compressed file with its content. Returns the SHA-256 of the content."""
    try:
        with gzip.open(path) as packed:
            content = packed.read(max_bytes + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise _SourceError(f"it cannot be unpacked: {type(error).__name__}: {error}") from error
    if len(content) > max_bytes:
        raise _SourceError(f"unpacked, it is larger than max_bytes = {max_bytes}")
    path.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def _download(url: str, target: IO[bytes], max_bytes: int) -> str:
    """Write the body to ``target``. Returns its SHA-256. Raises _SourceError for any fault, even a cut-off download."""
    if not url.startswith(("https://", "http://")):
        raise _SourceError("only http and https addresses can be fetched")
    opener = urllib.request.build_opener(_NoRedirects)
    digest, received = hashlib.sha256(), 0
    try:
        with opener.open(url, timeout=TIMEOUT_SECONDS) as answer:
            announced = answer.headers.get("Content-Length")
            while chunk := answer.read(CHUNK_BYTES):
                received += len(chunk)
                if received > max_bytes:
                    raise _SourceError(f"it is larger than max_bytes = {max_bytes}")
                digest.update(chunk)
                target.write(chunk)
    except (urllib.error.URLError, HTTPException, OSError) as error:
        raise _SourceError(f"{type(error).__name__}: {error} (after {received} bytes)") from error
    if announced is not None and received != int(announced):
        raise _SourceError(f"the download was cut off: {received} of {announced} bytes came")
    return digest.hexdigest()
