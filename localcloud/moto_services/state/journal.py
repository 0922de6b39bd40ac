"""The requests that changed moto since the latest snapshot of its memory, in the order of its answers.

A request is in the file before its answer goes out. A write that was cut off by a kill is not in it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localcloud.moto_services.state.bodies import SMALL_BYTES
from localcloud.moto_services.state.circumstances import Circumstances
from localcloud.platform.service import HttpRequest
from localcloud.platform.state_file import StateError, open_state, transaction, writing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from localcloud.moto_services.state.bodies import Bodies

_ENTRIES = """CREATE TABLE IF NOT EXISTS entries (
    number INTEGER PRIMARY KEY AUTOINCREMENT, time REAL, seed BLOB, keys TEXT,
    request TEXT, body BLOB, body_name TEXT, status INTEGER
)"""
_SNAPSHOT = "CREATE TABLE IF NOT EXISTS snapshot (state BLOB)"
#: Headers that do not matter to the outcome.
_LEFT_OUT = frozenset({"user-agent", "x-amz-user-agent", "amz-sdk-invocation-id", "amz-sdk-request", "accept-encoding"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    number: int
    request: HttpRequest
    circumstances: Circumstances
    status: int
    """The status of the answer that was given."""


class Journal:
    def __init__(self, path: Path, bodies: Bodies, about: Mapping[str, str]) -> None:
        """Raises StateError where the file is damaged, or was written by other versions or for another account."""
        self.path = path
        self._bodies = bodies
        self._connection = open_state(path, about)
        self._connection.execute(_ENTRIES)
        self._connection.execute(_SNAPSHOT)
        #: Entries since the latest snapshot.
        self.length: int = self._connection.execute("SELECT count(*) FROM entries").fetchone()[0]

    def append(self, request: HttpRequest, circumstances: Circumstances, status: int) -> None:
        """Raises NotWrittenError; the file then has no part of the entry."""
        large = len(request.body) >= SMALL_BYTES
        headers = {name: value for name, value in request.headers.items() if name not in _LEFT_OUT}
        with writing(self.path):
            self._connection.execute(
                "INSERT INTO entries (time, seed, keys, request, body, body_name, status) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    circumstances.time,
                    circumstances.seed,
                    json.dumps([key.hex() for key in circumstances.private_keys]),
                    json.dumps([request.method, request.path, request.query, headers]),
                    None if large else request.body,
                    self._bodies.keep(request.body) if large else None,
                    status,
                ),
            )
        self.length += 1

    def entries(self) -> Iterator[Entry]:
        rows = self._connection.execute(
            "SELECT number, time, seed, keys, request, body, body_name, status FROM entries ORDER BY number"
        )
        for number, time, seed, keys, asked, body, body_name, status in rows:
            method, path, query, headers = json.loads(asked)
            if body_name and not self._bodies.has(body_name):
                raise StateError(self.path, f"lacks the body {body_name} of entry {number}, {method} {path}")
            content = self._content(body_name, method, headers) if body_name else body
            yield Entry(
                number=number,
                request=HttpRequest(method=method, path=path, query=query, headers=headers, body=content),
                circumstances=Circumstances(
                    time=time, seed=seed, private_keys=[bytes.fromhex(key) for key in json.loads(keys)]
                ),
                status=status,
            )

    def _content(self, name: str, method: str, headers: Mapping[str, str]) -> bytes:
        """A large object's is passed around by name, unless it is still encoded, as earlier versions wrote it down."""
        by_name = method == "PUT" and "x-amz-content-sha256" not in headers
        return self._bodies.content(name) if by_name else self._bodies.read(name)

    def snapshot(self) -> bytes | None:
        found = self._connection.execute("SELECT state FROM snapshot").fetchone()
        return found[0] if found else None

    def replace_by(self, snapshot: bytes) -> None:
        """Stores a snapshot that contains the effect of all entries, and removes the entries.

        Raises NotWrittenError; entries and earlier snapshot then stay.
        """
        with writing(self.path), transaction(self._connection):
            self._connection.execute("DELETE FROM snapshot")
            # Not as a parameter: the prepared statement would keep a copy of all of it until the next snapshot.
            self._connection.execute("INSERT INTO snapshot (rowid, state) VALUES (1, zeroblob(?))", (len(snapshot),))
            with self._connection.blobopen("snapshot", "state", 1) as blob:
                blob.write(snapshot)
            self._connection.execute("DELETE FROM entries")
        self.length = 0

    def close(self) -> None:
        self._connection.close()
