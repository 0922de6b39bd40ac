"""The training step."""

from __future__ import annotations

from aws_cdk import Stack
from handover.names import Artifact
from handover.places import MODELS
from handover.variables import TrainVariables

from stacks.constructs.build_step import BuildStep
from stacks.constructs.step_spec import StepSpec, of_commit
from stacks.constructs.workload_resources import WorkloadResources
from stacks.execution import COMMIT, EXECUTION
from stacks.specs import Workload


def train_step(workload: Workload, resources: WorkloadResources) -> StepSpec:
    def grant(step: BuildStep) -> None:
        resources.data.grant_write(step.role, MODELS)
        resources.registry.grant_register(step.role)
        resources.training_role.grant_hand_over(step.role)
        jobs = Stack.of(step).format_arn(
            service="sagemaker", resource="training-job", resource_name=f"{workload.dashed_name}-*"
        )
        step.allow(
            [f"sagemaker:{action}TrainingJob" for action in ("Create", "Describe", "Stop")] + ["sagemaker:AddTags"],
            [jobs],
            because="SageMaker lets a training job's name be used once: each has its execution's",
        )

    return StepSpec(
        name="Train",
        build_spec=of_commit("ml_training/buildspec.yml"),
        minutes=workload.minutes.train,
        variables=TrainVariables(
            workload=workload.name,
            bucket=resources.data.name,
            package_group=resources.registry.group_name,
            role_arn=resources.training_role.role_arn,
            invocation=workload.invocation.name,
            commit=COMMIT,
            execution=EXECUTION,
            key_arn=resources.encryption.arn,
        ),
        inputs=(Artifact.SOURCE, Artifact.DATA),
        grant=grant,
    )
