"""docs/reference/iam-mutations.md: what a run says without each permission."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from scripts.least_privilege.document import title
from scripts.least_privilege.mutation import Result, Verdict
from scripts.least_privilege.reasons import reason_for, reasons

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scripts.least_privilege.grants import Deployed

_CHANCE = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?<![A-Za-z0-9])[0-9a-f]{12,64}(?![A-Za-z0-9])|i-[0-9a-f]{17}"
)
_HEAD = """# What happens without each permission

Written by `make iam-mutations`, on a local cloud in which `{name}` had gone to PROD: a first release, a second one, and
one that the gate held and a person approved. Each action of each statement of each role was taken away by itself
(`iam:PutRolePolicy` on the deployed role), the pipeline was run again from the stage that had first needed it, and the
action was given back. Where the run *fails*, the last column says where a person reads the missing action and resource.
What a run *goes on without* is named by `make status`; what it *does without*, or *never asked for*, has its reason
there.

{count}

"""


def table(deployed: Deployed, name: str, results: Iterable[Result]) -> str:
    results = list(results)
    count = ", ".join(f"{found} {verdict.value}" for verdict, found in Counter(r.verdict for r in results).items())
    parts = [_HEAD.format(name=name, count=f"{len(results)} permissions: {count}.")]
    for role in deployed.roles:
        mine = [result for result in results if result.mutation.role == role]
        mine.sort(key=lambda result: (result.mutation.statement.policy, result.mutation.statement.index))
        lines = [
            f"## {title(role)}",
            "",
            "| statement | without | stage | the run | what is said |",
            "|---|---|---|---|---|",
        ]
        lines += [_row(deployed, result) for result in mine]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def unexplained(results: Iterable[Result]) -> list[str]:
    """What a run does not need, and nobody says why it is granted all the same."""
    return [
        result.mutation.place
        for result in results
        if result.verdict is not Verdict.FAILED and _explanation(result) is None
    ]


def _explanation(result: Result) -> str | None:
    section = "unused" if result.verdict is Verdict.UNUSED else "survivors"
    return reason_for(title(result.mutation.role), result.mutation.action, reasons(section))


def _row(deployed: Deployed, result: Result) -> str:
    mutation = result.mutation
    said = _CHANCE.sub("…", deployed.plain(result.said)).replace("|", "\\|")
    if result.verdict is Verdict.FAILED:
        text = f"{result.where}: {said}"
    elif result.verdict is Verdict.UNTRIED:
        text = ""
    else:
        text = (
            f"{_explanation(result) or '**no explanation is written**'}{f' ({result.where}: {said})' if said else ''}"
        )
    stage = mutation.use.stage if mutation.use else ""
    return f"| {mutation.statement.index + 1} | `{mutation.action}` | {stage} | {result.verdict.value} | {text} |"
