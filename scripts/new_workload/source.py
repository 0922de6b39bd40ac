"""Reads a new workload's file: on this machine, at an address on the web, or in S3. Its bytes become the project's."""

from __future__ import annotations

import ipaddress
import re
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, unquote, urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from handover.addresses import S3Address
from scripts import cloud
from scripts.reads.errors import NotThereError

if TYPE_CHECKING:
    from collections.abc import Iterator

#: It is committed with the project; a larger file belongs into the data bucket.
MOST_BYTES = 50_000_000
#: For a whole download, and for a moment of it without a byte.
MOST_SECONDS, SILENT_SECONDS = 120.0, 30.0
_CHUNK_BYTES = 1 << 16
#: The contract lies beside the file.
_TAKEN = "dataset.toml"


class _SourceError(Exception):
    """Why the file cannot be read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """name: what the file is called beside its contract."""

    name: str
    content: bytes


def read(given: str) -> Given:
    """Raises NotThereError, in a sentence, for what cannot be read, is too large, or takes too long."""
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*)://", given)
    name = _name(given) if scheme else Path(given).name
    try:
        if name == _TAKEN:
            raise _SourceError(f"the data contract gets the name {_TAKEN}. Give the file another one")
        content = bytearray()
        for chunk in _of_file(given) if scheme is None else _of_s3(given) if scheme[1] == "s3" else _of_web(given):
            content += chunk
            if len(content) > MOST_BYTES:
                raise _SourceError(
                    f"it has more than {MOST_BYTES} bytes, which are committed with the project at the most. Begin "
                    "with a part of it, and state where the whole file is in dataset.toml (docs/add-a-workload.md)"
                )
    except _SourceError as error:
        raise NotThereError(f"DATA={given}: {error}.") from error
    return Given(name=name, content=bytes(content))


def _name(address: str) -> str:
    """The last part of an address, in letters that every file system and every URL takes."""
    path = re.sub(r"^[^/]*//[^/]*", "", re.split(r"[?#]", address)[0])
    return re.sub(r"[^A-Za-z0-9._-]+", "_", PurePosixPath(unquote(path)).name).lstrip(".") or "data.csv"


def _of_file(path: str) -> Iterator[bytes]:
    try:
        with Path(path).open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                yield chunk
    except FileNotFoundError as error:
        raise _SourceError("there is no such file") from error
    except OSError as error:
        raise _SourceError(f"it cannot be read: {error.strerror}") from error


def _of_s3(address: str) -> Iterator[bytes]:
    """With the caller's own credentials, on the decided cloud."""
    try:
        file = S3Address.parse(address)
        body = cloud.client("s3").get_object(**file.arguments)["Body"]
        yield from body.iter_chunks(_CHUNK_BYTES)
    except ClientError as error:
        said = error.response["Error"]
        raise _SourceError(f"it cannot be read: {said.get('Message', '')} ({said.get('Code', '')})") from error
    except (BotoCoreError, ValueError) as error:
        raise _SourceError(f"it cannot be read: {_said(error)}") from error


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Each address on the way is held to the same rules, and from the web none leads to what this machine serves."""

    def redirect_request(self, request: urllib.request.Request, *answer: Any) -> urllib.request.Request | None:
        address: str = answer[-1]
        _check(address)
        if request.type == "https" and not address.lower().startswith("https:"):
            raise _SourceError(f"it leads from the web to {_without_query(urlsplit(address))}, which is not asked")
        return super().redirect_request(request, *answer)


def _of_web(address: str) -> Iterator[bytes]:
    _check(address)
    began, received = time.monotonic(), 0
    try:
        with urllib.request.build_opener(_Redirects).open(address, timeout=SILENT_SECONDS) as answer:
            announced = answer.headers.get("Content-Length")
            while chunk := answer.read1(_CHUNK_BYTES):
                received += len(chunk)
                if time.monotonic() - began > MOST_SECONDS:
                    raise _SourceError(f"after {MOST_SECONDS:g} s there were {received} bytes of it: download it first")
                yield chunk
    except (urllib.error.URLError, HTTPException, OSError, ValueError) as error:
        raise _SourceError(f"it cannot be fetched: {_said(error)}") from error
    if announced is not None and announced != str(received):
        raise _SourceError(f"the download was cut off: {received} of {announced} bytes came")


def _check(address: str) -> None:
    """https, or http of this machine: anybody on the way could change what plain http brings."""
    try:
        found = urlsplit(address)
        host = found.hostname or ""
    except ValueError as error:
        raise _SourceError(f"{address} is no address: {error}") from error
    if found.username is not None or found.password is not None:
        raise _SourceError("an address with a password in it is not fetched: download it first")
    if not host or not (found.scheme == "https" or (found.scheme == "http" and _is_this_machine(host))):
        raise _SourceError(f"{_without_query(found)} is none of a file, an https:// address and an s3:// address")


def _said(error: Exception) -> str:
    """On one line, without its full stop."""
    return " ".join(str(error).split()).rstrip(".")


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _without_query(address: SplitResult) -> str:
    return f"{address.scheme}://{address.netloc}{address.path}"
