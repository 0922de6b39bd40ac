"""Approval / AWS / Manual / 1: waits for a person's PutApprovalResult."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

from localcloud.services.codepipeline.action_errors import ActionFailedError
from localcloud.services.codepipeline.actions.outcome import Outcome
from localcloud.services.codepipeline.records import now

if TYPE_CHECKING:
    from localcloud.services.codepipeline.actions.context import ActionContext

_SUBJECT_LIMIT = 100  # SNS refuses longer ones


def run(context: ActionContext) -> Outcome:
    if context.token is None:
        token = str(uuid.uuid4())
        context.report(token=token)
        if "NotificationArn" in context.configuration:
            _notify(context, token)
    while context.interruption.approval is None:
        context.pause(3600)
    approval = context.interruption.approval
    context.report(lastUpdatedBy=approval.by, summary=approval.summary)
    if not approval.approved:
        raise ActionFailedError("JobFailed", f"Rejected by {approval.by}: {approval.summary}")
    return Outcome(summary=approval.summary)


def _notify(context: ActionContext, token: str) -> None:
    configuration = context.configuration
    console = f"https://console.aws.amazon.com/codepipeline/home?region={context.region}#/view/{context.pipeline}"
    approval = {
        "pipelineName": context.pipeline,
        "stageName": context.stage,
        "actionName": context.action,
        "token": token,
        "expires": (now() + timedelta(seconds=context.timeout_seconds)).strftime("%Y-%m-%dT%H:%MZ"),
        "externalEntityLink": configuration.get("ExternalEntityLink"),
        "approvalReviewLink": f"{console}/{context.stage}/{context.action}/approve/{token}",
        "customData": configuration.get("CustomData"),
    }
    context.client("sns").publish(
        TopicArn=configuration["NotificationArn"],
        Subject=f"APPROVAL NEEDED: AWS CodePipeline {context.pipeline} for action {context.action}"[:_SUBJECT_LIMIT],
        Message=json.dumps({"region": context.region, "consoleLink": console, "approval": approval}, indent=4),
    )
