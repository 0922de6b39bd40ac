"""Stages with an entry condition, on a running local cloud."""

from pathlib import Path
from typing import Any

import pytest

from tests.clouds import LocalCloud
from tests.local.codepipeline_lab import Lab, approval
from tests.waiting import until


@pytest.fixture
def lab(local_cloud: LocalCloud, tmp_path: Path) -> Lab:
    return Lab(local_cloud, tmp_path)


def only_if(message: str, stage: str = "Approve", *, otherwise: str = "SKIP") -> dict[str, Any]:
    """A stage that is entered only where the commit's message contains this."""
    rule = {
        "name": "Message",
        "ruleTypeId": {"category": "Rule", "owner": "AWS", "provider": "VariableCheck", "version": "1"},
        "configuration": {"Variable": "#{Source.CommitMessage}", "Value": message, "Operator": "CONTAINS"},
        "inputArtifacts": [],
    }
    return approval(stage) | {"beforeEntry": {"conditions": [{"result": otherwise, "rules": [rule]}]}}


def rules(lab: Lab, execution_id: str) -> list[dict[str, Any]]:
    answer = lab.codepipeline.list_rule_executions(pipelineName=lab.name, filter={"pipelineExecutionId": execution_id})
    return list(answer["ruleExecutionDetails"])


def test_a_stage_whose_condition_does_not_hold_is_skipped(lab: Lab) -> None:
    """None of its actions runs, the next stage is entered, and both APIs say why."""
    execution_id = lab.create(only_if("hotfix"), approval("Next"))
    lab.answer(lab.token_of("Next", execution_id), stage="Next")

    assert lab.ended(execution_id)["status"] == "Succeeded"
    assert [action["stageName"] for action in lab.actions(execution_id)] == ["Next", "Source"]
    state = lab.stage("Approve")
    assert state["latestExecution"]["status"] == "Skipped"
    condition = state["beforeEntryConditionState"]
    assert condition["latestExecution"]["status"] == "Failed"
    assert "it is 'Say one'" in condition["latestExecution"]["summary"]
    (shown,) = condition["conditionStates"][0]["ruleStates"]
    (listed,) = rules(lab, execution_id)
    assert shown["latestExecution"]["ruleExecutionId"] == listed["ruleExecutionId"]
    assert (listed["ruleName"], listed["status"]) == ("Message", "Failed")
    assert listed["input"]["resolvedConfiguration"]["Variable"] == "Say one"
    declared = lab.codepipeline.get_pipeline(name=lab.name)["pipeline"]["stages"][1]
    assert declared["beforeEntry"]["conditions"][0]["result"] == "SKIP"


def test_a_stage_whose_condition_holds_is_entered(lab: Lab) -> None:
    """The next execution evaluates the condition anew, and enters the stage."""
    first = lab.create(only_if("two"))
    assert lab.ended(first)["status"] == "Succeeded", "the last stage was skipped"

    lab.push("two")
    second = lab.codepipeline.start_pipeline_execution(name=lab.name)["pipelineExecutionId"]
    lab.answer(lab.token_of("Approve", second))

    assert lab.ended(second)["status"] == "Succeeded"
    assert lab.stage("Approve")["latestExecution"]["status"] == "Succeeded"
    assert lab.stage("Approve")["beforeEntryConditionState"]["latestExecution"]["status"] == "Succeeded"
    assert [rule["status"] for rule in rules(lab, second)] == ["Succeeded"]


def test_a_condition_may_fail_the_stage(lab: Lab) -> None:
    """The execution fails with the rule's sentence; there is no action to retry."""
    execution_id = lab.create(only_if("hotfix", otherwise="FAIL"))

    execution = lab.ended(execution_id)

    assert execution["status"] == "Failed"
    assert "Stage Approve failed at its entry condition. Message: #{Source.CommitMessage}" in execution["statusSummary"]
    assert lab.stage("Approve")["latestExecution"]["status"] == "Failed"
    with pytest.raises(lab.codepipeline.exceptions.StageNotRetryableException):
        lab.codepipeline.retry_stage_execution(
            pipelineName=lab.name,
            stageName="Approve",
            pipelineExecutionId=execution_id,
            retryMode="ALL_ACTIONS",
        )


def test_a_skipped_stage_waits_for_its_turn_as_any_other(lab: Lab) -> None:
    """A stage is one execution's at a time, also for those that will skip it."""
    first = lab.create(only_if("one"))
    token = lab.token_of("Approve", first)
    lab.push("two")
    second = lab.codepipeline.start_pipeline_execution(name=lab.name)["pipelineExecutionId"]
    until(lambda: lab.stage("Approve").get("inboundExecutions"), what="an execution that waits for stage Approve")
    assert lab.execution(second)["status"] == "InProgress"

    lab.answer(token)

    assert lab.ended(second)["status"] == "Succeeded"
    assert lab.stage("Approve")["latestExecution"] == {
        "pipelineExecutionId": second,
        "status": "Skipped",
        "type": "STANDARD",
    }
