"""Deletes the QA endpoint when its execution has ended, in whatever state, and when it was left behind."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_codepipeline as codepipeline
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from handover.function_variables import QaCleanUpVariables
from handover.names import PipelineStage

from constructs import Construct
from stacks.constructs.encryption import Encryption
from stacks.constructs.function import Function
from stacks.constructs.permissions import allow_stack
from stacks.specs import Workload

#: The final states of an execution, as CodePipeline names them.
_ENDS = ["CANCELED", "FAILED", "STOPPED", "SUCCEEDED", "SUPERSEDED"]
#: Lambda's longest timeout: SageMaker takes minutes to delete an endpoint.
_TIMEOUT_SECONDS = 900


class QaCleanUp(Construct):
    """One function, called when an execution ends and on a schedule.

    It is not a stage of the pipeline. A stage would run in successful executions only, and would delete whichever QA
    endpoint exists, even a later execution's.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        workload: Workload,
        pipeline: codepipeline.IPipeline,
        time_to_live_hours: int,
        encryption: Encryption,
    ) -> None:
        super().__init__(scope, construct_id)
        function = Function(
            self,
            "Function",
            folder="qa_clean_up",
            variables=QaCleanUpVariables(
                pipeline=pipeline.pipeline_name,
                stack=workload.stack_name("Qa"),
                time_to_live_hours=time_to_live_hours,
            ),
            timeout_seconds=_TIMEOUT_SECONDS,
            encryption=encryption,
        )
        self._allow(function, workload, pipeline)
        target = targets.LambdaFunction(function.function)
        pipeline.on_state_change("Ended", event_pattern=events.EventPattern(detail={"state": _ENDS}), target=target)
        events.Rule(self, "Forgotten", schedule=events.Schedule.rate(Duration.hours(1)), targets=[target])

    @staticmethod
    def _allow(function: Function, workload: Workload, pipeline: codepipeline.IPipeline) -> None:
        allow_stack(function.role, ["DeleteStack", "DescribeStacks"], workload.stack_name("Qa"))
        function.allow(
            ["codepipeline:GetPipelineState", "codepipeline:ListPipelineExecutions"], [pipeline.pipeline_arn]
        )
        function.allow(
            ["codepipeline:DisableStageTransition", "codepipeline:EnableStageTransition"],
            [f"{pipeline.pipeline_arn}/{PipelineStage.QA}"],
        )
