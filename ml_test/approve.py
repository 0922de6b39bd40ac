"""Sets the package Approved that a person has approved, and says who and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3

from ml_init.step import StepError, input_artifact, run, setting, timed
from ml_test.approval import approve
from ml_test.notify import release_name, report_lines, tell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, kw_only=True, slots=True)
class Approval:
    """Who approved, as an ARN, and what they said."""

    by: str
    comment: str


def main() -> None:
    package_arn, execution = setting("MODEL_PACKAGE_ARN"), setting("PIPELINE_EXECUTION_ID")
    gate = input_artifact("GateOutput", "gate.json")
    check_release(gate, package_arn)
    pipeline = setting("CODEBUILD_INITIATOR").removeprefix("codepipeline/")
    approval = approval_of(action_executions(boto3.client("codepipeline"), pipeline, execution))
    report = f"s3://{setting('DATA_BUCKET')}/gate/{execution}/gate.html"
    said = f"{gate['verdict']}: approved by {approval.by} ({approval.comment}); {gate['reason']}. {report}"
    with timed("approved"):
        approve(
            boto3.client("sagemaker"),
            boto3.client("s3"),
            package_arn,
            said,
            {"approved_by": approval.by},
        )
    tell(
        f"{release_name(gate)}: approved",
        [
            f"{approval.by} approved it: {approval.comment}",
            "PROD is deployed next.",
            "",
            *report_lines(gate, setting("DATA_BUCKET")),
        ],
    )


def check_release(gate: Mapping[str, Any], package_arn: str) -> None:
    """A person decides on what the gate holds, or has let through; not on what it has rejected."""
    if gate["model_package_arn"] != package_arn or gate["verdict"] not in ("PROMOTE", "HOLD"):
        raise StepError(
            f"The gate's verdict is {gate['verdict']} for {gate['model_package_arn']}; this release is {package_arn}. "
            "Only what the gate promotes or holds can be approved."
        )


def action_executions(codepipeline: Any, pipeline: str, execution: str) -> list[dict[str, Any]]:
    """Those of this execution, newest first."""
    pages = codepipeline.get_paginator("list_action_executions").paginate(
        pipelineName=pipeline, filter={"pipelineExecutionId": execution}
    )
    return [detail for page in pages for detail in page["actionExecutionDetails"]]


def approval_of(details: Sequence[Mapping[str, Any]]) -> Approval:
    """The latest manual approval among action executions; StepError where nobody has approved."""
    for detail in details:
        if detail["input"]["actionTypeId"]["category"] == "Approval" and detail["status"] == "Succeeded":
            result = detail.get("output", {}).get("executionResult", {})
            return Approval(by=detail["updatedBy"], comment=result.get("externalExecutionSummary") or "no comment")
    raise StepError(
        "No manual approval of this execution has succeeded, so the package stays as it is. "
        "This step belongs behind a manual approval in the same stage."
    )


if __name__ == "__main__":
    run(main)
