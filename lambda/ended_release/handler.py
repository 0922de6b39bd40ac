"""Tells people of a release that ended after the gate, and the registry of a person's no.

Called by EventBridge when an action behind the gate has failed: nothing runs in a pipeline after a failure to do it.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: The stage in which a person answers.
APPROVAL_STAGE = "Approve"
#: SageMaker's limit of a package's ApprovalDescription, and SNS's of a subject: fewer than 100 characters.
_DESCRIPTION_LIMIT = 1024
_SUBJECT_LIMIT = 99
#: How CodePipeline names people in ``updatedBy``: users of IAM, and sessions of roles.
_PEOPLE = ("arn:aws:iam::", "arn:aws:sts::")


class NotToldYetError(Exception):
    """CodePipeline's history is behind its event; Lambda tries again."""


@dataclass(frozen=True)
class Rejection:
    """Who said no, as an ARN, and why."""

    by: str
    comment: str


@dataclass(frozen=True)
class End:
    """Where an execution ended, as CodePipeline's event of the failed action tells it."""

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
    """What was told, and whether a person's rejection was written down."""
    end = End.of(event)
    bucket, key = os.environ["DATA_BUCKET"], f"gate/{end.execution}/gate.json"
    gate = json.loads(boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())
    rejection = None
    if end.stage == APPROVAL_STAGE:
        rejection = rejection_of(action_executions(boto3.client("codepipeline"), end), end)
    rejected = rejection is not None and reject(boto3.client("sagemaker"), gate, rejection, bucket)
    name = f"{gate['workload']} version {gate['model_package_arn'].rpartition('/')[2]}"
    subject = f"{name}: {'rejected by a person' if rejection else f'ended in stage {end.stage}'}"
    boto3.client("sns").publish(
        TopicArn=os.environ["NOTIFICATION_TOPIC_ARN"],
        Subject=subject[:_SUBJECT_LIMIT],
        Message="\n".join([*first_lines(name, end, rejected=rejected), "", *report_lines(gate, bucket)]) + "\n",
    )
    told = {"execution": end.execution, "told": subject, "rejected": rejected}
    print(json.dumps(told))
    return told


def action_executions(codepipeline: Any, end: End) -> list[dict[str, Any]]:
    """Those of this execution."""
    pages = codepipeline.get_paginator("list_action_executions").paginate(
        pipelineName=end.pipeline, filter={"pipelineExecutionId": end.execution}
    )
    return [detail for page in pages for detail in page["actionExecutionDetails"]]


def rejection_of(details: Sequence[Mapping[str, Any]], end: End) -> Rejection | None:
    """Who rejected; None where the action is no approval, or nobody answered it in time.

    Raises NotToldYetError where the history does not know yet that the action has ended.
    """
    found = next((each for each in details if each["actionExecutionId"] == end.action_execution), None)
    if found is None or found["status"] == "InProgress":
        raise NotToldYetError(f"{end.pipeline} has no end of {end.action}, {end.action_execution}, in its history yet.")
    by = found.get("updatedBy", "")
    if found["input"]["actionTypeId"]["category"] != "Approval" or not by.startswith(_PEOPLE):
        return None
    result = found.get("output", {}).get("executionResult", {})
    return Rejection(by=by, comment=result.get("externalExecutionSummary") or "no comment")


def reject(sagemaker: Any, gate: Mapping[str, Any], rejection: Rejection, bucket: str) -> bool:
    """Set the package Rejected, if nobody has decided otherwise meanwhile; whether it was."""
    arn = gate["model_package_arn"]
    if sagemaker.describe_model_package(ModelPackageName=arn)["ModelApprovalStatus"] != "PendingManualApproval":
        return False
    said = (
        f"{gate['verdict']}: rejected by {rejection.by} ({rejection.comment}); {gate['reason']}. "
        f"{report_address(gate, bucket)}"
    )
    sagemaker.update_model_package(
        ModelPackageArn=arn,
        ModelApprovalStatus="Rejected",
        # It takes no line breaks, which a comment may have.
        ApprovalDescription=" ".join(said.split())[:_DESCRIPTION_LIMIT],
    )
    return True


def first_lines(name: str, end: End, *, rejected: bool) -> list[str]:
    """What happened, and what PROD serves now."""
    lines = [f"{name} ended in stage {end.stage}, at {end.action}: {end.why}"]
    if end.stage == APPROVAL_STAGE:
        lines.append(f"PROD stays as it is.{' The package is Rejected.' if rejected else ''}")
    else:
        lines.append(f"What PROD serves now: make releases WORKLOAD={os.environ['WORKLOAD']}")
    return lines


def report_lines(gate: Mapping[str, Any], bucket: str) -> list[str]:
    """The gate's figures, and where its report is, as ``ml_test/notify.py`` ends every message about a release."""
    return [
        f"Verdict of the gate: {gate['verdict']}",
        *(f"- {check['sentence']}" for check in gate["checks"]),
        "",
        f"Commit:        {gate['commit']}",
        f"Model package: {gate['model_package_arn']}",
        f"Report:        {report_address(gate, bucket)}",
        f"Fetch and check it: make verify-report WORKLOAD={gate['workload']} EXECUTION={gate['pipeline_execution']}",
    ]


def report_address(gate: Mapping[str, Any], bucket: str) -> str:
    return f"s3://{bucket}/gate/{gate['pipeline_execution']}/gate.html"
