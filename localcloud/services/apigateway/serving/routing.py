"""Which resource a path names: literal parts come before variables, and these before greedy ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class Found(Generic[T]):
    method: T
    path_parameters: dict[str, str]


@dataclass(slots=True)
class _Node(Generic[T]):
    literals: dict[str, _Node[T]] = field(default_factory=dict)
    variable: tuple[str, _Node[T]] | None = None
    greedy: tuple[str, _Node[T]] | None = None
    methods: dict[str, T] = field(default_factory=dict)


class Routing(Generic[T]):
    def __init__(self, methods: Iterable[tuple[str, str, T]]) -> None:
        """``methods``: path (``/a/{b}/{proxy+}``), HTTP method or ANY, and what is found there."""
        self._root: _Node[T] = _Node()
        for path, http_method, method in methods:
            node = self._root
            for part in _parts(path):
                node = _below(node, part)
            node.methods[http_method] = method

    def find(self, path: str, http_method: str) -> Found[T] | None:
        """The method of a request. A path that ends in a slash is the same without it."""
        return _search(self._root, [unquote(part) for part in _parts(path)], http_method, {})


def _parts(path: str) -> list[str]:
    stripped = path.strip("/")
    return stripped.split("/") if stripped else []


def _below(node: _Node[T], part: str) -> _Node[T]:
    if part.endswith("+}"):
        node.greedy = node.greedy or (part[1:-2], _Node())
        return node.greedy[1]
    if part.startswith("{"):
        node.variable = node.variable or (part[1:-1], _Node())
        return node.variable[1]
    return node.literals.setdefault(part, _Node())


def _search(node: _Node[T], parts: Sequence[str], http_method: str, known: dict[str, str]) -> Found[T] | None:
    if not parts:
        found = node.methods.get(http_method, node.methods.get("ANY"))
        return None if found is None else Found(method=found, path_parameters=known)
    literal = node.literals.get(parts[0])
    result = _search(literal, parts[1:], http_method, known) if literal else None
    if result is None and node.variable is not None and parts[0]:
        name, below = node.variable
        result = _search(below, parts[1:], http_method, {**known, name: parts[0]})
    if result is None and node.greedy is not None:
        name, below = node.greedy
        result = _search(below, [], http_method, {**known, name: "/".join(parts)})
    return result
