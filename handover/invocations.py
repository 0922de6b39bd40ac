"""How an endpoint is invoked: the content type, and how a row of the data set becomes a request.

One class for each kind. The registry names a workload's kind; the steps, scripts and functions use it. A new kind is a
class here and an entry in ``INVOCATIONS``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from handover.errors import HandOverError
from handover.plain_text import without_line_break


class NoAnswer(str):
    """Stands in the place of an answer that never came; its text is the cause. Only who asked makes one, no model."""

    __slots__ = ()


class Invocation(Protocol):
    """What every caller of an endpoint must know."""

    @property
    def name(self) -> str: ...

    @property
    def content_type(self) -> str: ...

    @property
    def accept(self) -> str: ...

    def body(self, row: str) -> bytes:
        """The request for one row of the data set, as in its file: values joined by commas."""

    def answer(self, body: bytes) -> str:
        """The answer to one row."""


@dataclass(frozen=True, slots=True)
class CsvRow:
    """The request is the row itself; the answer is one line, with or without its line break."""

    name: str = "csv"
    content_type: str = "text/csv"
    accept: str = "text/csv"

    def body(self, row: str) -> bytes:
        return row.encode()

    def answer(self, body: bytes) -> str:
        return without_line_break(body.decode(errors="replace"))


CSV: Invocation = CsvRow()
INVOCATIONS: dict[str, Invocation] = {each.name: each for each in (CSV,)}


def invocation(name: str) -> Invocation:
    """Raises HandOverError for the name of no kind."""
    if name not in INVOCATIONS:
        raise HandOverError(f"There is no invocation {name!r}; known are {', '.join(sorted(INVOCATIONS))}.")
    return INVOCATIONS[name]
