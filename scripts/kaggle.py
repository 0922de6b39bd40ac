"""Fetches a file of a Kaggle data set with the user's own token, on the user's machine: no build has a token.

The token is read where Kaggle's own programs read it: from KAGGLE_API_TOKEN; from KAGGLE_USERNAME and KAGGLE_KEY; or
from ``access_token`` or ``kaggle.json`` in KAGGLE_CONFIG_DIR, by default ``~/.kaggle``. It is sent to Kaggle and to
nobody else, and is in no output.
"""

from __future__ import annotations

import base64
import io
import json
import os
import urllib.error
import urllib.request
import zipfile
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scripts.reads.errors import NotThereError

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEME = "kaggle://"
#: ``<API>/<owner>/<data set>/<file>``.
API = "https://www.kaggle.com/api/v1/datasets/download"
#: Where Kaggle keeps the files themselves: its API answers with a signed address there.
STORES = frozenset({"storage.googleapis.com"})
_TIMEOUT_SECONDS = 60
_CHUNK_BYTES = 1 << 20
_REFUSED = (401, 403)
_HOW_TO_GET_IT = (
    "Kaggle hands this file out to its users alone, and there is no token: make one at https://www.kaggle.com/settings "
    "(API, Create New Token), and save it as ~/.kaggle/kaggle.json, or set KAGGLE_API_TOKEN. Or download the file in a "
    "browser, put it into a folder, and name the folder in GATEHOUSE_DATASETS."
)


class _ToTheStore(urllib.request.HTTPRedirectHandler):
    """Follows one redirect, to Kaggle's store, without the token."""

    max_redirections = 1

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        host = urlsplit(newurl).hostname
        if host not in STORES:
            raise NotThereError(f"Kaggle redirects to {host}, expected {' or '.join(sorted(STORES))}.")
        del req, fp, code, msg, headers
        return urllib.request.Request(newurl)  # noqa: S310  (its host is compared)


def authorization(environment: Mapping[str, str] | None = None) -> str | None:
    """The header's value; None if there is no token. NotThereError if its file cannot be read."""
    given = os.environ if environment is None else environment
    if token := given.get("KAGGLE_API_TOKEN"):
        return f"Bearer {token}"
    if given.get("KAGGLE_USERNAME") and given.get("KAGGLE_KEY"):
        return _basic(given["KAGGLE_USERNAME"], given["KAGGLE_KEY"])
    folder = Path(given.get("KAGGLE_CONFIG_DIR") or Path.home() / ".kaggle")
    if (folder / "access_token").is_file():
        return f"Bearer {(folder / 'access_token').read_text().strip()}"
    if (folder / "kaggle.json").is_file():
        try:
            found = json.loads((folder / "kaggle.json").read_text())
            return _basic(found["username"], found["key"])
        except (ValueError, KeyError, TypeError) as error:
            # Not the error's own text: it may quote the file.
            raise NotThereError(f"{folder / 'kaggle.json'} has no username and key ({type(error).__name__}).") from None
    return None


def fetch(source: str, max_bytes: int) -> bytes:
    """The file ``kaggle://<owner>/<data set>/<file>``. NotThereError that says why it cannot be had, and what to do."""
    value = authorization()
    if value is None:
        raise NotThereError(f"{source}: {_HOW_TO_GET_IT}")
    path = source.removeprefix(SCHEME)
    request = urllib.request.Request(f"{API}/{path}", headers={"Authorization": value})  # noqa: S310  (https)
    try:
        with urllib.request.build_opener(_ToTheStore).open(request, timeout=_TIMEOUT_SECONDS) as answer:
            content = _read(answer, source, max_bytes)
    except urllib.error.HTTPError as error:
        why = ". Is the token still valid?" if error.code in _REFUSED else ""
        raise NotThereError(f"{source}: Kaggle answers {error.code} {error.reason}{why}") from None
    except (urllib.error.URLError, HTTPException, OSError) as error:
        raise NotThereError(f"{source}: {type(error).__name__}: {error}") from error
    return _unpacked(content, path.rpartition("/")[2], source, max_bytes)


def _read(answer: Any, source: str, max_bytes: int) -> bytes:
    parts, received = [], 0
    while part := answer.read(_CHUNK_BYTES):
        received += len(part)
        if received > max_bytes:
            raise NotThereError(f"{source} is larger than max_bytes = {max_bytes}.")
        parts.append(part)
    return b"".join(parts)


def _unpacked(content: bytes, name: str, source: str, max_bytes: int) -> bytes:
    """Kaggle zips large files."""
    if not content.startswith(b"PK\x03\x04") or name.endswith(".zip"):
        return content
    try:
        with zipfile.ZipFile(io.BytesIO(content)).open(name) as packed:
            found = packed.read(max_bytes + 1)
    except (zipfile.BadZipFile, KeyError, OSError, EOFError) as error:
        raise NotThereError(f"{source}: Kaggle's archive cannot be unpacked: {error}") from error
    if len(found) > max_bytes:
        raise NotThereError(f"{source}: unpacked, it is larger than max_bytes = {max_bytes}.")
    return found


def _basic(user: str, key: str) -> str:
    return f"Basic {base64.b64encode(f'{user}:{key}'.encode()).decode()}"
