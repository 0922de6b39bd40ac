"""The grammar of AlarmRule, and what a rule says of alarms' states."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError, UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<condition>(?:ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^")(][^)(]*))\s*\))
      | (?P<constant>(?i:TRUE|FALSE)\b)
      | (?P<mark>AND\b|OR\b|NOT\b|[()])
    )""",
    re.VERBOSE,
)
_MOST_CHILDREN = 100
_MOST_ELEMENTS = 500
_DEEPEST = 100


@dataclass(frozen=True, slots=True)
class Condition:
    """Whether an alarm is in a state."""

    state: str
    alarm: str
    """Name or ARN, as the rule has it."""


@dataclass(frozen=True, slots=True)
class Constant:
    value: bool


@dataclass(frozen=True, slots=True)
class Not:
    operand: Rule


@dataclass(frozen=True, slots=True)
class Both:
    """``AND`` of all parts, or ``OR`` where ``any_`` is set."""

    parts: tuple[Rule, ...]
    any_: bool


Rule = Condition | Constant | Not | Both


@dataclass(frozen=True, slots=True)
class Verdict:
    holds: bool
    witnesses: tuple[str, ...]
    """The names of the alarms whose states make it so."""


@lru_cache(maxsize=1024)
def parse(text: str) -> Rule:
    """Raises AwsError for what is no rule, and for more than AWS's limits."""
    if not text or text != text.strip():
        raise AwsError("ValidationError", "AlarmRule must not contain leading or trailing whitespace or be null")
    if re.search(r"\bAT_LEAST\s*\(", text):
        raise UnsupportedError("cloudwatch:PutCompositeAlarm with AT_LEAST in the AlarmRule")
    tokens = list(_tokens(text))
    elements = sum(not (kind == "mark" and each != "(") for kind, each, _ in tokens)
    if elements > _MOST_ELEMENTS:
        raise AwsError("ValidationError", f"AlarmRule has {elements} elements, and may have {_MOST_ELEMENTS}.")
    depth = deepest = 0
    for kind, each, _ in tokens:
        depth += (each == "(") - (each == ")") if kind == "mark" else 0
        deepest = max(deepest, depth)
    if deepest > _DEEPEST:
        raise AwsError("ValidationError", f"Over {_DEEPEST} parentheses of the AlarmRule lie in each other.")
    rule = _Parser(tokens).whole()
    if len(children(rule)) > _MOST_CHILDREN:
        raise AwsError(
            "ValidationError", f"AlarmRule names {len(children(rule))} alarms, and may name {_MOST_CHILDREN}."
        )
    return rule


def children(rule: Rule) -> tuple[str, ...]:
    """The names of the alarms in a rule, each once, in their order."""
    return tuple(dict.fromkeys(name_of(each.alarm) for each in _conditions(rule)))


def references(rule: Rule) -> tuple[str, ...]:
    """The alarms as the rule names them."""
    return tuple(dict.fromkeys(each.alarm for each in _conditions(rule)))


def name_of(reference: str) -> str:
    """The name in an alarm's ARN, or the name itself."""
    return reference.split(":alarm:", 1)[1] if reference.startswith("arn:") and ":alarm:" in reference else reference


def evaluate(rule: Rule, state_of: Callable[[str], str | None]) -> Verdict:
    """``state_of``: an alarm's state by its name."""
    match rule:
        case Constant(value):
            return Verdict(value, ())
        case Condition(state, alarm):
            return Verdict(state_of(name_of(alarm)) == state, (name_of(alarm),))
        case Not(operand):
            found = evaluate(operand, state_of)
            return Verdict(not found.holds, found.witnesses)
        case Both(parts, any_):
            verdicts = [evaluate(part, state_of) for part in parts]
            holds = any(each.holds for each in verdicts) if any_ else all(each.holds for each in verdicts)
            told = [name for each in verdicts if each.holds == holds for name in each.witnesses]
            return Verdict(holds, tuple(dict.fromkeys(told)))


def _conditions(rule: Rule) -> Iterator[Condition]:
    match rule:
        case Condition():
            yield rule
        case Not(operand):
            yield from _conditions(operand)
        case Both(parts, _):
            for part in parts:
                yield from _conditions(part)
        case Constant():
            return


def _tokens(text: str) -> Iterator[tuple[str, str, str]]:
    """(kind, text, the alarm of a condition)."""
    at = 0
    while text[at:].strip():
        found = _TOKEN.match(text, at)
        if found is None:
            raise _wrong(f"at position {at}: {text[at : at + 40].strip()}")
        if found["condition"]:
            quoted = found["quoted"]
            alarm = found["plain"].strip() if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
            yield "condition", found["condition"].split("(")[0].strip(), alarm
        else:
            kind = "constant" if found["constant"] else "mark"
            yield kind, found[kind], ""
        at = found.end()


def _wrong(where: str) -> AwsError:
    return AwsError("ValidationError", f"AlarmRule is not a valid rule expression {where}")


class _Parser:
    def __init__(self, tokens: list[tuple[str, str, str]]) -> None:
        self._tokens = [*tokens, ("end", "", "")]
        self._at = 0

    def whole(self) -> Rule:
        rule = self._joined("OR")
        if self._tokens[self._at][0] != "end":
            raise self._unexpected()
        return rule

    def _mark(self, wanted: str) -> bool:
        kind, text, _ = self._tokens[self._at]
        found = kind == "mark" and text == wanted
        self._at += found
        return found

    def _joined(self, word: str) -> Rule:
        parts = [self._part(word)]
        while self._mark(word):
            parts.append(self._part(word))
        return parts[0] if len(parts) == 1 else Both(tuple(parts), word == "OR")

    def _part(self, word: str) -> Rule:
        return self._joined("AND") if word == "OR" else self._negated()

    def _negated(self) -> Rule:
        return Not(self._item()) if self._mark("NOT") else self._item()

    def _item(self) -> Rule:
        if self._mark("("):
            rule = self._joined("OR")
            if not self._mark(")"):
                raise self._unexpected()
            return rule
        kind, text, alarm = self._tokens[self._at]
        if kind not in ("condition", "constant"):
            raise self._unexpected()
        self._at += 1
        return Condition(text, alarm) if kind == "condition" else Constant(text.upper() == "TRUE")

    def _unexpected(self) -> AwsError:
        kind, text, _ = self._tokens[self._at]
        return _wrong("at its end" if kind == "end" else f"at {text}")
