"""docs/reference/iam.md: for each role, what it is granted and whether a full run used it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scripts.least_privilege.reasons import reason_for, reasons
from scripts.least_privilege.usage import Used, use_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scripts.least_privilege.grants import Deployed, Role, Statement
    from scripts.least_privilege.usage import Call

HEAD = """# What each role may do, and what of it a run uses

Written by `make iam` from a local cloud in which each workload's pipeline has gone from a push to PROD. ✓ is used as it
stands there, ✱ by its wildcard, ✗ never. `<Name>` is the logical id of what CloudFormation has named. A test at the end
of the walk holds this list against the deployed roles: a grant that is not here, or that nobody uses and nobody gives a
reason for, fails it.
"""


_NEVER_USED = "Granted and never used:"
_MARKS = str.maketrans("", "", "".join(used.value for used in Used))


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One grant as plain text: its role, its statement, and how a run used it."""

    role: str
    granted: str
    used: Used


def rows(deployed: Deployed, calls: Iterable[Call]) -> tuple[Row, ...]:
    """Every action and every resource of every statement that allows."""
    calls = list(calls)
    return tuple(
        Row(role=title(role), granted=f"{number}. {deployed.plain(name)}", used=used)
        for role in deployed.roles
        for number, use in enumerate(use_of(role, calls), 1)
        for name, used in (*use.actions, *use.resources)
    )


def title(role: Role) -> str:
    return f"{role.stack} / {role.logical_id}"


def section(deployed: Deployed, calls: Iterable[Call]) -> str:
    """The section of one workload: a table for each role, and what was never used, with its reason."""
    calls = list(calls)
    known = reasons("unused")
    parts = []
    for role in deployed.roles:
        uses = use_of(role, calls)
        denies = [statement for statement in role.statements if statement.effect == "Deny"]
        lines = [f"### {title(role)}", "", f"Assumed by {', '.join(deployed.plain(p) for p in role.assumed_by)}.", ""]
        lines += ["| | action | resource | condition |", "|---|---|---|---|"]
        for number, use in enumerate(uses, 1):
            actions, resources = (_cell(deployed, marked) for marked in (use.actions, use.resources))
            lines.append(f"| {number} | {actions} | {resources} | {_condition(deployed, use.statement)} |")
        for statement in denies:
            cells = (
                _cell(deployed, [(name, None) for name in part]) for part in (statement.actions, statement.resources)
            )
            lines.append(f"| denied | {' | '.join(cells)} | {_condition(deployed, statement)} |")
        unused = [(number, deployed.plain(name)) for number, use in enumerate(uses, 1) for name in use.never]
        if unused:
            lines += ["", _NEVER_USED, ""]
            lines += [
                f"- {number}: `{name}` — {reason_for(title(role), name, known) or '**no reason is written**'}"
                for number, name in unused
            ]
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def granted_only(text: str) -> list[str]:
    """The lines of a section, without the parts that depend on the run: the marks and the list of unused grants."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith(("- ", _NEVER_USED))]
    return [line.translate(_MARKS) for line in lines]


def without_reason(found: Iterable[Row]) -> list[str]:
    """What is granted, never used, and in no list of reasons."""
    known = reasons("unused")
    return [
        f"{row.role}: {row.granted}"
        for row in found
        if row.used is Used.NEVER and reason_for(row.role, row.granted.partition(". ")[2], known) is None
    ]


def _cell(deployed: Deployed, marked: Iterable[tuple[str, Used | None]]) -> str:
    return "<br>".join(f"{used.value + ' ' if used else ''}`{deployed.plain(name)}`" for name, used in marked)


def _condition(deployed: Deployed, statement: Statement) -> str:
    if not statement.conditions:
        return ""
    return f"`{deployed.plain(json.dumps(statement.conditions, sort_keys=True))}`"
