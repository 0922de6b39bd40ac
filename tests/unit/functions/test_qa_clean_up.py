"""The clean-up of QA: when it deletes the stack, when it does not, and that nobody gets into QA meanwhile."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from types import ModuleType
from typing import Any

import pytest
from botocore.exceptions import ClientError

from handover.function_variables import QaCleanUpVariables
from tests.waiting import DEADLINE_SECONDS

Stage = dict[str, Any]


class Aws:
    """A pipeline and a stack, for both clients. ``calls`` is what was done to them."""

    def __init__(self, *, status: str | None = "CREATE_COMPLETE", age_hours: float = 1) -> None:
        self.status = status
        self.changed = datetime.now(UTC) - timedelta(hours=age_hours)
        self.executions: dict[str, str] = {}
        self.stages: dict[str, Stage] = {name: {} for name in ("Source", "QA", "Approve", "PROD")}
        self.transition: Stage = {"enabled": True}
        self.calls: list[str] = []
        self.after_delete = "DELETE_COMPLETE"
        #: What happens meanwhile: once the transition is closed, once the stages or the stack were told.
        self.on_close: Any = lambda: None
        self.on_state: Any = lambda: None
        self.on_describe: Any = lambda: None

    def entered(self, stage: str, execution: str) -> None:
        self.stages[stage]["latestExecution"] = {"pipelineExecutionId": execution, "status": "whatever"}

    def get_pipeline_state(self, *, name: str) -> dict[str, Any]:
        assert name == "pipe"
        states = [
            {"stageName": stage, "inboundTransitionState": self.transition if stage == "QA" else {"enabled": True}}
            | found
            for stage, found in self.stages.items()
        ]
        self.on_state()
        return {"stageStates": json.loads(json.dumps(states))}

    def list_pipeline_executions(self, *, pipelineName: str) -> dict[str, Any]:
        assert pipelineName == "pipe"
        found = [{"pipelineExecutionId": key, "status": status} for key, status in self.executions.items()]
        return {"pipelineExecutionSummaries": found}

    def disable_stage_transition(self, *, reason: str, **named: str) -> None:
        assert named == {"pipelineName": "pipe", "stageName": "QA", "transitionType": "Inbound"}
        self.calls.append("close")
        self.transition = {"enabled": False, "disabledReason": reason}
        self.on_close()

    def enable_stage_transition(self, **_: str) -> None:
        self.calls.append("open")
        self.transition = {"enabled": True}

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:
        if self.status is None or (self.status == "DELETE_COMPLETE" and StackName == "CarEvaluationQa"):
            problem = {"Code": "ValidationError", "Message": "Stack with id CarEvaluationQa does not exist"}
            raise ClientError({"Error": problem}, "DescribeStacks")
        stack = {"StackId": "arn:the-stack", "StackStatus": self.status, "CreationTime": self.changed}
        self.on_describe()
        return {"Stacks": [stack]}

    def delete_stack(self, *, StackName: str) -> None:
        assert StackName == "arn:the-stack"
        assert not self.transition["enabled"]
        self.calls.append("delete")
        self.status = self.after_delete


@pytest.fixture
def aws() -> Aws:
    return Aws()


def clean_up(module: ModuleType, aws: Aws, *, hours: float = 0, seconds: float = DEADLINE_SECONDS) -> str:
    variables = QaCleanUpVariables(pipeline="pipe", stack="CarEvaluationQa", time_to_live_hours=24)
    outcome: str = module.clean_up(
        aws, aws, variables, older_than=timedelta(hours=hours), deadline=time.monotonic() + seconds
    )
    return outcome


@pytest.mark.parametrize("end", ["Failed", "Stopped", "Succeeded", "Cancelled"])
def test_the_stack_of_an_execution_that_has_ended_is_deleted(qa_clean_up: ModuleType, aws: Aws, end: str) -> None:
    """The stack is deleted however the execution ended, while QA is closed; QA is open again afterwards."""
    aws.entered("QA", "one")
    aws.executions = {"one": end}
    assert clean_up(qa_clean_up, aws) == "deleted"
    assert aws.calls == ["close", "delete", "open"]


@pytest.mark.parametrize("stage", ["QA", "Approve", "PROD"])
@pytest.mark.parametrize("status", ["InProgress", "Stopping"])
def test_a_live_execution_keeps_its_endpoint(qa_clean_up: ModuleType, aws: Aws, stage: str, status: str) -> None:
    """An execution keeps its endpoint from QA to its own end, also while it waits in Approve."""
    aws.entered("QA", "one")
    aws.entered(stage, "one")
    aws.executions = {"two": "Failed", "one": status}
    assert clean_up(qa_clean_up, aws) == "needed by the execution one"
    assert aws.calls == []


def test_a_newer_execution_that_has_taken_qa_over_keeps_the_endpoint(qa_clean_up: ModuleType, aws: Aws) -> None:
    """The older execution succeeds and leaves the stack alone, which is no longer its own."""
    aws.entered("PROD", "one")
    aws.entered("QA", "two")
    aws.executions = {"two": "InProgress", "one": "Succeeded"}
    assert clean_up(qa_clean_up, aws) == "needed by the execution two"


def test_who_waits_for_approval_of_an_older_one_keeps_the_endpoint(qa_clean_up: ModuleType, aws: Aws) -> None:
    """An execution that waits before a later stage, and so is in no stage at all, keeps its endpoint."""
    aws.entered("QA", "three")
    aws.stages["Approve"]["inboundExecution"] = {"pipelineExecutionId": "two"}
    aws.executions = {"three": "Failed", "two": "InProgress"}
    assert clean_up(qa_clean_up, aws) == "needed by the execution two"


def test_who_has_not_come_to_qa_needs_no_endpoint(qa_clean_up: ModuleType, aws: Aws) -> None:
    """An execution in an earlier stage, or at QA's entry, does not keep the stack."""
    aws.entered("Source", "two")
    aws.stages["QA"]["inboundExecution"] = {"pipelineExecutionId": "two"}
    aws.executions = {"two": "InProgress", "one": "Failed"}
    assert clean_up(qa_clean_up, aws) == "deleted"


