"""The six builds of a workload's pipeline, each with exactly what it needs."""

from __future__ import annotations

from aws_cdk import Stack
from constructs import Construct

from handover.places import CODE, FEATURES, GATE, MODELS, RAW, ROWS
from handover.variables import (
    ApproveVariables,
    DataVariables,
    GateVariables,
    SynthVariables,
    TrainVariables,
    Variables,
    VerifyVariables,
)
from stacks.constructs.build_step import BuildStep
from stacks.constructs.endpoint_deployment import NAMED_BY_CLOUDFORMATION, endpoint_arn, served_arns
from stacks.constructs.permissions import allow_stack
from stacks.constructs.workshop import Workshop
from stacks.specs import Workload

_COMMIT = "#{Source.CommitId}"
_EXECUTION = "#{codepipeline.PipelineExecutionId}"
PACKAGE = "#{Train.MODEL_PACKAGE_ARN}"
CHAMPION = "#{Gate.CHAMPION_PACKAGE_ARN}"


class Steps(Construct):
    """Synth, data, training, gate, approval, verification.

    ``approval``: no release goes without a person. ``competes``: a release serves beside the champion at first.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        workload: Workload,
        workshop: Workshop,
        approval: bool,
        competes: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        self._workload = workload
        self._shop = workshop
        self.synth = self._step("Synth", "stacks/buildspec.yml", workload.minutes.build, SynthVariables())
        self.data = self._data()
        self.train = self._train()
        self.gate = self._gate(approval=approval)
        self.approve = self._approve()
        self.verify = self._verify(competes=competes)

    def _step(self, name: str, build_file: str, minutes: int, variables: Variables) -> BuildStep:
        return BuildStep(
            self,
            name,
            build_file=build_file,
            minutes=minutes,
            variables=variables,
            encryption=self._shop.encryption,
        )

    def _data(self) -> BuildStep:
        data, spark = self._shop.data, self._shop.spark
        variables = DataVariables(
            workload=self._workload.name,
            bucket=data.name,
            commit=_COMMIT,
            glue_job=spark.job.name if spark else None,
            glue_crawler=spark.catalog.crawler_name if spark else None,
            glue_database=spark.catalog.database_name if spark else None,
            glue_script_key=spark.script_key if spark else None,
        )
        step = self._step("Data", "ml_init/buildspec.yml", self._workload.minutes.data, variables)
        places = (*([CODE, ROWS] if spark else []), RAW, FEATURES)
        data.grant_read(step.role, *places)
        data.grant_write(step.role, *places)
        if spark:
            spark.grant_make(step.role)
        return step

    def _train(self) -> BuildStep:
        variables = TrainVariables(
            workload=self._workload.name,
            bucket=self._shop.data.name,
            package_group=self._shop.registry.group_name,
            role_arn=self._shop.training_role.role_arn,
            invocation=self._workload.invocation.name,
            commit=_COMMIT,
            execution=_EXECUTION,
            key_arn=self._shop.encryption.arn if self._shop.encryption else None,
        )
        step = self._step("Train", "ml_training/buildspec.yml", self._workload.minutes.train, variables)
        self._shop.data.grant_write(step.role, MODELS)
        self._shop.registry.grant_register(step.role)
        self._shop.training_role.grant_hand_over(step.role)
        jobs = Stack.of(self).format_arn(
            service="sagemaker", resource="training-job", resource_name=f"{self._workload.dashed_name}-*"
        )
        step.allow(
            [f"sagemaker:{action}TrainingJob" for action in ("Create", "Describe", "Stop")] + ["sagemaker:AddTags"],
            [jobs],
            because="SageMaker lets a training job's name be used once: each has its execution's",
        )
        return step

    def _gate(self, *, approval: bool) -> BuildStep:
        variables = GateVariables(
            workload=self._workload.name,
            bucket=self._shop.data.name,
            invocation=self._workload.invocation.name,
            endpoint=self._workload.endpoint_name("Qa"),
            champion=self._workload.endpoint_name("Prod"),
            champion_stack=self._workload.stack_name("Prod"),
            signing_key_arn=self._shop.signature.key_arn,
            topic_arn=self._shop.notifications.topic_arn,
            approval=approval,
            commit=_COMMIT,
            execution=_EXECUTION,
            package_arn=PACKAGE,
        )
        step = self._step("Gate", "ml_test/buildspec.yml", self._workload.minutes.gate, variables)
        self._shop.data.grant_read(step.role, FEATURES, GATE)
        self._shop.data.grant_write(step.role, GATE)
        self._shop.registry.grant_judge(
            step.role, "Rejected", "PendingManualApproval", *([] if approval else ["Approved"])
        )
        if not approval:
            self._shop.data.grant_approve(step.role, *self._workload.artifact_prefixes)
        self._shop.signature.grant_sign(step.role)
        self._shop.notifications.grant_tell(step.role)
        step.allow(
            ["sagemaker:InvokeEndpoint"],
            [endpoint_arn(self, self._workload, "Qa"), endpoint_arn(self, self._workload, "Prod")],
        )
        self._allow_to_see_what_prod_serves(step)
        allow_stack(step.role, ["DescribeStacks"], self._workload.stack_name("Prod"))
        return step

    def _approve(self) -> BuildStep:
        variables = ApproveVariables(
            bucket=self._shop.data.name,
            topic_arn=self._shop.notifications.topic_arn,
            execution=_EXECUTION,
            package_arn=PACKAGE,
        )
        step = self._step("Approve", "ml_release/approve.buildspec.yml", self._workload.minutes.approve, variables)
        self._shop.registry.grant_judge(step.role, "Approved")
        self._shop.data.grant_approve(step.role, *self._workload.artifact_prefixes)
        self._shop.notifications.grant_tell(step.role)
        return step

    def _verify(self, *, competes: bool) -> BuildStep:
        variables = VerifyVariables(
            bucket=self._shop.data.name,
            invocation=self._workload.invocation.name,
            endpoint=self._workload.endpoint_name("Prod"),
            topic_arn=self._shop.notifications.topic_arn,
            package_arn=PACKAGE,
            champion_arn=CHAMPION if competes else None,
        )
        step = self._step("Verify", "ml_release/verify.buildspec.yml", self._workload.minutes.verify, variables)
        self._shop.registry.grant_read(step.role)
        self._shop.notifications.grant_tell(step.role)
        step.allow(["sagemaker:InvokeEndpoint"], [endpoint_arn(self, self._workload, "Prod")])
        self._allow_to_see_what_prod_serves(step)
        return step

    def _allow_to_see_what_prod_serves(self, step: BuildStep) -> None:
        step.allow(
            [f"sagemaker:Describe{kind}" for kind in ("Endpoint", "EndpointConfig", "Model")],
            served_arns(self, self._workload, "Prod"),
            because=NAMED_BY_CLOUDFORMATION,
        )
