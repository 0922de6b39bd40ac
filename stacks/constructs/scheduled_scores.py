"""Scores files by a schedule: a rule, a function that begins a transform job, and a rule for the job's end."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from handover.function_variables import ScheduledScoresVariables
from handover.invocations import text_of
from handover.places import INCOMING

from constructs import Construct
from stacks.constructs.endpoint_deployment import NAMED_BY_CLOUDFORMATION, served_arns
from stacks.constructs.function import Function
from stacks.constructs.sagemaker_role import SageMakerRole
from stacks.constructs.workload_resources import WorkloadResources
from stacks.settings import Batch, Settings
from stacks.specs import Workload

_NAMED_BY_TIME = "each job, and the model that exists for it, has the time of its schedule in its name"
#: The final states of a transform job.
_ENDS = ["Completed", "Failed", "Stopped"]


class ScheduledScores(Construct):
    """What PROD serves when the schedule fires scores what then lies under ``incoming/``.

    A function decides, because only then it is known which model PROD serves. It begins a job and does not wait: at the
    job's end, SageMaker's event calls it again.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        workload: Workload,
        batch: Batch,
        role: SageMakerRole,
        resources: WorkloadResources,
    ) -> None:
        super().__init__(scope, construct_id)
        self._jobs = f"{workload.dashed_name}-batch-"
        function = Function(
            self,
            "Function",
            folder="scheduled_scores",
            variables=self._variables(workload, batch, role, resources),
            encryption=resources.encryption,
        )
        # What could not begin was told of: to try again an hour later would score with another model.
        function.function.configure_async_invoke(retry_attempts=0)
        self._allow(function, workload)
        role.grant_hand_over(function.role)
        resources.registry.grant_read(function.role)
        resources.data.grant_list(function.role, INCOMING)
        resources.notifications.grant_tell(function.role)
        self._call(function, batch)

    def _variables(
        self, workload: Workload, batch: Batch, role: SageMakerRole, resources: WorkloadResources
    ) -> ScheduledScoresVariables:
        return ScheduledScoresVariables(
            workload=workload.name,
            job_prefix=self._jobs,
            bucket=resources.data.name,
            endpoint=workload.endpoint_name("Prod"),
            invocation=text_of(workload.invocation),
            instance_type=batch.instance_type,
            role_arn=role.role_arn,
            topic_arn=resources.notifications.topic_arn,
        )

    def _allow(self, function: Function, workload: Workload) -> None:
        """See what PROD serves; make a model and a job of this prefix, and delete the model again."""
        kinds = ("Endpoint", "EndpointConfig", "Model")
        function.allow(
            [f"sagemaker:Describe{kind}" for kind in kinds],
            served_arns(self, workload, "Prod"),
            because=NAMED_BY_CLOUDFORMATION,
        )
        model, job = (
            Stack.of(self).format_arn(service="sagemaker", resource=resource, resource_name=f"{self._jobs}*")
            for resource in ("model", "transform-job")
        )
        function.allow(["sagemaker:CreateModel", "sagemaker:DeleteModel"], [model], because=_NAMED_BY_TIME)
        function.allow(
            ["sagemaker:CreateTransformJob", "sagemaker:DescribeTransformJob"], [job], because=_NAMED_BY_TIME
        )

    def _call(self, function: Function, batch: Batch) -> None:
        target = targets.LambdaFunction(function.function, retry_attempts=0)
        events.Rule(self, "Schedule", schedule=events.Schedule.expression(batch.schedule or ""), targets=[target])
        events.Rule(
            self,
            "Ended",
            event_pattern=events.EventPattern(
                source=["aws.sagemaker"],
                detail_type=["SageMaker Transform Job State Change"],
                detail={"TransformJobName": events.Match.prefix(self._jobs), "TransformJobStatus": _ENDS},
            ),
            targets=[targets.LambdaFunction(function.function)],
        )


def attach_schedule(scope: Construct, *, workload: Workload, settings: Settings, resources: WorkloadResources) -> None:
    """The schedule, if gatehouse.toml has one for this workload."""
    if settings.batch and settings.batch.schedule and resources.batch_role:
        ScheduledScores(
            scope,
            "ScheduledScores",
            workload=workload,
            batch=settings.batch,
            role=resources.batch_role,
            resources=resources,
        )
