"""Finds REST operations by method and path, as botocore's model of a service describes them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

_LABEL = re.compile(r"\{([^}+]+)\+?\}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    operation: str
    #: The parameters in the path, by name.
    labels: dict[str, str]


class RestPaths:
    def __init__(self, model: Any) -> None:
        """``model``: botocore's model of a service whose protocol is REST."""
        entries = [_entry(model.operation_model(name).http, name) for name in model.operation_names]
        # A literal in path or query comes before a parameter at the same place.
        self._entries = sorted(entries, key=lambda entry: (-len(entry.query), entry.labels))

    def find(self, method: str, path: str, query: str) -> Found | None:
        """The operation of a request, or None. ``path``: as it was sent, percent signs and all."""
        given = dict(parse_qsl(query, keep_blank_values=True))
        for entry in self._entries:
            if entry.method != method or not entry.query.items() <= given.items():
                continue
            match = entry.path.fullmatch(path.rstrip("/"))
            if match:
                return Found(
                    operation=entry.operation,
                    labels={name: unquote(value) for name, value in zip(entry.names, match.groups(), strict=True)},
                )
        return None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Entry:
    operation: str
    method: str
    path: re.Pattern[str]
    names: tuple[str, ...]
    query: dict[str, str]

    @property
    def labels(self) -> int:
        return len(self.names)


def _entry(http: dict[str, Any], operation: str) -> _Entry:
    path, _, query = http["requestUri"].partition("?")
    pieces = _LABEL.split(path.rstrip("/"))
    expression = "".join("([^/]+)" if index % 2 else re.escape(text) for index, text in enumerate(pieces))
    return _Entry(
        operation=operation,
        method=http["method"],
        path=re.compile(expression),
        names=tuple(pieces[1::2]),
        query=dict(parse_qsl(query, keep_blank_values=True)),
    )
