"""An execution that is led from stage to stage, by a CodePipeline that does at once what it is told."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from scripts.least_privilege import pipeline_run
from scripts.least_privilege.pipeline_run import PipelineRun
from scripts.reads.pipeline import Action, Execution

STAGES = ("Source", "QA", "Approve", "PROD")


class Aws:
    """One execution of four stages; it fails in ``failing``, and waits in Approve until somebody answers."""

    def __init__(self, failing: str = "") -> None:
        self.failing = failing
        self.closed: set[str] = set()
        self.calls: list[str] = []
        self.answered = False
        self.stuck = False
        self._stage = 0
        self._failed = False

    # ---- what scripts.pipeline.Pipeline tells

    name = "p"

    def declaration(self) -> dict[str, Any]:
        return {"stages": [{"name": name} for name in STAGES]}

    def execution(self, identifier: str) -> Execution:
        if not self._failed and not self.stuck:
            self._advance()
        done = self._stage == len(STAGES)
        status = "Failed" if self._failed else "Succeeded" if done else "InProgress"
        action = "Failed" if self._failed else "InProgress"
        actions = () if done else (_action(STAGES[self._stage], action),)
        return Execution(identifier=identifier, status=status, actions=actions)

    def _advance(self) -> None:
        while self._stage < len(STAGES) and STAGES[self._stage] not in self.closed:
            stage = STAGES[self._stage]
            if stage == "Approve" and not self.answered:
                return
            if stage == self.failing:
                self._failed = True
                return
            self._stage += 1

    # ---- boto3's client

    def start_pipeline_execution(self, **_: str) -> dict[str, str]:
        self.calls.append("start")
        self._stage, self._failed = 0, False
        return {"pipelineExecutionId": "e"}

    def retry_stage_execution(self, **given: str) -> None:
        self.calls.append(f"retry {given['stageName']}")
        self._failed = False

    def disable_stage_transition(self, **given: str) -> None:
        self.closed.add(given["stageName"])

    def enable_stage_transition(self, **given: str) -> None:
        self.closed.discard(given["stageName"])

    def get_pipeline_state(self, **_: str) -> dict[str, Any]:
        waiting = STAGES[self._stage] if self._stage < len(STAGES) and STAGES[self._stage] in self.closed else ""
        inbound = [{"pipelineExecutionId": "e"}]
        actions = [{"actionName": "do", "latestExecution": {"token": "t"}}]
        return {
            "stageStates": [
                {"stageName": name, "actionStates": actions}
                | ({"inboundExecutions": inbound} if name == waiting else {})
                for name in STAGES
            ]
        }

    def put_approval_result(self, **_: Any) -> None:
        self.answered = True


def _action(stage: str, status: str) -> Action:
    now = datetime.now(UTC)
    return Action(
        stage=stage,
        name="do",
        status=status,
        started=now,
        ended=now if status == "Failed" else None,
        external_id="",
        provider="Manual" if stage == "Approve" else "CodeBuild",
        message="",
        variables={},
    )


def led(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> PipelineRun:
    monkeypatch.setattr(pipeline_run.cloud, "client", lambda _: aws)
    monkeypatch.setattr(pipeline_run, "_POLL_SECONDS", 0.0)
    return PipelineRun(aws)  # type: ignore[arg-type]


def test_it_is_held_before_a_stage_and_let_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """The run answers what a person is asked on the way, and goes to its end after the hold."""
    aws = Aws()
    run = led(aws, monkeypatch)
    run.bring_to("PROD")
    assert (run.stands_at("PROD"), aws.answered, aws.closed) == (True, True, {"PROD"})
    run.go_on()
    assert (run.ended().status, aws.closed, aws.calls) == ("Succeeded", set(), ["start"])


def test_a_stage_that_failed_is_retried(monkeypatch: pytest.MonkeyPatch) -> None:
    """The run stops at the failure, and goes on from there once nothing fails any more."""
    aws = Aws(failing="QA")
    run = led(aws, monkeypatch)
    run.go_on()
    assert run.ended().status == "Failed"
    assert run.stands_at("QA")
    aws.failing = ""
    run.finish()
    assert (run.execution.status, aws.calls) == ("Succeeded", ["start", "retry QA"])


def test_no_stage_is_left_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every stage is open again, also where the execution fails on the way or does not go on from the hold."""
    aws = Aws(failing="QA")
    run = led(aws, monkeypatch)
    with pytest.raises(SystemExit, match="still fails"):
        run.bring_to("PROD")
    assert aws.closed == set()
    aws.failing = ""
    with run.held_no_longer():
        run.bring_to("PROD")
        assert aws.closed == {"PROD"}
    assert aws.closed == set()


def test_a_wait_that_is_too_long_says_for_what(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the execution, the stage that it did not reach, and what is at work in it."""
    aws = Aws()
    aws.stuck = True
    run = led(aws, monkeypatch)
    monkeypatch.setattr(pipeline_run, "_LIMIT_SECONDS", 0.0)
    with pytest.raises(SystemExit, match="for execution e to come to PROD; at work: Source / do for 0 s"):
        run.bring_to("PROD")
    assert aws.closed == set()
