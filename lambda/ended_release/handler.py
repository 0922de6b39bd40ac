"""Tells people about a release that failed after the gate, and records a person's rejection in the registry.

EventBridge calls it when an action after the gate has failed, because a pipeline runs nothing after a failure.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3

from handover.approvals import Answer, action_executions
from handover.function_variables import EndedReleaseVariables
from handover.gate_report import GateReport
from handover.names import PipelineStage
from handover.notifications import publish, report_lines
from handover.packages import PENDING, REJECTED, set_status
from handover.places import GateFolder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class NotToldYetError(Exception):
    """CodePipeline's history lags behind its event; Lambda tries again."""


class NoReportError(Exception):
    """Nobody can be told what the gate said: an action after the gate has failed, but the gate left no report."""


@dataclass(frozen=True)
class End:
    """Where an execution ended, from CodePipeline's event about the failed action."""

    pipeline: str
    execution: str
    stage: str
    action: str
    action_execution: str
    why: str

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> End:
        detail = event["detail"]
        return cls(
            pipeline=detail["pipeline"],
            execution=detail["execution-id"],
            stage=detail["stage"],
            action=detail["action"],
            action_execution=detail["action-execution-id"],
            why=detail.get("execution-result", {}).get("external-execution-summary", "no reason given"),
        )


def handle(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Returns what people were told, and whether a person's rejection was recorded."""
    variables, end = EndedReleaseVariables.read(), End.of(event)
    s3 = boto3.client("s3")
    folder = GateFolder.latest(s3, variables.bucket, end.execution)
    if folder is None:
        raise NoReportError(
            f"The execution {end.execution} of {end.pipeline} has no gate report in {variables.bucket}."
        )
    body = s3.get_object(**folder.document.arguments)["Body"].read().decode()
    report = GateReport.parse(body)
    rejection = None
    if end.stage == PipelineStage.APPROVE:
        codepipeline = boto3.client("codepipeline")
        rejection = rejection_of(action_executions(codepipeline, end.pipeline, end.execution), end)
    rejected = rejection is not None and reject(boto3.client("sagemaker"), report, rejection, variables.bucket)
    told = publish(
        boto3.client("sns"),
        variables.topic_arn,
        f"{report.release_name}: {'rejected by a person' if rejection else f'ended in stage {end.stage}'}",
        [*first_lines(report, end, rejected=rejected), "", *report_lines(report, variables.bucket)],
    )
    outcome = {"execution": end.execution, "told": told, "rejected": rejected}
    print(json.dumps(outcome))
    return outcome


def rejection_of(details: Sequence[Mapping[str, Any]], end: End) -> Answer | None:
    """Who rejected; None if the action is no approval, or if nobody answered it in time.

    Raises NotToldYetError if the history does not show yet that the action has ended.
    """
    found = next((each for each in details if each["actionExecutionId"] == end.action_execution), None)
    if found is None or found["status"] == "InProgress":
        raise NotToldYetError(f"{end.pipeline} has no end of {end.action}, {end.action_execution}, in its history yet.")
    return Answer.of(found)


def reject(sagemaker: Any, report: GateReport, rejection: Answer, bucket: str) -> bool:
    """Set the package to Rejected unless somebody has decided otherwise meanwhile. Returns whether it was set."""
    arn = report.origin.model_package_arn
    if sagemaker.describe_model_package(ModelPackageName=arn)["ModelApprovalStatus"] != PENDING:
        return False
    said = (
        f"{report.verdict}: rejected by {rejection.by} ({rejection.comment}); {report.reason}. "
        f"{report.folder(bucket).page}"
    )
    set_status(sagemaker, arn, REJECTED, said, {})
    return True


def first_lines(report: GateReport, end: End, *, rejected: bool) -> list[str]:
    """What happened, and what PROD serves now."""
    lines = [f"{report.release_name} ended in stage {end.stage}, at {end.action}: {end.why}"]
    if end.stage == PipelineStage.APPROVE:
        lines.append(f"PROD stays as it is.{' The package is Rejected.' if rejected else ''}")
    else:
        lines.append(f"What PROD serves now: make releases WORKLOAD={report.origin.workload}")
    return lines
