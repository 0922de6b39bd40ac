"""The clean-up of QA with everything real but the endpoint: pipeline, rule, function, roles, a stack."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.clouds import PROJECT
from tests.functions import packaged
from tests.local.codepipeline_lab import Lab, approval
from tests.local.iam_account import ACCOUNT, Account, allow
from tests.local.test_lambda import Function
from tests.templates.cloud_assembly import synthesize
from tests.templates.template import render
from tests.waiting import WAITER, until

TOPIC = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {}}}})


class Release:
    """A pipeline whose stage QA waits for a person, the stack that stands for QA, and the function with its rule."""

    def __init__(self, account: Account, folder: Path, pattern: dict[str, Any]) -> None:
        """``pattern``: of which events the rule tells the function; the resources are this pipeline's."""
        self.lab = Lab(account.cloud, folder)
        self.stack = f"Qa{account.name}"
        self.cloudformation = account.cloud.client("cloudformation")
        self.execution = self.lab.create(approval("QA"))
        self.lab.token_of("QA", self.execution)
        pipeline = f"arn:aws:codepipeline:us-east-1:{ACCOUNT}:{self.lab.name}"
        stack = f"arn:aws:cloudformation:us-east-1:{ACCOUNT}:stack/{self.stack}/*"
        self.function = Function(
            account,
            packaged("qa_clean_up"),
            allow(["cloudformation:DeleteStack", "cloudformation:DescribeStacks"], stack),
            allow(["codepipeline:GetPipelineState", "codepipeline:ListPipelineExecutions"], pipeline),
            allow(["codepipeline:DisableStageTransition", "codepipeline:EnableStageTransition"], f"{pipeline}/QA"),
            Handler="handler.handle",
            Timeout=60,
            Environment={
                "Variables": {
                    "PIPELINE_NAME": self.lab.name,
                    "QA_STACK_NAME": self.stack,
                    "TIME_TO_LIVE_HOURS": "24",
                }
            },
        )
        self._admit(account, pattern | {"resources": [pipeline]})

    def _admit(self, account: Account, pattern: dict[str, Any]) -> None:
        events = account.cloud.client("events")
        rule = events.put_rule(Name=account.name, EventPattern=json.dumps(pattern))["RuleArn"]
        events.put_targets(Rule=account.name, Targets=[{"Id": "f", "Arn": self.function.arn}])
        self.function.let_in("events", rule)

    def deploy(self) -> None:
        role = self.lab.role_arn  # what deployed the stack deletes it: the function may not touch what is in it
        self.cloudformation.create_stack(StackName=self.stack, TemplateBody=TOPIC, RoleARN=role)
        self.cloudformation.get_waiter("stack_create_complete").wait(StackName=self.stack, WaiterConfig=WAITER)

    def status(self) -> str | None:
        found = self.cloudformation.list_stacks()["StackSummaries"]
        live = [s["StackStatus"] for s in found if s["StackName"] == self.stack]
        return live[0] if live and live[0] != "DELETE_COMPLETE" else None

    def until_gone(self) -> None:
        until(self.status, lambda status: status is None, what="no stack of QA")

    def until_its_function_has_said(self, words: str) -> None:
        until(self.function.log, lambda lines: any(words in line for line in lines), what=f"the function's {words!r}")

    def stop(self) -> None:
        self.lab.codepipeline.stop_pipeline_execution(
            pipelineName=self.lab.name, pipelineExecutionId=self.execution, abandon=True, reason="a test"
        )

    def qa_is_open(self) -> bool:
        return bool(self.lab.stage("QA")["inboundTransitionState"]["enabled"])

    def scheduled(self) -> str:
        answer: dict[str, Any] = self.function.answer({"detail-type": "Scheduled Event"})
        return str(answer["outcome"])


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The event pattern of the rule by which the pipeline's stack calls the function at an execution's end."""
    assembly = synthesize(PROJECT, tmp_path_factory.mktemp("assembly") / "cdk.out", only="car_evaluation")
    rules = assembly.templates["CarEvaluationPipeline"].of_type("AWS::Events::Rule").values()
    called = [r for r in rules if render(r["Targets"][0]["Arn"]).startswith("${QaCleanUp") and "EventPattern" in r]
    (found,) = [dict(rule["EventPattern"]) for rule in called]
    return found


@pytest.fixture
def release(account: Account, tmp_path: Path, pattern: dict[str, Any]) -> Release:
    return Release(account, tmp_path, pattern)


def test_a_stopped_execution_takes_its_endpoint_with_it(release: Release) -> None:
    """While it runs, a call leaves the stack alone; after its end the stack goes, and QA is open again."""
    release.deploy()
    assert release.function.answer({})["outcome"] == f"needed by the execution {release.execution}"
    release.stop()
    release.until_gone()
    until(release.qa_is_open, what="an open stage QA")


def test_a_failed_execution_leaves_the_endpoint_to_the_one_that_has_taken_qa_over(release: Release) -> None:
    """The older execution ends; the newer one, which waits in QA, keeps the stack until its own end."""
    release.deploy()
    older, token = release.execution, release.lab.token_of("QA", release.execution)
    newer = release.lab.codepipeline.start_pipeline_execution(name=release.lab.name)["pipelineExecutionId"]
    release.lab.answer(token, "Rejected", stage="QA")
    assert release.lab.ended(older)["status"] == "Failed"
    token = release.lab.token_of("QA", newer)
    release.until_its_function_has_said("needed by")
    assert release.status() == "CREATE_COMPLETE"
    release.lab.answer(token, stage="QA")
    release.until_gone()


def test_a_superseded_execution_leaves_the_endpoint_to_the_one_that_is_in_qa(release: Release) -> None:
    """The function is called at its end, too, and finds that the older execution needs the stack."""
    release.deploy()
    start = release.lab.codepipeline.start_pipeline_execution
    superseded = start(name=release.lab.name)["pipelineExecutionId"]
    release.lab.until_inbound("QA", superseded)
    start(name=release.lab.name)
    assert release.lab.ended(superseded)["status"] == "Superseded"
    release.until_its_function_has_said(f"needed by the execution {release.execution}")
    assert release.status() == "CREATE_COMPLETE"


def test_a_forgotten_stack_goes_when_its_time_is_over(release: Release) -> None:
    """The schedule finds a stack that a crash had left behind, once its time is over."""
    release.stop()
    release.until_its_function_has_said("gone already")
    release.deploy()
    assert release.scheduled() == "younger than 1 day, 0:00:00"
    known = release.function.client.get_function_configuration(FunctionName=release.function.name)
    variables = known["Environment"]["Variables"] | {"TIME_TO_LIVE_HOURS": "0"}
    release.function.client.update_function_configuration(
        FunctionName=release.function.name, Environment={"Variables": variables}
    )
    updated = release.function.client.get_waiter("function_updated_v2")
    updated.wait(FunctionName=release.function.name, WaiterConfig=WAITER)
    assert release.scheduled() == "deleted"
    assert release.status() is None
