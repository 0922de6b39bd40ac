"""The role of transform jobs, which exists where files may be scored."""

from __future__ import annotations

from typing import Any

import pytest

from stacks.specs import Workload
from stacks.workloads import WORKLOADS
from tests.templates.cloud_assembly import CloudAssembly
from tests.templates.template import Template, render

#: The workload that has a schedule in this project.
SCHEDULED = "credit_default"


@pytest.fixture
def scoring(assembly_with_batch: CloudAssembly, workload: Workload) -> Template:
    return assembly_with_batch.templates[workload.stack_name("Pipeline")]


def test_a_transform_job_reads_approved_models_and_its_own_folder(scoring: Template, workload: Workload) -> None:
    """What it reads of models is tagged as approved; otherwise it reads and writes below batch/ alone.

    Where there is a schedule, it also reads what people put under incoming/.
    """
    statements = [each for each in scoring.identity_statements() if each.holder.startswith("WorkshopBatchRole")]
    of_objects = [each for each in statements if {"s3:GetObject", "s3:PutObject"} & set(each.actions)]
    approved, *own = sorted(of_objects, key=lambda each: not each.conditions)
    assert list(approved.actions) == ["s3:GetObject"]
    assert approved.conditions == {"StringEquals": {"s3:ExistingObjectTag/gatehouse:approval": "Approved"}}
    read = [render(resource).partition("/")[2] for resource in approved.resources]
    assert read == [f"{prefix}*" for prefix in workload.artifact_prefixes]
    assert [each.conditions for each in own] == [{}] * len(own)
    may = {(action, render(r).partition("/")[2]) for each in own for action in each.actions for r in each.resources}
    scheduled = {("s3:GetObject", "incoming/*")} if workload.name == SCHEDULED else set()
    assert may == {("s3:GetObject", "batch/*"), ("s3:PutObject", "batch/*")} | scheduled


def test_the_role_is_among_the_outputs_where_it_exists(scoring: Template, pipeline: Template) -> None:
    """`make score` finds it there; without [batch] there is neither role nor output."""
    assert "BatchRoleArn" in scoring.document["Outputs"]
    assert "BatchRoleArn" not in pipeline.document["Outputs"]
    assert not [name for name in pipeline.of_type("AWS::IAM::Role") if "Batch" in name]


def by_schedule(assembly: CloudAssembly, workload: str) -> dict[str, Any]:
    """The resources of the schedule in a workload's pipeline stack, by their logical ids."""
    template = assembly.templates[WORKLOADS[workload].stack_name("Pipeline")]
    return {name: each for name, each in template.document["Resources"].items() if name.startswith("ScheduledScores")}


def test_a_schedule_exists_where_it_is_asked_for_and_nowhere_else(assembly_with_batch: CloudAssembly) -> None:
    """One workload has the line: its two rules call one function, which is called once for an event."""
    assert [name for name in WORKLOADS if by_schedule(assembly_with_batch, name)] == [SCHEDULED]
    found = by_schedule(assembly_with_batch, SCHEDULED)
    rules = [each["Properties"] for each in found.values() if each["Type"] == "AWS::Events::Rule"]
    (function,) = [name for name, each in found.items() if each["Type"] == "AWS::Lambda::Function"]
    assert {rule["Targets"][0]["Arn"]["Fn::GetAtt"][0] for rule in rules} == {function}
    schedule, end = sorted(rules, key=lambda rule: "EventPattern" in rule)
    assert schedule["ScheduleExpression"] == "cron(0 3 * * ? *)"
    assert schedule["Targets"][0]["RetryPolicy"] == {"MaximumRetryAttempts": 0}
    assert end["EventPattern"] == {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Transform Job State Change"],
        "detail": {
            "TransformJobName": [{"prefix": "credit-default-batch-"}],
            "TransformJobStatus": ["Completed", "Failed", "Stopped"],
        },
    }
    (tries,) = [each["Properties"] for each in found.values() if each["Type"] == "AWS::Lambda::EventInvokeConfig"]
    assert tries["MaximumRetryAttempts"] == 0


def test_the_schedule_may_do_its_own_jobs_and_see_prod(assembly_with_batch: CloudAssembly) -> None:
    """It names its own models and jobs, hands over the batch role to SageMaker alone, and reads no object."""
    template = assembly_with_batch.templates["CreditDefaultPipeline"]
    statements = [each for each in template.identity_statements() if each.holder.startswith("ScheduledScores")]
    told = {action: [render(r) for r in each.resources] for each in statements for action in each.actions}
    assert {action for action in told if action.startswith(("sagemaker:", "s3:", "iam:", "cloudformation:"))} == {
        *("sagemaker:DescribeEndpoint", "sagemaker:DescribeEndpointConfig", "sagemaker:DescribeModel"),
        *("sagemaker:CreateModel", "sagemaker:DeleteModel", "sagemaker:DescribeModelPackage"),
        *("sagemaker:CreateTransformJob", "sagemaker:DescribeTransformJob", "iam:PassRole", "s3:ListBucket"),
    }
    for action in ("CreateModel", "DeleteModel", "CreateTransformJob", "DescribeTransformJob"):
        (resource,) = told[f"sagemaker:{action}"]
        assert resource.endswith("/credit-default-batch-*")
    (passing,) = [each for each in statements if "iam:PassRole" in each.actions]
    assert passing.conditions == {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    (listing,) = [each for each in statements if "s3:ListBucket" in each.actions]
    assert listing.conditions == {"StringEquals": {"s3:prefix": "incoming/"}}
