"""Work that waits for its time. It is kept in a table, so a restart does not lose it."""

from __future__ import annotations

import logging
import threading
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.platform.store import Document, Table

log = logging.getLogger("localcloud.agenda")

_LONGEST_NAP_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Again:
    """The entry is not done: it comes up again after these seconds, with this document."""

    after_seconds: float
    document: Document


class Agenda:
    """Each entry comes up at least once, on a thread of its own, at its time or as soon as possible after it."""

    def __init__(self, table: Table, carry_out: Callable[[str, Document], Again | None]) -> None:
        """``carry_out`` gets an entry's key and document. Its answer decides whether the entry is done."""
        self._table = table
        self._carry_out = carry_out
        self._changed = threading.Condition()
        self._due: dict[str, datetime] = {}
        self._at_work: set[str] = set()
        self._open = False

    def start(self) -> None:
        with self._changed:
            self._due = {key: entry["due"] for key, entry in self._table.items()}
            self._open = True
        threading.Thread(target=self._keep, daemon=True, name="agenda").start()

    def stop(self) -> None:
        """Lets nothing more come up. Work under way ends by itself; if it is cut off, the next start takes it up."""
        with self._changed:
            self._open = False
            self._changed.notify_all()

    def put(self, document: Document, *, after_seconds: float = 0, key: str = "") -> str:
        """Adds an entry, or replaces the one under this key; returns the key."""
        key = key or str(uuid.uuid4())
        due = datetime.now(UTC) + timedelta(seconds=after_seconds)
        with self._changed:
            self._table.put(key, {"due": due, "document": document})
            self._due[key] = due
            self._changed.notify_all()
        return key

    def remove(self, key: str) -> None:
        with self._changed:
            self._table.delete(key)
            self._due.pop(key, None)

    def __contains__(self, key: str) -> bool:
        return key in self._table

    def _keep(self) -> None:
        with self._changed:
            while self._open:
                now = datetime.now(UTC)
                for key in [key for key, due in self._due.items() if due <= now and key not in self._at_work]:
                    self._at_work.add(key)
                    threading.Thread(target=self._do, args=(key,), daemon=True, name=f"due-{key[:8]}").start()
                waiting = [due for key, due in self._due.items() if key not in self._at_work]
                nap = (min(waiting) - now).total_seconds() if waiting else _LONGEST_NAP_SECONDS
                self._changed.wait(max(0.0, min(nap, _LONGEST_NAP_SECONDS)))

    def _do(self, key: str) -> None:
        entry = self._table.get(key)
        again = None
        try:
            again = self._carry_out(key, entry["document"]) if entry else None
        except Exception:
            log.exception("%s: given up", key)
        finally:
            self._done(key, entry["due"] if entry else None, again)

    def _done(self, key: str, due: datetime | None, again: Again | None) -> None:
        with self._changed:
            self._at_work.discard(key)
            if self._due.get(key) == due:  # otherwise it was replaced or removed meanwhile
                if again is None:
                    self.remove(key)
                else:
                    self.put(again.document, after_seconds=again.after_seconds, key=key)
            self._changed.notify_all()
