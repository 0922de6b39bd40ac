"""Writes typed documents as JSON, and reads them back strictly."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from handover.errors import HandOverError

if TYPE_CHECKING:
    from collections.abc import Mapping


def to_json(document: object) -> str:
    """Readable, with a newline at the end; equal documents give equal bytes."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def from_json(text: str, name: str) -> dict[str, Any]:
    """Raises HandOverError if the text is no JSON object; ``name`` names the document in the message."""
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise HandOverError(f"{name} is no JSON: {error}") from error
    if not isinstance(document, dict):
        raise HandOverError(f"{name} holds {type(document).__name__}, expected an object")
    return document


def member(document: Mapping[str, Any], key: str, name: str) -> Any:
    """Raises HandOverError if the document lacks the key."""
    try:
        return document[key]
    except KeyError:
        raise HandOverError(f"{name} has no {key!r}; it has {', '.join(document) or 'nothing'}") from None
