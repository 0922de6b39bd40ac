"""A line of captured data, as SageMaker's data capture writes it."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from handover.errors import HandOverError
from handover.plain_text import lines, without_line_break

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: Content types that the capture configuration lists are kept as text, all others as base64.
_TEXT = ("CSV", "JSON")


@dataclass(frozen=True, kw_only=True, slots=True)
class Exchange:
    """One request and its answer, as text. ``inference_id`` is the caller's name for the request, or empty.

    A side that the capture configuration omits is empty.
    """

    request: str
    answer: str
    inference_id: str
    time: datetime

    @classmethod
    def parse(cls, line: str) -> Exchange:
        """Raises HandOverError for a line without a textual exchange."""
        try:
            document = json.loads(line)
            data, event = document["captureData"], document["eventMetadata"]
            return cls(
                request=_text(data.get("endpointInput")),
                answer=_text(data.get("endpointOutput")),
                inference_id=event.get("inferenceId", ""),
                time=datetime.fromisoformat(event["inferenceTime"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise HandOverError(f"No captured exchange ({type(error).__name__}: {error}): {line[:200]!r}") from error

    def answers(self) -> Iterator[str]:
        """The answer to each row: a request may hold several rows. Empty lines are no answers."""
        return (line for line in lines(self.answer) if line)


def exchanges(text: str) -> Iterator[Exchange]:
    """The exchanges in a captured file, in its order."""
    return (Exchange.parse(line) for line in lines(text) if line)


def _text(side: Mapping[str, Any] | None) -> str:
    """One side of an exchange, without the line break at the end."""
    if side is None:
        return ""
    encoding, data = side["encoding"], side["data"]
    if encoding in _TEXT:
        return without_line_break(str(data))
    if encoding == "BASE64":
        return without_line_break(base64.b64decode(data).decode())
    raise ValueError(f"data captured as {encoding!r} cannot be read, only as {', '.join((*_TEXT, 'BASE64'))}")
