"""SQLite files that hold state. A damaged file, or one of another account or version, is refused with the reason."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

SEE_TO_THE_DISK = "Check the space on the disk and the file's permissions"
_DAMAGED = frozenset({"SQLITE_CORRUPT", "SQLITE_NOTADB"})
#: What a file was written with, and how to get that back. For other names: "Start with account 123456789012".
_REMEDIES = {
    "format": "Start the version of the local cloud that wrote it",
    "moto": "Install moto {} again",
    "python": "Start it with Python {}",
}


class StateError(Exception):
    """The state of an earlier run cannot be brought back. It was not changed."""

    def __init__(self, path: Path, problem: str, remedy: str = "") -> None:
        remedy = remedy or "Put back a copy of it if you have one"
        super().__init__(
            f"The state of an earlier run cannot be brought back: {path} {problem}. {remedy}, "
            "or forget all state with `python -m localcloud reset`. Nothing was deleted."
        )


class NotWrittenError(AwsError):
    """The call's change cannot be written to disk, so the call is not acknowledged."""

    def __init__(self, path: Path, error: Exception) -> None:
        super().__init__(
            "ServiceUnavailable",
            f"The local cloud cannot write {path} ({error}), so this call is not acknowledged. Free some space on the "
            "disk and try again. Work that was under way may need `python -m localcloud down` and `up`.",
            status=503,
        )


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Raises NotWrittenError where SQLite or the file system raises inside it."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise NotWrittenError(path, error) from error


def open_state(path: Path, about: Mapping[str, str]) -> sqlite3.Connection:
    """A connection in autocommit mode. What is committed survives the end of this process, even a crash.

    ``about`` says what the file's content depends on, such as the account. A new file records it; a file that records
    something else is refused. Raises StateError.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
    except (OSError, sqlite3.Error) as error:
        raise _not_opened(path, error) from error
    try:
        _check(connection, path, about)
    except sqlite3.Error as error:
        connection.close()
        raise _not_opened(path, error) from error
    except StateError:
        connection.close()
        raise
    return connection


def _not_opened(path: Path, error: Exception) -> StateError:
    if getattr(error, "sqlite_errorname", "") in _DAMAGED:
        return StateError(path, f"is damaged ({error})")
    return StateError(path, f"cannot be opened ({error})", SEE_TO_THE_DISK)


def _check(connection: sqlite3.Connection, path: Path, about: Mapping[str, str]) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise StateError(path, f"is damaged ({found})")
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if tables and "about" not in tables:
        raise StateError(path, "was written by an earlier version that did not keep its state over a restart")
    with transaction(connection):
        connection.execute("CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT)")
        if not tables:
            connection.executemany("INSERT INTO about VALUES (?, ?)", about.items())
    written = dict(connection.execute("SELECT name, value FROM about"))
    for name, value in about.items():
        if written.get(name) != value:
            raise StateError(
                path,
                f"was written with {name} {written.get(name)}, and this is {name} {value}",
                _REMEDIES.get(name, f"Start with {name} {{}}").format(written.get(name)),
            )


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commits everything or nothing, even if the process is killed in between."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # a full disk has ended it already
            connection.execute("ROLLBACK")
        raise
