"""Documents of our own services: JSON in one SQLite file.

A document is a plain dict of JSON values and datetimes. It is on disk when ``put`` or ``append`` returns. Where it
cannot be written, they raise :class:`~localcloud.platform.state_file.NotWrittenError`, and all stays as it was. A
*table* is read from memory. A *timeline*, which may have very many documents, is on disk alone.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from localcloud.platform.reserve import Reserve
from localcloud.platform.state_file import NotWrittenError, StateError, open_state, transaction, writing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

Document = dict[str, Any]
#: Key, document before, document now.
Watcher = Callable[[str, Document | None, Document | None], None]

#: The file's format. A later version that writes documents in another way takes the next number.
FORMAT = "1"
#: For deletions when the disk is full.
_RESERVE_BYTES = 1024 * 1024
_TABLES = (
    "CREATE TABLE IF NOT EXISTS documents (kind TEXT, key TEXT, document TEXT, PRIMARY KEY (kind, key))",
    "CREATE TABLE IF NOT EXISTS timelines (kind TEXT, series TEXT, time REAL, document TEXT)",
    "CREATE INDEX IF NOT EXISTS by_time ON timelines (kind, series, time)",
)


def _encode(value: object) -> object:
    if isinstance(value, datetime):
        return {"$datetime": value.isoformat()}
    raise TypeError(f"a document holds JSON values and datetimes, not {type(value).__name__}: {value!r}")


def _decode(value: Document) -> object:
    return datetime.fromisoformat(value["$datetime"]) if value.keys() == {"$datetime"} else value


#: Values that nobody can change.
_PLAIN = frozenset({str, int, float, bool, type(None), datetime})


def _copied(document: Document) -> Document:
    """A document that shares nothing with this one. It takes a third of ``copy.deepcopy``'s time."""
    return {key: each if type(each) in _PLAIN else _copied_part(each) for key, each in document.items()}


def _copied_part(value: Any) -> Any:
    if isinstance(value, dict):
        return _copied(value)
    if isinstance(value, list | tuple):
        return [each if type(each) in _PLAIN else _copied_part(each) for each in value]
    return value


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
            return _copied(found) if found is not None else None

    def value(self, key: str, member: str) -> Any:
        """One plain value of a document, without a copy of the rest. None where there is no such document or member."""
        with self._lock:
            return self._documents.get(key, {}).get(member)

    def put(self, key: str, document: Document) -> None:
        with self._lock:
            self._store.write(self._name, key, json.dumps(document, default=_encode))
            before, self._documents[key] = self._documents.get(key), _copied(document)
            self._tell(key, before)

    def update(self, key: str, change: Callable[[Document], None]) -> Document:
        """Reads, changes and writes a document under one lock; raises KeyError where it does not exist."""
        with self._lock:
            document = _copied(self._documents[key])
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
            found = [(key, _copied(value)) for key, value in self._documents.items() if key.startswith(prefix)]
        return iter(found)

    def names(self) -> list[str]:
        """All keys, without copying the documents."""
        with self._lock:
            return list(self._documents)

    def __contains__(self, key: str) -> bool:
        with self._lock:
            return key in self._documents


class Timeline:
    """Documents of one kind by series and time, in seconds since the epoch."""

    def __init__(self, store: Store, name: str) -> None:
        self._store = store
        self._name = name

    def append(self, documents: Iterable[tuple[str, float, Document]]) -> None:
        """Adds (series, time, document): all or none."""
        rows = [(self._name, *place, json.dumps(document, default=_encode)) for *place, document in documents]
        self._store.change("INSERT INTO timelines VALUES (?, ?, ?, ?)", rows)

    def between(self, series: str, start: float, end: float) -> list[tuple[float, Document]]:
        """(time, document) from the start until before the end, in the order of time."""
        rows = self._store.read(
            "SELECT time, document FROM timelines WHERE kind = ? AND series = ? AND time >= ? AND time < ? "
            "ORDER BY time, rowid",
            (self._name, series, start, end),
        )
        return [(time, json.loads(document, object_hook=_decode)) for time, document in rows]

    def series(self) -> list[str]:
        rows = self._store.read("SELECT DISTINCT series FROM timelines WHERE kind = ?", (self._name,))
        return [series for (series,) in rows]

    def forget_before(self, time: float) -> None:
        self._store.change("DELETE FROM timelines WHERE kind = ? AND time < ?", [(self._name, time)], frees=True)


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
        for statement in _TABLES:
            self._connection.execute(statement)

    def table(self, name: str) -> Table:
        """The table with this name, such as ``codebuild.builds``; always the same object."""
        with self._making:
            if name not in self._tables:
                self._tables[name] = Table(self, name)
            return self._tables[name]

    def timeline(self, name: str) -> Timeline:
        """The timeline with this name, such as ``cloudwatch.samples``."""
        return Timeline(self, name)

    def load(self, kind: str) -> dict[str, Document]:
        rows = self.read("SELECT key, document FROM documents WHERE kind = ? ORDER BY rowid", (kind,))
        try:
            return {key: json.loads(document, object_hook=_decode) for key, document in rows}
        except ValueError as error:
            raise StateError(self._path, f"holds a document of {kind} that cannot be read ({error})") from error

    def write(self, kind: str, key: str, document: str | None) -> None:
        """Raises NotWrittenError; file and documents then stay as they were. Deletions may use the reserve."""
        if document is None:
            self.change("DELETE FROM documents WHERE kind = ? AND key = ?", [(kind, key)], frees=True)
        else:
            self.change(
                "INSERT INTO documents VALUES (?, ?, ?) "
                "ON CONFLICT (kind, key) DO UPDATE SET document = excluded.document",
                [(kind, key, document)],
            )

    def read(self, query: str, values: tuple[object, ...]) -> list[Any]:
        with self._lock:
            return self._connection.execute(query, values).fetchall()

    def change(self, statement: str, rows: list[tuple[object, ...]], *, frees: bool = False) -> None:
        """Executes the statement for all rows or for none. ``frees``: it deletes, and may use the reserve.

        Raises NotWrittenError; the file then stays as it was.
        """
        with self._lock:
            if self._frozen:
                return
            try:
                self._execute(statement, rows)
            except NotWrittenError:
                if not frees or not self._reserve.release():
                    raise
                self._execute(statement, rows)
            self._reserve.hold()

    def _execute(self, statement: str, rows: list[tuple[object, ...]]) -> None:
        with writing(self._path), transaction(self._connection):
            self._connection.executemany(statement, rows)

    def freeze(self) -> None:
        """Writes nothing from now on. Work under way ends with this process, and the next start reports it.

        So a clean stop and a crash leave the same state.
        """
        with self._lock:
            self._frozen = True

    def close(self) -> None:
        with self._lock:
            self._connection.close()
