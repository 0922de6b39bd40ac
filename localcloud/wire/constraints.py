"""Holds the parameters of a call against AWS's model of the operation: required members, lengths, ranges, patterns and
enumerations, in the words of AWS's front ends.

Each shape of a model is compiled once, into a function that looks at nothing but what the shape constrains. A shape
without constraints costs nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeAlias

from localcloud.platform.errors import AwsError
from localcloud.wire import patterns

#: Takes a value, its place, and the list to which it adds what is wrong.
Check: TypeAlias = Callable[[Any, str, list[str]], None]
#: What is wrong with a single value, by the constraint that it breaks.
Scalar: TypeAlias = Callable[[Any], list[str]]

#: The code of services that do not say ``ValidationException``, by botocore's name of the service.
_CODES = {
    "cloudwatch": "ValidationError",
    "cloudfront": "InvalidArgument",
    "sagemaker-runtime": "ValidationError",
    **dict.fromkeys(("cognito-idp", "ecr", "logs", "resourcegroupstaggingapi"), "InvalidParameterException"),
}
_WHOLE = {"integer": 31, "long": 63, "short": 15, "byte": 7}
_SHOWN_CHARACTERS = 4096
#: A longer value is too long for every model that has a pattern, and need not be searched.
_SEARCHED_CHARACTERS = 100_000


class Constraints:
    """The compiled constraints of one service."""

    def __init__(self, service: str, protocol: str) -> None:
        self._code = _CODES.get(service, "ValidationError" if protocol == "query" else "ValidationException")
        self._checks: dict[str, Check | None] = {}
        #: The shapes of operations that are compiled with all that is in them. One thread compiles at a time: another
        #: one would find a shape that stands for itself.
        self._whole: dict[str, Check | None] = {}
        self._compiling = threading.Lock()

    def check(self, shape: Any | None, params: dict[str, Any]) -> None:
        """Raises the service's error, which lists everything that is wrong."""
        if shape is None:
            return
        if shape.name not in self._whole:
            with self._compiling:
                self._whole[shape.name] = self._of(shape)
        found = self._whole[shape.name]
        if found is None:
            return
        problems: list[str] = []
        found(params, "", problems)
        if problems:
            errors = "error" if len(problems) == 1 else "errors"
            raise AwsError(self._code, f"{len(problems)} validation {errors} detected: {'; '.join(problems)}")

    def _of(self, shape: Any) -> Check | None:
        name = shape.name
        if name not in self._checks:
            # A shape that is in itself finds this one, which by then stands for the whole.
            self._checks[name] = self._later(name)
            self._checks[name] = self._compiled(shape)
        return self._checks[name]

    def _later(self, name: str) -> Check:
        def check(value: Any, place: str, problems: list[str]) -> None:
            compiled = self._checks[name]
            if compiled is not None:
                compiled(value, place, problems)

        return check

    def _compiled(self, shape: Any) -> Check | None:
        if getattr(shape, "is_document_type", False):
            return None
        if shape.type_name == "structure":
            return self._of_structure(shape)
        if shape.type_name == "list":
            return self._of_list(shape)
        if shape.type_name == "map":
            return self._of_map(shape)
        return _placed(_scalar(shape), hidden=_is_hidden(shape))

    def _of_structure(self, shape: Any) -> Check | None:
        required = tuple((name, _spelled(name)) for name in shape.required_members)
        found = ((name, _spelled(name), self._of(member)) for name, member in shape.members.items())
        members = tuple((name, spelled, check) for name, spelled, check in found if check is not None)
        union = getattr(shape, "is_tagged_union", False)
        if not (required or members or union):
            return None

        def check(value: Any, place: str, problems: list[str]) -> None:
            at = f"{place}." if place else ""
            for name, spelled in required:
                if value.get(name) is None:
                    problems.append(_null(at + spelled))
            for name, spelled, inner in members:
                item = value.get(name)
                if item is not None:
                    inner(item, at + spelled, problems)
            if union and len(value) != 1:
                problems.append(f"Value at '{place}' failed to satisfy constraint: exactly one member must be set")

        return check

    def _of_list(self, shape: Any) -> Check | None:
        own = _placed(_sized(shape), hidden=_is_hidden(shape))
        single = _scalar(shape.member)
        inner = None if single else self._of(shape.member)
        told, hidden = _bracketed(_constraints(shape.member)), _is_hidden(shape) or _is_hidden(shape.member)

        def check(value: Any, place: str, problems: list[str]) -> None:
            if own is not None:
                own(value, place, problems)
            if single is not None and any(item is None or single(item) for item in value):
                problems.append(f"{_shown(value, place, hidden=hidden)}: Member must satisfy constraint: {told}")
            for number, item in enumerate(value, 1):
                if item is None:
                    if single is None:
                        problems.append(_null(f"{place}.{number}.member"))
                elif inner is not None:
                    inner(item, f"{place}.{number}.member", problems)

        return check

    def _of_map(self, shape: Any) -> Check | None:
        own = _placed(_sized(shape), hidden=_is_hidden(shape))
        key, single = _scalar(shape.key), _scalar(shape.value)
        inner = None if single else self._of(shape.value)
        hidden = _is_hidden(shape) or _is_hidden(shape.value)
        of_keys, of_values = _bracketed(_constraints(shape.key)), _bracketed(_constraints(shape.value))
        if not (own or key or single or inner):
            return None

        def check(value: Any, place: str, problems: list[str]) -> None:
            if own is not None:
                own(value, place, problems)
            if key is not None and any(key(item) for item in value):
                shown = _shown(value, place, hidden=hidden)
                problems.append(f"{shown}: Map keys must satisfy constraint: {of_keys}")
            if single is not None and any(item is not None and single(item) for item in value.values()):
                problems.append(
                    f"{_shown(value, place, hidden=hidden)}: Map value must satisfy constraint: {of_values}"
                )
            if inner is not None:
                for name, item in value.items():
                    if item is not None:
                        inner(item, f"{place}.{name}.member", problems)

        return check


