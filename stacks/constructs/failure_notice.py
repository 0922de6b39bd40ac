"""Tells people of a release that ended after the gate: nothing runs in a pipeline after a failure to tell it."""

from __future__ import annotations

from aws_cdk import aws_events as events
from constructs import Construct

from stacks.constructs.data_bucket import DataBucket
from stacks.constructs.release_notifications import ReleaseNotifications
from stacks.specs import Workload

#: The gate tells by itself what it stops.
_STAGES = ["Approve", "PROD"]


class FailureNotice(Construct):
    """A rule on the pipeline's actions: somebody rejected, nobody answered in time, PROD's deployment went back."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        workload: Workload,
        pipeline_name: str,
        reports: DataBucket,
        notifications: ReleaseNotifications,
    ) -> None:
        super().__init__(scope, construct_id)
        rule = events.CfnRule(
            self,
            "Rule",
            description=f"A release of {workload.name} ended after the gate",
            event_pattern={
                "source": ["aws.codepipeline"],
                "detail-type": ["CodePipeline Action Execution State Change"],
                "detail": {"pipeline": [pipeline_name], "stage": _STAGES, "state": ["FAILED"]},
            },
            targets=[
                events.CfnRule.TargetProperty(
                    id="Topic",
                    arn=notifications.topic_arn,
                    input_transformer=events.CfnRule.InputTransformerProperty(
                        input_paths_map={
                            name: f"$.detail.{path}"
                            for name, path in (
                                *(("stage", "stage"), ("action", "action"), ("execution", "execution-id")),
                                ("why", "execution-result.external-execution-summary"),
                            )
                        },
                        input_template=_message(workload, reports),
                    ),
                )
            ],
        )
        notifications.admit("events.amazonaws.com", rule.attr_arn)


def _message(workload: Workload, reports: DataBucket) -> str:
    """One JSON string, as EventBridge wants a text."""
    return (
        f'"{workload.name}: a release ended in stage <stage>, at <action>: <why> What serves in PROD: make releases '
        f'WORKLOAD={workload.name}. The report of the gate: s3://{reports.name}/gate/<execution>/gate.html"'
    )
