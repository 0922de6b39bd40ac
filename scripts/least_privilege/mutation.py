"""What is removed, one action of one statement at a time, and what a run says about it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from localcloud.iam.matching import matches
from scripts.least_privilege.grants import inline_policies, put_statements
from scripts.least_privilege.usage import resource_matches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from scripts.least_privilege.grants import Deployed, Role, Statement
    from scripts.least_privilege.usage import Call
    from scripts.reads.pipeline import Action


class Verdict(Enum):
    """What happened to a run without the permission."""

    FAILED = "fails"
    WENT_ON = "goes on without it"
    SURVIVED = "does without"
    UNUSED = "never asked for"
    BESIDE = "not needed by a stage"
    UNCLEAR = "fails of something else"
    UNTRIED = "not tried yet"


#: The service that assumes the roles of functions. Events invoke functions during a run and between runs.
EVENTS = "lambda.amazonaws.com"
CAPTURED = re.compile(r"^arn:[^:]+:s3:::[^/]+/capture/")


@dataclass(frozen=True, kw_only=True, slots=True)
class FirstUse:
    """When a run first needed something, and in which action."""

    moment: datetime
    stage: str
    provider: str
    #: How many executions had passed this stage before: 0 if everything was created anew.
    execution: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Mutation:
    """One statement with one action less."""

    role: Role
    statement: Statement
    action: str
    #: The calls that it allowed.
    calls: tuple[Call, ...]
    use: FirstUse | None

    @property
    def place(self) -> str:
        return f"{self.role.logical_id} {self.statement.policy}[{self.statement.index}] {self.action}"

    def apply(self) -> Callable[[], None]:
        """Removes the action; the returned function restores it."""
        before = inline_policies(self.role.name)[self.statement.policy]
        changed = [
            _without(document, self.action) if index == self.statement.index else document
            for index, document in enumerate(before)
        ]
        policy = self.statement.policy
        put_statements(self.role, policy, [document for document in changed if document is not None])
        return lambda: put_statements(self.role, policy, before)

    def was_for(self, action: str, resource: str) -> bool:
        """Whether the statement had allowed this denied call."""
        return matches(self.action, action, ignore_case=True) and any(
            resource_matches(pattern, resource) for pattern in self.statement.resources
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    mutation: Mutation
    verdict: Verdict
    #: The sentence that names action and resource, and where a person reads it.
    said: str = ""
    where: str = ""
    seconds: float = 0.0


def mutations(deployed: Deployed, calls: Iterable[Call], executions: list[tuple[Action, ...]]) -> list[Mutation]:
    """Every action of every statement that allows, in the order in which a run first needed them.

    ``executions`` are the pipeline's, oldest first, with their actions.
    """
    calls = sorted(calls, key=lambda call: call.first)
    found = []
    for role in deployed.roles:
        mine = [call for call in calls if call.role_arn == role.arn]
        for statement in (statement for statement in role.statements if statement.effect == "Allow"):
            for action in statement.actions:
                used = tuple(
                    call
                    for call in mine
                    if matches(action, call.action, ignore_case=True)
                    and any(resource_matches(pattern, call.resource) for pattern in statement.resources)
                )
                use = None if EVENTS in role.assumed_by else _first_use(used, executions)
                found.append(Mutation(role=role, statement=statement, action=action, calls=used, use=use))
    return sorted(found, key=lambda mutation: mutation.use.moment.timestamp() if mutation.use else float("inf"))


def _first_use(calls: tuple[Call, ...], executions: list[tuple[Action, ...]]) -> FirstUse | None:
    """None if no stage needed it: requests are captured whenever an endpoint is invoked, whatever runs meanwhile."""
    for call in (call for call in calls if not CAPTURED.search(call.resource)):
        for number, actions in enumerate(executions):
            ended = actions[-1].ended if actions else None
            begun = [action for action in actions if action.started <= call.first]
            if begun and ended is not None and call.first <= ended:
                last = begun[-1]
                before = sum(_passed(earlier, last.stage) for earlier in executions[:number])
                return FirstUse(moment=call.first, stage=last.stage, provider=last.provider, execution=before)
    return None


def _passed(execution: tuple[Action, ...], stage: str) -> bool:
    """Whether the stage has left something for later executions to find."""
    return any(action.stage == stage and action.status == "Succeeded" for action in execution)


def _without(document: dict[str, Any], action: str) -> dict[str, Any] | None:
    """The statement with one action less; None where there is no other."""
    actions = document["Action"] if isinstance(document["Action"], list) else [document["Action"]]
    left = [name for name in actions if name != action]
    return {**document, "Action": left} if left else None
