"""Sets the package that a person has approved to Approved, and records who approved it and why."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import boto3

from handover.approvals import Answer, action_executions
from handover.gate_report import RELEASABLE, GateReport
from handover.names import Artifact, pipeline_of
from handover.notifications import publish, report_lines
from handover.places import GateFolder
from handover.step_variables import ApproveVariables
from ml_steps.approval import approve
from ml_steps.artifacts import read_input
from ml_steps.running import StepError, run, say, timed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def main() -> None:
    variables = ApproveVariables.read()
    report = GateReport.parse(read_input(Artifact.GATE, GateFolder.DOCUMENT))
    check_release(report, variables.package_arn)
    details = action_executions(boto3.client("codepipeline"), pipeline_name(os.environ), variables.execution)
    answer = approval_of(details)
    said = (
        f"{report.verdict}: approved by {answer.by} ({answer.comment}); {report.reason}."
        f" {report.folder(variables.bucket).page}"
    )
    with timed("approved"):
        approve(
            boto3.client("sagemaker"),
            boto3.client("s3"),
            report,
            said,
            {"approved_by": answer.by},
        )
    told = publish(
        boto3.client("sns"),
        variables.topic_arn,
        f"{report.release_name}: approved",
        [
            f"{answer.by} approved it: {answer.comment}",
            "PROD is deployed next.",
            *(["The looser rules below hold from now on."] if report.looser else []),
            "",
            *report_lines(report, variables.bucket),
        ],
    )
    say(f"  told the topic: {told}")


def pipeline_name(environment: Mapping[str, str]) -> str:
    """The pipeline that started this build: CodeBuild names it in CODEBUILD_INITIATOR."""
    initiator = environment.get("CODEBUILD_INITIATOR", "")
    name = pipeline_of(initiator)
    if not name:
        raise StepError(f"CODEBUILD_INITIATOR is {initiator!r}: this step runs in a pipeline alone.")
    return name


def check_release(report: GateReport, package_arn: str) -> None:
    """A person decides on a release that the gate holds or has passed, not on one that it has rejected."""
    judged = report.origin.model_package_arn
    if judged != package_arn or report.verdict not in RELEASABLE:
        raise StepError(
            f"The gate's verdict is {report.verdict} for {judged}; this release is {package_arn}. "
            "Only what the gate promotes or holds can be approved."
        )


def approval_of(details: Sequence[Mapping[str, Any]]) -> Answer:
    """The latest manual approval among action executions; StepError if nobody has approved."""
    for detail in details:
        answer = Answer.of(detail) if detail["status"] == "Succeeded" else None
        if answer is not None:
            return answer
    raise StepError(
        "No manual approval of this execution has succeeded, so the package stays as it is. "
        "This step belongs behind a manual approval in the same stage."
    )


if __name__ == "__main__":
    run(main)
