"""One execution of a pipeline, led from stage to stage: held before a stage, let in, retried where it failed."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from scripts import cloud

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scripts.reads.pipeline import Action, Execution, Pipeline

_POLL_SECONDS = 0.15
_LIMIT_SECONDS = 300.0
_APPROVAL = "Manual"


class PipelineRun:
    """Every wait has a limit, and says what it waited for."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._codepipeline = cloud.client("codepipeline")
        self._first = str(pipeline.declaration()["stages"][0]["name"])
        self._execution: Execution | None = None
        #: The stage before which the execution is held.
        self._held = ""

    def stands_at(self, stage: str) -> bool:
        """Whether the execution is held before the stage, has failed in it, or would begin with it."""
        return stage in (self._first, self._held, self._failed_in())

    def bring_to(self, stage: str) -> None:
        """Leads it through all stages before this one and holds it there; raises SystemExit if it fails on the way."""
        name = self._pipeline.name
        self._codepipeline.disable_stage_transition(
            pipelineName=name, stageName=stage, transitionType="Inbound", reason="make iam-mutations holds it"
        )
        try:
            self._go_until_before(stage)
        except BaseException:
            self._let_into(stage)
            raise
        self._held = stage

    def _go_until_before(self, stage: str) -> None:
        self.go_on()
        while not self._waits_before(stage):
            self._wait(lambda found: found.ended or self._waits_before(stage), f"to come to {stage}")
            if self._failed_in():
                raise SystemExit(f"With all permissions back, the run still fails: {failed_action(self.execution)}")
            if self.execution.ended:  # it had already passed the stage
                self.go_on()

    def go_on(self) -> None:
        """Lets a held execution in, or retries the stage that failed last; begins anew if there is neither."""
        if self._held:
            self._let_in()
            return
        name, stage = self._pipeline.name, self._failed_in()
        if self._execution is None or not stage or stage == self._first:
            identifier = self._codepipeline.start_pipeline_execution(name=name)["pipelineExecutionId"]
        else:
            identifier = self._execution.identifier
            self._codepipeline.retry_stage_execution(
                pipelineName=name, stageName=stage, pipelineExecutionId=identifier, retryMode="ALL_ACTIONS"
            )
        self._execution = self._pipeline.execution(identifier)

    @contextmanager
    def held_no_longer(self) -> Iterator[None]:
        """However it ends, no stage's transition stays disabled."""
        try:
            yield
        finally:
            self._let_in()

    def ended(self) -> Execution:
        self._wait(lambda found: found.ended, "to end")
        return self.execution

    def finish(self) -> None:
        """Lets an execution that failed or is held continue to its end; raises SystemExit if it fails again."""
        if self._execution is None or not (self._held or self._failed_in()):
            return
        self.go_on()
        if self.ended().status != "Succeeded":
            raise SystemExit(f"With all permissions back, the run still fails: {failed_action(self.execution)}")

    @property
    def execution(self) -> Execution:
        if self._execution is None:
            raise ValueError("no execution has begun")
        return self._execution

    def _failed_in(self) -> str:
        """The stage that failed last; empty if the execution has not failed."""
        action = failed_action(self._execution) if self._execution is not None else None
        return action.stage if action is not None else ""

    def _wait(self, done: Callable[[Execution], bool], what_for: str) -> None:
        deadline = time.monotonic() + _LIMIT_SECONDS
        while True:
            self._execution = found = self._pipeline.execution(self.execution.identifier)
            if done(found):
                return
            at_work = [action for action in found.actions if action.ended is None]
            for action in at_work:
                if action.provider == _APPROVAL:
                    self._approve(action)
            if time.monotonic() > deadline:
                working = ", ".join(f"{one.stage} / {one.name} for {one.seconds:.0f} s" for one in at_work) or "nothing"
                raise SystemExit(
                    f"Waited {_LIMIT_SECONDS:.0f} s for execution {found.identifier} {what_for}; at work: {working}. "
                    "See `make status`. What has been tried is kept: the next run goes on from there."
                )
            time.sleep(_POLL_SECONDS)

    def _let_in(self) -> None:
        if self._held:
            self._let_into(self._held)
            self._held = ""

    def _let_into(self, stage: str) -> None:
        self._codepipeline.enable_stage_transition(
            pipelineName=self._pipeline.name, stageName=stage, transitionType="Inbound"
        )

    def _waits_before(self, stage: str) -> bool:
        waiting = self._state(stage).get("inboundExecutions", [])
        return any(one["pipelineExecutionId"] == self.execution.identifier for one in waiting)

    def _approve(self, action: Action) -> None:
        """Answers for a person: the gate holds what it cannot compare, or what it measured on a busy machine."""
        for state in self._state(action.stage)["actionStates"]:
            token = state.get("latestExecution", {}).get("token")
            if state["actionName"] != action.name or not token:
                continue
            self._codepipeline.put_approval_result(
                pipelineName=self._pipeline.name,
                stageName=action.stage,
                actionName=action.name,
                token=token,
                result={"status": "Approved", "summary": "make iam-mutations"},
            )

    def _state(self, stage: str) -> dict[str, Any]:
        states = self._codepipeline.get_pipeline_state(name=self._pipeline.name)["stageStates"]
        return dict(next(found for found in states if found["stageName"] == stage))


def failed_action(execution: Execution) -> Action | None:
    """The action that failed last; None if the run succeeded."""
    found = [action for action in execution.actions if action.status == "Failed"]
    return found[-1] if found and execution.status == "Failed" else None
