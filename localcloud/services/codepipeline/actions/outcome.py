"""The outcome of an action that succeeded."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from localcloud.services.codepipeline.artifacts import Location


@dataclass(frozen=True, kw_only=True, slots=True)
class Revision:
    """The revision that a source action took."""

    revision_id: str
    summary: str
    url: str
    created: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    summary: str | None = None
    variables: dict[str, str] = field(default_factory=dict)
    artifacts: dict[str, Location] = field(default_factory=dict)
    revision: Revision | None = None