def _null(place: str) -> str:
    return f"Value null at '{place}' failed to satisfy constraint: Member must not be null"


def _spelled(name: str) -> str:
    """A member's name in AWS's messages: with a small initial."""
    return name[:1].lower() + name[1:]


def _is_hidden(shape: Any) -> bool:
    """Whether AWS's messages leave out the value: a password."""
    return bool(shape.metadata.get("sensitive"))


def _placed(broken: Scalar | None, *, hidden: bool) -> Check | None:
    if broken is None:
        return None

    def check(value: Any, place: str, problems: list[str]) -> None:
        problems.extend(f"{_shown(value, place, hidden=hidden)}: {problem}" for problem in broken(value))

    return check


def _shown(value: Any, place: str, *, hidden: bool = False) -> str:
    shown = "Value" if hidden else f"Value '{_text(value)[:_SHOWN_CHARACTERS]}'"
    return f"{shown} at '{place}' failed to satisfy constraint"


def _text(value: Any) -> str:
    """A value as Java writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return f"java.nio.HeapByteBuffer[pos=0 lim={len(value)} cap={len(value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}={_text(item)}' for name, item in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_text, value))}]"
    return "null" if value is None else str(value)


def _bracketed(constraints: list[tuple[Any, str]]) -> str:
    return f"[{', '.join(text for _, text in constraints)}]"


def _scalar(shape: Any) -> Scalar | None:
    """What a single value breaks; None for a structure, a list or a map, and where there is no constraint."""
    if shape.type_name in ("structure", "list", "map"):
        return None
    return _broken(_constraints(shape))


def _sized(shape: Any) -> Scalar | None:
    return _broken(_lengths(shape))


def _broken(constraints: list[tuple[Any, str]]) -> Scalar | None:
    if not constraints:
        return None
    return lambda value: [text for holds, text in constraints if not holds(value)]


def _constraints(shape: Any) -> list[tuple[Any, str]]:
    """What each constraint of a shape asks of a value, and AWS's words for it."""
    kind, found = shape.type_name, []
    if kind in ("structure", "list", "map", "timestamp", "boolean"):
        return []
    if kind in ("string", "character", "blob"):
        found += _lengths(shape)
    else:
        found += _ranges(shape, kind)
    pattern, enum = shape.metadata.get("pattern"), list(getattr(shape, "enum", ()))
    if kind == "string" and enum:
        allowed = frozenset(enum)
        found.append((allowed.__contains__, f"Member must satisfy enum value set: [{', '.join(enum)}]"))
    if kind == "string" and pattern:
        found.append((_Fits(pattern), f"Member must satisfy regular expression pattern: {pattern}"))
    return found


def _lengths(shape: Any) -> list[tuple[Any, str]]:
    most, least = shape.metadata.get("max"), shape.metadata.get("min")
    found: list[tuple[Any, str]] = []
    if most is not None:
        found.append((lambda value: len(value) <= most, f"Member must have length less than or equal to {most}"))
    if least:
        found.append((lambda value: len(value) >= least, f"Member must have length greater than or equal to {least}"))
    return found


def _ranges(shape: Any, kind: str) -> list[tuple[Any, str]]:
    most, least = shape.metadata.get("max"), shape.metadata.get("min")
    if kind in _WHOLE:
        most = min(most if most is not None else 2 ** _WHOLE[kind], 2 ** _WHOLE[kind] - 1)
        least = max(least if least is not None else -(2 ** _WHOLE[kind]), -(2 ** _WHOLE[kind]))
    found: list[tuple[Any, str]] = []
    if most is not None:
        found.append((lambda value: value <= most, f"Member must have value less than or equal to {most}"))
    if least is not None:
        found.append((lambda value: value >= least, f"Member must have value greater than or equal to {least}"))
    return found


class _Fits:
    """Whether a text matches a pattern, which is compiled when it is first asked for."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern

    def __call__(self, value: str) -> bool:
        return len(value) <= _SEARCHED_CHARACTERS and patterns.compiled(self._pattern).fits(value)
