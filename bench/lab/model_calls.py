"""Calls drawn from AWS's models: valid ones, and for each the ways in which one of its members can be spoilt."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from localcloud.wire import patterns

#: Texts of which one fits most patterns.
_TEXTS = (
    *("a", "aa", "abc", "ab12", "a" * 20, "a" * 36, "1", "12", "123456789012", "us-east-1", "us-east-1_abcdefghi"),
    *("arn:aws:iam::123456789012:role/r", "arn:aws:lambda:us-east-1:123456789012:function:f", "s3://bucket/key"),
    *("arn:aws:sagemaker:us-east-1:123456789012:endpoint/e", "https://host/path", "AWS::S3::Bucket", "{}", "a@b.org"),
    *("lambda:InvokeFunction", "arn:aws:s3:::bucket", "index.handler", "rate(1 day)", "token_abc", "a.b.c", "{####}"),
    *("arn:aws:kms:us-east-1:123456789012:key/12345678-1234-1234-1234-123456789012", "{####} {##a##}", "$LATEST"),
    *("12345678-1234-1234-1234-123456789012", "aws.codebuild", "python3.11", "sg-1", "0", "a/b"),
)
#: Texts of which one breaks most patterns.
_STRANGE = ("?", "\u00e9 ?!", "a b?", "-", " ", "x:y:z", "\x01", "http//", "\x01" * 20, "?" * 40)
_DEEPEST = 4
#: What is in the address has to fit into it.
_LONGEST = {None: 70_000, "uri": 1500, "querystring": 1500, "header": 1500}
Place = tuple[str | int, ...]


@dataclass(frozen=True, kw_only=True)
class Spoilt:
    """A call of which one member breaks one constraint."""

    params: dict[str, Any]
    place: str
    """The member, as AWS's messages name it."""
    constraint: str


def valid(shape: Any, depth: int = 0) -> Any:
    """The least value of a shape: required members only."""
    kind = shape.type_name
    least = int(shape.metadata.get("min") or 0)
    if kind == "structure":
        names = shape.required_members or (list(shape.members)[:1] if getattr(shape, "is_tagged_union", False) else [])
        return {name: valid(shape.members[name], depth + 1) for name in names} if depth < _DEEPEST * 2 else {}
    if kind == "list":
        return [valid(shape.member, depth + 1) for _ in range(max(least, 1 if depth else 0))]
    if kind == "map":
        return {text(shape.key): valid(shape.value, depth + 1)} if least else {}
    others = {"timestamp": datetime(2026, 1, 1, tzinfo=UTC), "boolean": True, "blob": b"a" * max(least, 1)}
    if kind in others:
        return others[kind]
    return text(shape) if kind == "string" else max(least, 1)


def text(shape: Any) -> str:
    if getattr(shape, "enum", None):
        return str(shape.enum[0])
    least, most = shape.metadata.get("min") or 0, shape.metadata.get("max") or 10**6
    pattern = shape.metadata.get("pattern")
    fitting = (
        each
        for each in (*_TEXTS, "a" * least)
        if least <= len(each) <= most and (not pattern or patterns.compiled(pattern).fits(each))
    )
    return next(fitting, "a" * max(least, 1))


def spoilt(shape: Any) -> Iterator[Spoilt]:
    """For each member that is constrained, as deep as AWS's front ends name members, each constraint broken once."""
    base = valid(shape)
    for place, told, member, required in _members(shape, (), "", 0):
        if required and member.serialization.get("location") != "uri":
            yield Spoilt(params=_changed(shape, base, place, None), place=told, constraint="required")
        for constraint, wrong in _wrong(member):
            yield Spoilt(params=_changed(shape, base, place, wrong), place=told, constraint=constraint)


def _members(shape: Any, place: Place, told: str, depth: int) -> Iterator[tuple[Place, str, Any, bool]]:
    if depth > _DEEPEST or getattr(shape, "is_document_type", False):
        return
    for name, member in shape.members.items():
        here = (*place, name)
        said = f"{told}.{_small(name)}" if told else _small(name)
        yield here, said, member, name in shape.required_members
        if member.type_name == "structure":
            yield from _members(member, here, said, depth + 1)
        if member.type_name == "list" and member.member.type_name == "structure":
            yield from _members(member.member, (*here, 0), f"{said}.1.member", depth + 1)


def _small(name: str) -> str:
    return name[:1].lower() + name[1:]


def _wrong(shape: Any) -> Iterator[tuple[str, Any]]:
    kind, metadata = shape.type_name, shape.metadata
    longest = _LONGEST.get(shape.serialization.get("location"), 0)
    most, least = metadata.get("max"), metadata.get("min")
    if kind == "string":
        if getattr(shape, "enum", None):
            yield "enumeration", "Sideways-1"
        pattern = metadata.get("pattern")
        strange = next((each for each in _STRANGE if pattern and not patterns.compiled(pattern).fits(each)), None)
        if strange is not None:
            yield "pattern", strange
        if most is not None and most < longest:
            yield "length", "a" * (most + 1)
    elif kind in ("integer", "long") and most is not None:
        yield "range", most + 1
    elif kind in ("integer", "long") and least is not None:
        yield "range", least - 1
    elif kind == "list" and most is not None and most <= 100 and "location" not in shape.serialization:
        yield "length", [valid(shape.member, 1)] * (most + 1)


def _changed(shape: Any, base: dict[str, Any], place: Place, value: Any) -> dict[str, Any]:
    """The call with one member replaced; None leaves it out. What leads there is filled in."""
    params: dict[str, Any] = copy.deepcopy(base)
    here: Any = params
    for part in place[:-1]:
        if isinstance(part, str):
            shape = shape.members[part]
            if not here.get(part):
                here[part] = [valid(shape.member, 1)] if shape.type_name == "list" else valid(shape, 1)
        else:
            shape = shape.member
        here = here[part]
    if value is None:
        here.pop(place[-1], None)
    else:
        here[place[-1]] = value
    return params
