"""Patch operations, with which API Gateway's resources change in place: from their properties before and now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.resources.shapes import document

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Patch = dict[str, str]


def escaped(segment: str) -> str:
    """A segment of a patch's path."""
    return segment.replace("~", "~0").replace("/", "~1")


def replaced(previous: Mapping[str, Any], wanted: Mapping[str, Any], paths: Mapping[str, str]) -> list[Patch]:
    """``paths``: property → path. A property that left the template is removed."""
    found: list[Patch] = []
    for name, path in paths.items():
        was, value = previous.get(name), wanted.get(name)
        if was == value:
            continue
        if value is None:
            found.append({"op": "remove", "path": path})
        else:
            found.append({"op": "replace", "path": path, "value": _text(value)})
    return found


def members(previous: Iterable[str], wanted: Iterable[str], path: str) -> list[Patch]:
    """A list of texts, whose members the patch's value names. What is added comes first."""
    was, now = list(previous), list(wanted)
    return [
        *({"op": "add", "path": path, "value": item} for item in now if item not in was),
        *({"op": "remove", "path": path, "value": item} for item in was if item not in now),
    ]


def entries(previous: Mapping[str, Any], wanted: Mapping[str, Any], path: str) -> list[Patch]:
    """A map, or a structure, of single values."""
    names = {name: f"{path}/{escaped(name)}" for name in {**previous, **wanted}}
    return replaced(previous, wanted, names)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else document(value) if isinstance(value, dict) else str(value)
