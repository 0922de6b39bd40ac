"""How an action's work ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from localcloud.services.codepipeline.artifacts import Location


@dataclass(frozen=True, kw_only=True, slots=True)
class Revision:
    """What a source action took."""

    revision_id: str
    summary: str
    url: str
    created: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What a succeeded action hands on."""

    summary: str | None = None
    variables: dict[str, str] = field(default_factory=dict)
    artifacts: dict[str, Location] = field(default_factory=dict)
    revision: Revision | None = None


class ActionFailedError(Exception):
    """``code`` is one of AWS's: JobFailed, ConfigurationError, PermissionError, RevisionUnavailable, …"""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class ActionStoppedError(Exception):
    """The execution was stopped and its actions abandoned: end what runs, then pass this on."""


class ActionTimedOutError(Exception):
    """The action's time is over: end what runs, then pass this on."""
