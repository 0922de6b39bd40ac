"""Texts that were given to somebody and come back as proof: codes, sessions of challenges, the sign-in page's cookie.

Only their hash is kept, with what they stand for, so reading the store does not let anybody in.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localcloud.platform.store import Document, Table

Now = Callable[[], datetime]


def now() -> datetime:
    return datetime.now(UTC)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class SecretsGiven:
    def __init__(self, table: Table, *, clock: Now = now) -> None:
        self._table = table
        self._now = clock

    def give(self, document: Document, *, seconds: float) -> str:
        """A new text that stands for the document for this long."""
        self.forget_expired()
        text = secrets.token_urlsafe(32)
        self._table.put(digest(text), {"expires": self._now() + timedelta(seconds=seconds), "document": document})
        return text

    def look(self, text: str) -> Document | None:
        """What a text stands for; None where it is unknown or too old."""
        found = self._table.get(digest(text))
        if found is None or found["expires"] <= self._now():
            return None
        document: Document = found["document"]
        return document

    def take(self, text: str) -> Document | None:
        """As :meth:`look`, once: of two who come with the same text, one gets it."""
        taken: list[Document] = []

        def use(entry: Document) -> None:
            if "used" not in entry and entry["expires"] > self._now():
                entry["used"] = True
                taken.append(entry["document"])

        try:
            self._table.update(digest(text), use)
        except KeyError:
            return None
        self._table.delete(digest(text))
        return taken[0] if taken else None

    def forget(self, text: str) -> None:
        self._table.delete(digest(text))

    def forget_expired(self) -> None:
        for key, entry in self._table.items():
            if entry["expires"] <= self._now():
                self._table.delete(key)
