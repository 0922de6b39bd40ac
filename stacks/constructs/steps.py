"""The six builds of a workload's pipeline, each with exactly what it needs."""

from __future__ import annotations

from aws_cdk import Stack
from constructs import Construct

from stacks.constructs.build_step import BuildStep
from stacks.constructs.data_bucket import APPROVED_TAG
from stacks.constructs.endpoint_deployment import NAMED_BY_CLOUDFORMATION, endpoint_arn, served_arns
from stacks.constructs.permissions import allow_stack
from stacks.constructs.workshop import Workshop
from stacks.specs import Workload


class Steps(Construct):
    """Synth, data, training, gate, approval, verification. With ``approval``, no release goes without a person."""

    def __init__(
        self, scope: Construct, construct_id: str, *, workload: Workload, workshop: Workshop, approval: bool
    ) -> None:
        super().__init__(scope, construct_id)
        self._workload = workload
        self._shop = workshop
        self.synth = self._step("Synth", "stacks/buildspec.yml", workload.minutes.build, {})
        self.data = self._data()
        self.train = self._train()
        self.gate = self._gate(approval=approval)
        self.approve = self._approve()
        self.verify = self._verify()

    def _step(self, name: str, build_file: str, minutes: int, settings: dict[str, str]) -> BuildStep:
        common = {"WORKLOAD": self._workload.name, "DATA_BUCKET": self._shop.data.name}
        return BuildStep(
            self,
            name,
            build_file=build_file,
            minutes=minutes,
            settings=common | settings,
            encryption=self._shop.encryption,
        )

    @property
    def _told(self) -> dict[str, str]:
        return {"NOTIFICATION_TOPIC_ARN": self._shop.notifications.topic_arn}

    def _data(self) -> BuildStep:
        data, spark = self._shop.data, self._shop.spark
        settings = spark.settings if spark else {}
        step = self._step("Data", "ml_init/buildspec.yml", self._workload.minutes.data, settings)
        places = (*(["code/"] if spark else []), "raw/", "features/")
        data.grant_read(step.role, *places)
        data.grant_write(step.role, *places)
        if spark:
            spark.grant_make(step.role)
        return step

    def _train(self) -> BuildStep:
        settings = {
            "MODEL_PACKAGE_GROUP": self._shop.registry.group_name,
            "TRAINING_ROLE_ARN": self._shop.training_role.role_arn,
        } | ({"ENCRYPTION_KEY_ARN": self._shop.encryption.arn} if self._shop.encryption else {})
        step = self._step("Train", "ml_training/buildspec.yml", self._workload.minutes.train, settings)
        self._shop.data.grant_write(step.role, "models/")
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
        settings = self._told | {
            "ENDPOINT_NAME": self._workload.endpoint_name("Qa"),
            # What serves in PROD: the gate asks it for the same rows.
            "CHAMPION_ENDPOINT": self._workload.endpoint_name("Prod"),
            "CHAMPION_STACK_NAME": self._workload.stack_name("Prod"),
            "SIGNING_KEY_ARN": self._shop.signature.key_arn,
            "APPROVAL": str(approval).lower(),
        }
        step = self._step("Gate", "ml_test/buildspec.yml", self._workload.minutes.gate, settings)
        self._shop.data.grant_read(step.role, "features/", "gate/")
        self._shop.data.grant_write(step.role, "gate/")
        self._shop.registry.grant_judge(
            step.role, "Rejected", "PendingManualApproval", *([] if approval else ["Approved"])
        )
        if not approval:
            self._shop.data.grant_tag(step.role, *self._workload.artifact_prefixes, tags=APPROVED_TAG)
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
        step = self._step("Approve", "ml_test/approve.buildspec.yml", self._workload.minutes.approve, self._told)
        self._shop.registry.grant_judge(step.role, "Approved")
        self._shop.data.grant_tag(step.role, *self._workload.artifact_prefixes, tags=APPROVED_TAG)
        self._shop.notifications.grant_tell(step.role)
        return step

    def _verify(self) -> BuildStep:
        settings = {"ENDPOINT_NAME": self._workload.endpoint_name("Prod")} | self._told
        step = self._step("Verify", "ml_test/verify.buildspec.yml", self._workload.minutes.verify, settings)
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
