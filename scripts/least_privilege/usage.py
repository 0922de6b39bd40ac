"""Grants compared with calls: which action and which resource of a statement was used, and whether by a wildcard."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING

from localcloud.iam.matching import arn_matches, matches
from localcloud.iam.records import USED_TABLE, read_table

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from scripts.least_privilege.grants import Role, Statement


class Used(Enum):
    """How a grant was used."""

    EXACTLY = "✓"
    BY_WILDCARD = "✱"
    NEVER = "✗"


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """An action on a resource that a role was allowed."""

    role_arn: str
    action: str
    resource: str
    first: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class StatementUse:
    """What was used of a statement: each action on any of its resources, and each resource by any of its actions."""

    statement: Statement
    actions: tuple[tuple[str, Used], ...]
    resources: tuple[tuple[str, Used], ...]

    @property
    def never(self) -> tuple[str, ...]:
        """Actions and resources that no call needed."""
        return tuple(name for name, used in (*self.actions, *self.resources) if used is Used.NEVER)


def calls_of(home: Path) -> list[Call]:
    """What the local cloud of this home has recorded since its start."""
    return [
        Call(
            role_arn=found["role"],
            action=found["action"],
            resource=found["resource"],
            first=datetime.fromisoformat(found["first"]),
        )
        for found in read_table(home, USED_TABLE)
    ]


def use_of(role: Role, calls: Iterable[Call]) -> tuple[StatementUse, ...]:
    """For each statement that allows; conditions are not evaluated again."""
    mine = [call for call in calls if call.role_arn == role.arn]
    return tuple(
        StatementUse(
            statement=statement,
            actions=tuple((name, _best(action_used(name, statement, mine))) for name in statement.actions),
            resources=tuple((name, _best(_resource_used(name, statement, mine))) for name in statement.resources),
        )
        for statement in role.statements
        if statement.effect == "Allow"
    )


def action_used(action: str, statement: Statement, calls: Iterable[Call]) -> list[Used]:
    return [
        Used.EXACTLY if action.lower() == call.action.lower() else Used.BY_WILDCARD
        for call in calls
        if matches(action, call.action, ignore_case=True)
        and any(resource_matches(pattern, call.resource) for pattern in statement.resources)
    ]


def _resource_used(resource: str, statement: Statement, calls: Iterable[Call]) -> list[Used]:
    return [
        Used.EXACTLY if resource == call.resource else Used.BY_WILDCARD
        for call in calls
        if resource_matches(resource, call.resource)
        and any(matches(pattern, call.action, ignore_case=True) for pattern in statement.actions)
    ]


def resource_matches(pattern: str, resource: str) -> bool:
    return pattern == "*" or arn_matches(pattern, resource)


def _best(found: list[Used]) -> Used:
    if not found:
        return Used.NEVER
    return Used.EXACTLY if Used.EXACTLY in found else Used.BY_WILDCARD
