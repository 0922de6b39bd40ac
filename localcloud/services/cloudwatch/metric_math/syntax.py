"""Reads an expression into a tree."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localcloud.services.cloudwatch.metric_math.errors import ExpressionError

if TYPE_CHECKING:
    from collections.abc import Iterator

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
      | (?P<name>[A-Za-z][A-Za-z0-9_]*)
      | (?P<text>"[^"]*"|'[^']*')
      | (?P<mark>==|!=|<=|>=|&&|\|\||[-+*/^<>()\[\],])
    )""",
    re.VERBOSE,
)
_SAME = {"&&": "AND", "||": "OR"}
#: Operators from those that bind least to those that bind most. All of them group from the left.
_LEVELS = (("OR",), ("AND",), ("==", "!=", "<", "<=", ">", ">="), ("+", "-"), ("*", "/"))
#: So deep may parentheses, signs and powers lie in each other. AWS limits an expression to 2048 characters.
_DEEPEST = 50


@dataclass(frozen=True, slots=True)
class Number:
    value: float


@dataclass(frozen=True, slots=True)
class Text:
    value: str


@dataclass(frozen=True, slots=True)
class Name:
    """The Id of another query, or a word that a function takes, such as ``REPEAT``."""

    value: str


@dataclass(frozen=True, slots=True)
class Negative:
    operand: Node


@dataclass(frozen=True, slots=True)
class Operation:
    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Array:
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Function:
    name: str
    arguments: tuple[Node, ...]


Node = Number | Text | Name | Negative | Operation | Array | Function


def parse(expression: str) -> Node:
    """Raises ExpressionError where the expression breaks AWS's grammar."""
    return _Parser(list(_tokens(expression))).whole()


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it. A long sum is a deep tree: nothing here calls itself."""
    left = [node]
    while left:
        found = left.pop()
        yield found
        match found:
            case Negative(operand):
                left.append(operand)
            case Operation(_, first, second):
                left += [first, second]
            case Array(items) | Function(_, items):
                left += items
            case _:
                pass


def _tokens(expression: str) -> Iterator[tuple[str, str]]:
    """(kind, text) of each, and an end."""
    at = 0
    while expression[at:].strip():
        found = _TOKEN.match(expression, at)
        if found is None:
            raise ExpressionError(f"Unexpected character at position {at}: {expression[at:].strip()[:1]}")
        kind = str(found.lastgroup)
        text = _SAME.get(found[kind], found[kind])
        yield ("mark" if text in ("AND", "OR") else kind), text
        at = found.end()
    yield "end", "end of the expression"


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def whole(self) -> Node:
        node = self._level(0)
        if self._kind != "end":
            raise self._unexpected()
        return node

    @property
    def _kind(self) -> str:
        return self._tokens[self._at][0]

    def _mark(self, *wanted: str) -> str | None:
        """Takes the next token if it is one of these marks."""
        kind, text = self._tokens[self._at]
        if kind != "mark" or text not in wanted:
            return None
        self._at += 1
        return text

    def _expect(self, mark: str) -> None:
        if self._mark(mark) is None:
            raise self._unexpected()

    def _unexpected(self) -> ExpressionError:
        return ExpressionError(f"Unexpected token: {self._tokens[self._at][1]}")

    def _level(self, level: int) -> Node:
        if level == len(_LEVELS):
            return self._signed()
        node = self._level(level + 1)
        while operator := self._mark(*_LEVELS[level]):
            node = Operation(operator, node, self._level(level + 1))
        return node

    def _signed(self) -> Node:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise ExpressionError(f"Over {_DEEPEST} parentheses, signs or powers lie in each other.")
        if self._mark("-"):
            node: Node = Negative(self._signed())
        else:
            node = self._item()
            if self._mark("^"):
                node = Operation("^", node, self._signed())
        self._depth -= 1
        return node

    def _item(self) -> Node:
        if self._mark("("):
            node = self._level(0)
            self._expect(")")
            return node
        if self._mark("["):
            return Array(self._list("]"))
        kind, text = self._tokens[self._at]
        if kind in ("mark", "end"):
            raise self._unexpected()
        self._at += 1
        if kind == "number":
            return Number(float(text))
        if kind == "text":
            return Text(text[1:-1])
        return Function(text, self._list(")")) if self._mark("(") else Name(text)

    def _list(self, end: str) -> tuple[Node, ...]:
        if self._mark(end):
            return ()
        items = [self._level(0)]
        while self._mark(","):
            items.append(self._level(0))
        self._expect(end)
        return tuple(items)
