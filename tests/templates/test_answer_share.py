"""What is promised of the function that counts PROD's answers."""

from __future__ import annotations

from typing import Any

import pytest

from handover.invocations import text_of
from stacks.specs import Workload
from stacks.workloads import WORKLOADS
from tests.templates.cloud_assembly import CloudAssembly
from tests.templates.template import Template, render

pytestmark = pytest.mark.watched


@pytest.fixture(params=sorted(name for name, each in WORKLOADS.items() if each.watches))
def workload(request: pytest.FixtureRequest) -> Workload:
    """The workloads whose answers are watched: the others have no such function."""
    return WORKLOADS[request.param]


@pytest.fixture
def pipeline(assembly: CloudAssembly, workload: Workload) -> Template:
    return assembly.templates[workload.stack_name("Pipeline")]


def of_it(template: Template, kind: str) -> dict[str, Any]:
    (found,) = (each for name, each in template.of_type(kind).items() if name.startswith("AnswerShare"))
    return found


def test_it_is_called_for_each_captured_file(pipeline: Template) -> None:
    """The data bucket's events call the function for each captured file, and for nothing else in the bucket."""
    pattern = of_it(pipeline, "AWS::Events::Rule")["EventPattern"]
    assert (pattern["source"], pattern["detail-type"]) == (["aws.s3"], ["Object Created"])
    assert pattern["detail"]["object"] == {"key": [{"wildcard": "capture/*.jsonl"}]}
    (bucket,) = (render(name).strip("${}") for name in pattern["detail"]["bucket"]["name"])
    told = pipeline.of_type("AWS::S3::Bucket")[bucket]["NotificationConfiguration"]
    assert told == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}


def test_it_counts_what_the_alarms_watch(pipeline: Template, workload: Workload) -> None:
    """The answer and the threshold are those of the workload's alarms."""
    (expected,) = workload.watches
    given = of_it(pipeline, "AWS::Lambda::Function")["Environment"]["Variables"]
    threshold = expected.threshold
    assert given == {
        "ANSWER": expected.label,
        "LEAST_ANSWERS": "30",
        "INVOCATION": text_of(workload.invocation),
        **({} if threshold is None else {"THRESHOLD": str(threshold)}),
    }


def test_it_reads_captured_files_and_puts_one_metric(pipeline: Template) -> None:
    """The function's role may read under capture/ and put metrics, and do nothing else."""
    allowed = {
        action: statement.resources
        for statement in pipeline.identity_statements()
        if statement.holder.startswith("AnswerShare")
        for action in statement.actions
        if not action.startswith("logs:")
    }
    assert set(allowed) == {"s3:GetObject", "cloudwatch:PutMetricData"}
    (captured,) = allowed["s3:GetObject"]
    assert captured.endswith(".Arn}/capture/*")