def test_who_slips_in_before_qa_is_closed_keeps_the_endpoint(qa_clean_up: ModuleType, aws: Aws) -> None:
    """The function asks again once QA is closed, and sees who came in meanwhile."""

    def slip_in() -> None:
        aws.entered("QA", "two")
        aws.executions = {"two": "InProgress"}

    aws.on_close = slip_in
    assert clean_up(qa_clean_up, aws) == "needed by the execution two"
    assert aws.calls == ["close", "open"]


def test_who_retries_qa_keeps_the_endpoint(qa_clean_up: ModuleType, aws: Aws) -> None:
    """A retry comes into the closed stage, even between two questions, and keeps the stack."""
    aws.entered("QA", "one")
    aws.executions = {"one": "Stopped"}
    retry = partial(aws.executions.update, one="InProgress")
    aws.on_close = lambda: setattr(aws, "on_state", retry)
    assert clean_up(qa_clean_up, aws) == "needed by the execution one"
    assert aws.calls == ["close", "open"]


def test_who_retries_qa_while_a_deployment_is_waited_for_keeps_the_endpoint(qa_clean_up: ModuleType, aws: Aws) -> None:
    """The function asks who needs the stack right before it deletes it."""
    aws.entered("QA", "one")
    aws.executions = {"one": "Stopped"}
    aws.status = "CREATE_IN_PROGRESS"
    asked: list[str] = []

    def ended_and_retried() -> None:
        asked.append("DescribeStacks")
        if len(asked) == 3:
            aws.status, aws.executions["one"] = "CREATE_COMPLETE", "InProgress"

    aws.on_close = lambda: setattr(aws, "on_describe", ended_and_retried)
    assert clean_up(qa_clean_up, aws) == "needed by the execution one"
    assert aws.calls == ["close", "open"]


def test_an_abandoned_deployment_is_waited_for(qa_clean_up: ModuleType, aws: Aws) -> None:
    """The function waits until CloudFormation has made the stack, and deletes it then."""
    aws.status = "CREATE_IN_PROGRESS"
    aws.on_close = lambda: setattr(aws, "on_describe", lambda: setattr(aws, "status", "CREATE_COMPLETE"))
    assert clean_up(qa_clean_up, aws) == "deleted"
    assert aws.calls == ["close", "delete", "open"]


def test_what_is_not_old_enough_is_not_forgotten(qa_clean_up: ModuleType) -> None:
    """The schedule deletes a stack that is older than its time to live, and no younger one."""
    young, old = Aws(age_hours=1), Aws(age_hours=25, status="DELETE_FAILED")
    assert clean_up(qa_clean_up, young, hours=24) == "younger than 1 day, 0:00:00"
    assert clean_up(qa_clean_up, old, hours=24) == "deleted"


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED", "UPDATE_ROLLBACK_FAILED"])
def test_a_broken_stack_is_deleted_too(qa_clean_up: ModuleType, status: str) -> None:
    """A stack whose last operation failed is deleted like a whole one."""
    assert clean_up(qa_clean_up, Aws(status=status)) == "deleted"


def test_without_a_stack_nothing_is_done(qa_clean_up: ModuleType) -> None:
    """QA is not even closed where there is no stack."""
    aws = Aws(status=None)
    assert clean_up(qa_clean_up, aws) == "gone already"
    assert aws.calls == []


def test_what_cannot_be_deleted_is_an_error_and_leaves_qa_open(qa_clean_up: ModuleType, aws: Aws) -> None:
    """The function raises, so that Lambda tries again, and opens QA first."""
    aws.after_delete = "DELETE_FAILED"
    with pytest.raises(qa_clean_up.CleanUpError, match="Delete it by hand: its endpoint costs"):
        clean_up(qa_clean_up, aws)
    assert aws.calls == ["close", "delete", "open"]


def test_time_that_runs_out_is_an_error_and_leaves_qa_open(qa_clean_up: ModuleType) -> None:
    """The function opens QA before Lambda would end it, and names what the stack is busy with."""
    aws = Aws(status="CREATE_IN_PROGRESS")
    with pytest.raises(qa_clean_up.CleanUpError, match="still CREATE_IN_PROGRESS"):
        clean_up(qa_clean_up, aws, seconds=0)
    assert aws.calls == ["close", "open"]


def test_what_an_earlier_call_left_closed_is_opened(qa_clean_up: ModuleType) -> None:
    """The next call knows by the reason that a call of ours closed QA, and opens it."""
    aws = Aws(status=None)
    aws.transition = {"enabled": False, "disabledReason": qa_clean_up.REASON}
    assert clean_up(qa_clean_up, aws) == "gone already"
    assert aws.calls == ["open"]


def test_what_a_person_has_closed_stays_closed(qa_clean_up: ModuleType, aws: Aws) -> None:
    """A transition that a person has closed keeps its state and its reason."""
    aws.transition = {"enabled": False, "disabledReason": "Freeze"}
    assert clean_up(qa_clean_up, aws) == "deleted"
    assert aws.calls == ["delete"]
    assert aws.transition["disabledReason"] == "Freeze"
