"""Why something is granted that a full run does not need: each entry names AWS's rule."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

_FILE = Path(__file__).with_name("reasons.toml")


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """The reason for a grant (an action or a resource) of some roles; both are patterns with ``*``."""

    roles: str
    granted: tuple[str, ...]
    because: str


def reasons(section: str) -> tuple[Reason, ...]:
    """``unused``: reasons for what a run does not use; ``survivors``: for what a run works without."""
    document = tomllib.loads(_FILE.read_text())
    return tuple(
        Reason(roles=found["roles"], granted=tuple(found["granted"]), because=found["because"])
        for found in document.get(section, [])
    )


def reason_for(role: str, granted: str, known: tuple[Reason, ...]) -> str | None:
    """The first reason that matches; None if nobody has written one."""
    return next(
        (
            reason.because
            for reason in known
            if fnmatchcase(role, reason.roles) and any(fnmatchcase(granted, pattern) for pattern in reason.granted)
        ),
        None,
    )
