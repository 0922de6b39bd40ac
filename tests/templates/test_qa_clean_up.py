"""What is promised of the end of QA: by whom, when, and what else it cannot touch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stacks.settings import Settings
from stacks.specs import Workload
from tests.templates.cloud_assembly import PROJECT, CloudAssembly
from tests.templates.template import Template, render

ENDS = {"CANCELED", "FAILED", "STOPPED", "SUCCEEDED", "SUPERSEDED"}


def name_of(template: Template, kind: str) -> str:
    (name,) = template.of_type(kind)
    return name


def own(template: Template, kind: str) -> dict[str, dict[str, Any]]:
    """The clean-up's resources of a type: the pipeline has other functions, which have nothing to do with it."""
    others = ("AnswerShare", "ReleaseEnded", "Door")
    return {name: found for name, found in template.of_type(kind).items() if not name.startswith(others)}


def rules_of(template: Template) -> dict[str, dict[str, Any]]:
    """The rules that call the function, by logical id; the pipeline has others."""
    (name,) = own(template, "AWS::Lambda::Function")
    function = f"${{{name}.Arn}}"
    found = template.of_type("AWS::Events::Rule")
    return {name: rule for name, rule in found.items() if render(rule["Targets"][0]["Arn"]) == function}


def test_it_is_called_at_each_end_of_an_execution_and_every_hour(pipeline: Template) -> None:
    """One rule calls the function however an execution ends, and one by the clock should that call be lost."""
    rules = list(rules_of(pipeline).values())
    assert [len(rule["Targets"]) for rule in rules] == [1, 1]
    (ends,) = [rule["EventPattern"] for rule in rules if "EventPattern" in rule]
    assert set(ends["detail"]["state"]) == ENDS
    assert ends["detail-type"] == ["CodePipeline Pipeline Execution State Change"]
    (watched,) = [render(arn) for arn in ends["resources"]]
    assert watched.endswith(f":${{{name_of(pipeline, 'AWS::CodePipeline::Pipeline')}}}")
    assert [rule["ScheduleExpression"] for rule in rules if "ScheduleExpression" in rule] == ["rate(1 hour)"]


def test_nobody_else_may_call_it(pipeline: Template) -> None:
    """EventBridge alone may call the function, for each of its two rules."""
    permissions = list(own(pipeline, "AWS::Lambda::Permission").values())
    assert {permission["Principal"] for permission in permissions} == {"events.amazonaws.com"}
    rules = {f"${{{name}.Arn}}" for name in rules_of(pipeline)}
    assert {render(permission["SourceArn"]) for permission in permissions} == rules


def test_it_knows_pipeline_stage_stack_and_time_to_live(
    pipeline: Template, workload: Workload, settings: Settings
) -> None:
    """The function's variables name the pipeline, QA's stage and stack, and the setting's hours."""
    (function,) = own(pipeline, "AWS::Lambda::Function").values()
    given = function["Environment"]["Variables"]
    assert {name: render(value) for name, value in given.items()} == {
        "PIPELINE_NAME": f"${{{name_of(pipeline, 'AWS::CodePipeline::Pipeline')}}}",
        "QA_STACK_NAME": workload.stack_name("Qa"),
        "TIME_TO_LIVE_HOURS": str(settings.stages.qa.time_to_live_hours),
    }


def test_it_runs_once_at_a_time_for_as_long_as_lambda_lets_it(pipeline: Template) -> None:
    """Two calls at once would open QA under each other's hands, so one is the limit."""
    (function,) = own(pipeline, "AWS::Lambda::Function").values()
    assert function["ReservedConcurrentExecutions"] == 1
    assert function["Timeout"] == 900


@pytest.mark.parametrize("folder", ["qa_clean_up", "answer_share", "ended_release", "publish_page"])
def test_a_functions_code_is_the_repositorys(
    assembly: CloudAssembly, pipeline: Template, workload: Workload, folder: str
) -> None:
    """One function of the pipeline's stack is packed from each folder, and its handler is defined there."""
    watched = bool(workload.watches)
    packed = []
    for function in pipeline.of_type("AWS::Lambda::Function").values():
        module, _, name = function["Handler"].partition(".")
        code = assembly.folder / f"asset.{Path(function['Code']['S3Key']).stem}" / f"{module}.py"
        assert f"def {name}(" in code.read_text()
        packed.append(code.read_text())
    entered = bool(workload.doors)
    wanted = {"answer_share": watched, "publish_page": entered}.get(folder, True)
    assert packed.count((PROJECT / "lambda" / folder / "handler.py").read_text()) == int(wanted)
    assert len(packed) == 2 + watched + entered


def test_it_may_change_one_stack_and_one_stage(pipeline: Template, workload: Workload) -> None:
    """The role that deployed the stack deletes what is in it."""
    allowed = {
        action: statement.resources
        for statement in pipeline.identity_statements()
        if "QaCleanUp" in statement.holder
        for action in statement.actions
        if not action.startswith("logs:")
    }
    assert {action.partition(":")[2] for action in allowed} == {
        *("DeleteStack", "DescribeStacks"),
        *("GetPipelineState", "ListPipelineExecutions", "DisableStageTransition", "EnableStageTransition"),
    }
    (stack,) = allowed["cloudformation:DeleteStack"]
    assert stack.endswith(f":stack/{workload.stack_name('Qa')}/*")
    (stage,) = allowed["codepipeline:DisableStageTransition"]
    assert stage.endswith(f":${{{name_of(pipeline, 'AWS::CodePipeline::Pipeline')}}}/QA")
