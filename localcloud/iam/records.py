"""Records of denied calls, and of the permissions that each role used: one for each (who, action, resource)."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from localcloud.platform.state_file import NotWrittenError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from localcloud.platform.store import Document, Store

DENIED_TABLE = "iam.denied"
USED_TABLE = "iam.used"


class AccessRecords:
    """A record that cannot be written, as on a full disk, is left out: no call fails for it."""

    def __init__(self, store: Store) -> None:
        self._denied = store.table(DENIED_TABLE)
        self._used = store.table(USED_TABLE)
        self._known: set[tuple[str, str, str]] = set()
        self._lock = threading.Lock()

    def denied(self, arn: str, action: str, resource: str, message: str) -> None:
        key = f"{arn} {action} {resource}"
        with self._lock:
            before = self._denied.get(key)
            times = before["times"] + 1 if before else 1
            now = datetime.now(UTC).isoformat(timespec="seconds")
            with contextlib.suppress(NotWrittenError):
                self._denied.put(key, {"message": message, "times": times, "latest": now})

    def used(self, role_arn: str, action: str, resource: str) -> None:
        entry = (role_arn, action, resource)
        if entry in self._known:
            return
        with self._lock:
            if " ".join(entry) in self._used:  # before a restart
                self._known.add(entry)
                return
            first = datetime.now(UTC).isoformat()
            document = {"role": role_arn, "action": action, "resource": resource, "first": first}
            with contextlib.suppress(NotWrittenError):
                self._used.put(" ".join(entry), document)
                self._known.add(entry)


def denied_calls(home: Path) -> list[str]:
    """A line for each call that was denied in this home's local cloud, the latest first."""
    found = sorted(read_table(home, DENIED_TABLE), key=lambda document: str(document["latest"]), reverse=True)
    return [f"denied {d['times']}x, last {d['latest']}: {d['message']}" for d in found]


def read_table(home: Path, name: str) -> Iterator[Document]:
    """The documents of one table, read by another process than the one that writes them."""
    path = home / "state" / "documents.sqlite"
    if not path.exists():
        return
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        for (document,) in connection.execute("SELECT document FROM documents WHERE kind = ?", (name,)):
            yield json.loads(document)
