"""Decides whether a delivery is genuine and for a pipeline, by signature, JSON paths and their values."""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_PATH = re.compile(r"\$((?:\.[A-Za-z_][A-Za-z0-9_-]*)|(?:\[\d+\])|(?:\['[^']+'\]))*")
_STEP = re.compile(r"\.([A-Za-z_][A-Za-z0-9_-]*)|\[(\d+)\]|\['([^']+)'\]")
_PLACEHOLDER = re.compile(r"\{([A-Za-z]+)\}")

_MISSING = object()


def is_path(json_path: str) -> bool:
    """Whether a path has only names and indices (``$.ref``, ``$.commits[0].id``), no wildcards or filters."""
    return _PATH.fullmatch(json_path) is not None


def placeholders(match_equals: str) -> list[str]:
    """The names of the action's configuration in a value such as ``refs/heads/{Branch}``."""
    return _PLACEHOLDER.findall(match_equals)


def matches(payload: Any, filters: list[dict[str, str]], configuration: Mapping[str, str]) -> bool:
    """Whether every filter finds its value. A filter without ``matchEquals`` only needs a value to exist."""
    return all(_matches_one(payload, rule, configuration) for rule in filters)


def signature_is_valid(secret: str, body: bytes, headers: Mapping[str, str]) -> bool:
    """Checks GitHub's signature of the body: SHA-256 if it is there, otherwise SHA-1. Headers are in lower case."""
    for header, algorithm in (("x-hub-signature-256", "sha256"), ("x-hub-signature", "sha1")):
        given = headers.get(header)
        if given is not None:
            expected = f"{algorithm}=" + hmac.new(secret.encode(), body, getattr(hashlib, algorithm)).hexdigest()
            return hmac.compare_digest(expected.encode(), given.encode())
    return False


def _matches_one(payload: Any, rule: dict[str, str], configuration: Mapping[str, str]) -> bool:
    value = _value(payload, rule["jsonPath"])
    if value is _MISSING or "matchEquals" not in rule:
        return value is not _MISSING
    wanted = _PLACEHOLDER.sub(lambda found: configuration.get(found[1], found[0]), rule["matchEquals"])
    return str(value) == wanted


def _value(payload: Any, json_path: str) -> Any:
    value = payload
    for name, index, quoted in _STEP.findall(json_path):
        if index:
            value = value[int(index)] if isinstance(value, list) and int(index) < len(value) else _MISSING
        else:
            value = value.get(name or quoted, _MISSING) if isinstance(value, dict) else _MISSING
    return value
