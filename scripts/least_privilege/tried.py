"""Results that are kept during a run: a hundred permissions take minutes, and a laptop may go to sleep."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from scripts.least_privilege.mutation import Mutation, Result, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class Tried:
    """By role (its ARN has CloudFormation's random letters), statement and action."""

    def __init__(self, path: Path, mutations: Iterable[Mutation]) -> None:
        self._path = path
        self._mutations = tuple(mutations)
        self._found: dict[str, dict[str, str]] = json.loads(path.read_text()) if path.exists() else {}

    def __contains__(self, mutation: Mutation) -> bool:
        return _key(mutation) in self._found

    def add(self, result: Result) -> None:
        """An unclear result is tried again next time."""
        if result.verdict is Verdict.UNCLEAR:
            return
        entry = {"verdict": result.verdict.name, "said": result.said, "where": result.where}
        self._found[_key(result.mutation)] = entry
        self._path.touch(mode=0o600)
        self._path.write_text(json.dumps(self._found, indent=1))

    def results(self) -> list[Result]:
        """One result for each permission."""
        return [self._result(mutation) for mutation in self._mutations]

    def _result(self, mutation: Mutation) -> Result:
        found = self._found.get(_key(mutation))
        if found is not None:
            verdict = Verdict[found["verdict"]]
            return Result(mutation=mutation, verdict=verdict, said=found["said"], where=found["where"])
        if mutation.use:
            return Result(mutation=mutation, verdict=Verdict.UNTRIED)
        return Result(mutation=mutation, verdict=Verdict.BESIDE if mutation.calls else Verdict.UNUSED)


def _key(mutation: Mutation) -> str:
    statement = mutation.statement
    return (
        f"{mutation.role.arn} {statement.policy}[{statement.index}] {mutation.action} {' '.join(statement.resources)}"
    )
