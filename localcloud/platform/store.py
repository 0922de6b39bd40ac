"""Documents of our own services: JSON in one SQLite file, written at once and read from memory.

A document is a plain dict of JSON values and datetimes. It is on disk when ``put`` returns. Where it cannot be written,
``put`` raises :class:`~localcloud.platform.state_file.NotWrittenError`, and memory stays as the disk is.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from copy import deepcopy
from datetime import datetime
from typing import TYPE_CHECKING, Any

from localcloud.platform.reserve import Reserve
from localcloud.platform.state_file import NotWrittenError, StateError, open_state, writing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

Document = dict[str, Any]
#: Key, document before, document now.
Watcher = Callable[[str, Document | None, Document | None], None]

#: The file's format. A later version that writes documents in another way takes the next number.
FORMAT = "1"
#: For deletions when the disk is full.
_RESERVE_BYTES = 1024 * 1024


def _encode(value: object) -> object:
    if isinstance(value, datetime):
        return {"$datetime": value.isoformat()}
    raise TypeError(f"a document holds JSON values and datetimes, not {type(value).__name__}: {value!r}")


def _decode(value: Document) -> object:
    return datetime.fromisoformat(value["$datetime"]) if value.keys() == {"$datetime"} else value


class Table:
    """Documents of one kind, by key, in the order in which they were first put."""

    def __init__(self, store: Store, name: str) -> None:
        self._store = store
        self._name = name
        self._documents: dict[str, Document] = store.load(name)
        self._lock = threading.RLock()
        self._watchers: list[Watcher] = []

    def watch(self, watcher: Watcher) -> None:
        """Calls ``watcher`` for each change from now on, with key, document before and document now (or None).

        The table is locked during the call, so changes come in their order. The watcher may read documents, and must
        not change them.
        """
        self._watchers.append(watcher)

    def get(self, key: str) -> Document | None:
        with self._lock:
            found = self._documents.get(key)
            return deepcopy(found) if found is not None else None

    def put(self, key: str, document: Document) -> None:
        with self._lock:
            self._store.write(self._name, key, json.dumps(document, default=_encode))
            before, self._documents[key] = self._documents.get(key), deepcopy(document)
            self._tell(key, before)

    def update(self, key: str, change: Callable[[Document], None]) -> Document:
        """Reads, changes and writes a document under one lock; raises KeyError where it does not exist."""
        with self._lock:
            document = deepcopy(self._documents[key])
            change(document)
            self.put(key, document)
            return document

    def delete(self, key: str) -> None:
        with self._lock:
            self._store.write(self._name, key, None)
            before = self._documents.pop(key, None)
            self._tell(key, before)

    def _tell(self, key: str, before: Document | None) -> None:
        for watcher in self._watchers:
            watcher(key, before, self._documents.get(key))

    def items(self, prefix: str = "") -> Iterator[tuple[str, Document]]:
        with self._lock:
            found = [(key, deepcopy(value)) for key, value in self._documents.items() if key.startswith(prefix)]
        return iter(found)

    def names(self) -> list[str]:
        """All keys, without copying the documents."""
        with self._lock:
            return list(self._documents)

    def __contains__(self, key: str) -> bool:
        with self._lock:
            return key in self._documents


class Store:
    def __init__(self, path: Path, about: Mapping[str, str] | None = None) -> None:
        """``about``: as for :func:`open_state`. Raises StateError."""
        self._path = path
        self._lock = threading.Lock()
        self._making = threading.Lock()
        self._tables: dict[str, Table] = {}
        self._frozen = False
        self._reserve = Reserve(path.with_suffix(".reserve"), _RESERVE_BYTES)
        self._connection = open_state(path, {"format": FORMAT, **(about or {})})
        self._connection.execute(
            "CREATE TABLE IF NOT EXISTS documents (kind TEXT, key TEXT, document TEXT, PRIMARY KEY (kind, key))"
        )

    def table(self, name: str) -> Table:
        """The table with this name, such as ``codebuild.builds``; always the same object."""
        with self._making:
            if name not in self._tables:
                self._tables[name] = Table(self, name)
            return self._tables[name]

    def load(self, kind: str) -> dict[str, Document]:
        with self._lock:
            rows = self._connection.execute(
                "SELECT key, document FROM documents WHERE kind = ? ORDER BY rowid", (kind,)
            ).fetchall()
        try:
            return {key: json.loads(document, object_hook=_decode) for key, document in rows}
        except ValueError as error:
            raise StateError(self._path, f"holds a document of {kind} that cannot be read ({error})") from error

    def write(self, kind: str, key: str, document: str | None) -> None:
        """Raises NotWrittenError; file and documents then stay as they were. Deletions may use the reserve."""
        with self._lock:
            if self._frozen:
                return
            try:
                self._write(kind, key, document)
            except NotWrittenError:
                if document is not None or not self._reserve.release():
                    raise
                self._write(kind, key, document)
            self._reserve.hold()

    def _write(self, kind: str, key: str, document: str | None) -> None:
        with writing(self._path):
            if document is None:
                self._connection.execute("DELETE FROM documents WHERE kind = ? AND key = ?", (kind, key))
            else:
                self._connection.execute(
                    "INSERT INTO documents VALUES (?, ?, ?) "
                    "ON CONFLICT (kind, key) DO UPDATE SET document = excluded.document",
                    (kind, key, document),
                )

    def freeze(self) -> None:
        """Writes nothing from now on. Work under way ends with this process, and the next start reports it.

        So a clean stop and a crash leave the same state.
        """
        with self._lock:
            self._frozen = True

    def close(self) -> None:
        with self._lock:
            self._connection.close()
