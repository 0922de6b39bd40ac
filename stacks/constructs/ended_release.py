"""A release that fails after the gate: people are told, and a person's rejection goes into the registry."""

from __future__ import annotations

from aws_cdk import aws_codepipeline as codepipeline
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from handover.function_variables import EndedReleaseVariables
from handover.names import PipelineStage
from handover.places import GATE

from constructs import Construct
from stacks.constructs.function import Function
from stacks.constructs.workload_resources import WorkloadResources
from stacks.specs import Workload

#: The gate itself reports the releases that it stops.
_STAGES = [PipelineStage.APPROVE.value, PipelineStage.PROD.value]


class EndedRelease(Construct):
    """A function that runs when an action has failed, because a pipeline runs nothing after a failure.

    The reasons: a person rejected, nobody answered in time, PROD's deployment rolled back, or PROD does not serve the
    release.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        workload: Workload,
        pipeline: codepipeline.IPipeline,
        resources: WorkloadResources,
    ) -> None:
        super().__init__(scope, construct_id)
        function = Function(
            self,
            "Function",
            folder="ended_release",
            variables=EndedReleaseVariables(bucket=resources.data.name, topic_arn=resources.notifications.topic_arn),
            encryption=resources.encryption,
        )
        resources.data.grant_read(function.role, GATE)
        resources.registry.grant_judge(function.role, "Rejected")
        resources.notifications.grant_tell(function.role)
        function.allow(["codepipeline:ListActionExecutions"], [pipeline.pipeline_arn])
        events.Rule(
            self,
            "Failed",
            description=f"A release of {workload.name} ended after the gate",
            event_pattern=events.EventPattern(
                source=["aws.codepipeline"],
                detail_type=["CodePipeline Action Execution State Change"],
                detail={"pipeline": [pipeline.pipeline_name], "stage": _STAGES, "state": ["FAILED"]},
            ),
            targets=[targets.LambdaFunction(function.function)],
        )
