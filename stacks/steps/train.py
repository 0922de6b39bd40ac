"""The training step."""

from __future__ import annotations

from typing import Any

from handover.invocations import text_of
from handover.names import Artifact
from handover.places import MODELS
from handover.step_variables import TrainVariables

from stacks.constructs.build_step import BuildStep
from stacks.constructs.step_spec import StepSpec, of_commit
from stacks.constructs.training_jobs import (
    NAMED_BY_EXECUTION,
    training_jobs_arn,
    training_log_arn,
    training_log_streams_arn,
    tuning_jobs_arn,
)
from stacks.constructs.workload_resources import WorkloadResources
from stacks.execution import COMMIT, EXECUTION
from stacks.settings import Training
from stacks.specs import Workload


def train_step(workload: Workload, resources: WorkloadResources, *, limits: Training) -> StepSpec:
    """``limits``: what a push may ask for at most."""

    def grant(step: BuildStep) -> None:
        resources.data.grant_add(step.role, MODELS, *workload.code_prefixes)
        resources.registry.grant_register(step.role)
        resources.training_role.grant_hand_over(step.role)
        _allow_to_read_logs(step, workload)
        if limits.tuning.on_push:
            _allow_tuning(step, workload, limits)
        else:
            _allow_training(step, workload, limits)

    return StepSpec(
        name="Train",
        build_spec=of_commit("ml_training/buildspec.yml"),
        minutes=workload.minutes.train,
        variables=TrainVariables(
            workload=workload.name,
            bucket=resources.data.name,
            package_group=resources.registry.group_name,
            role_arn=resources.training_role.role_arn,
            invocation=text_of(workload.invocation),
            commit=COMMIT,
            execution=EXECUTION,
            tuning=limits.tuning.on_push or None,
            key_arn=resources.encryption.arn,
        ),
        inputs=(Artifact.SOURCE, Artifact.DATA),
        grant=grant,
    )


def _allow_to_read_logs(step: BuildStep, workload: Workload) -> None:
    """The training curve stands in the job's log. Which streams there are is a list of the whole group."""
    step.allow(
        ["logs:DescribeLogStreams"],
        [training_log_arn(step)],
        because="CloudWatch Logs user guide: but for tags, the ARN of a log group ends in :* in a policy",
    )
    step.allow(["logs:GetLogEvents"], [training_log_streams_arn(step, workload)], because=NAMED_BY_EXECUTION)


def _allow_training(step: BuildStep, workload: Workload, limits: Training) -> None:
    jobs = training_jobs_arn(step, workload)
    step.allow(["sagemaker:CreateTrainingJob"], [jobs], conditions=_within(limits), because=NAMED_BY_EXECUTION)
    step.allow(
        ["sagemaker:DescribeTrainingJob", "sagemaker:StopTrainingJob", "sagemaker:AddTags"],
        [jobs],
        because=NAMED_BY_EXECUTION,
    )


def _allow_tuning(step: BuildStep, workload: Workload, limits: Training) -> None:
    """SageMaker itself starts the training jobs of a tuning job; the step reads the best one."""
    tuning = tuning_jobs_arn(step, workload)
    conditions = _within(limits)
    step.allow(["sagemaker:CreateHyperParameterTuningJob"], [tuning], conditions=conditions, because=NAMED_BY_EXECUTION)
    step.allow(
        [
            "sagemaker:DescribeHyperParameterTuningJob",
            "sagemaker:ListTrainingJobsForHyperParameterTuningJob",
            "sagemaker:StopHyperParameterTuningJob",
            "sagemaker:AddTags",
        ],
        [tuning],
        because=NAMED_BY_EXECUTION,
    )
    jobs = training_jobs_arn(step, workload)
    step.allow(["sagemaker:DescribeTrainingJob"], [jobs], because=NAMED_BY_EXECUTION)


def _within(limits: Training) -> dict[str, Any]:
    return {
        "ForAllValues:StringEquals": {"sagemaker:InstanceTypes": limits.instance_types},
        "NumericLessThanEquals": {"sagemaker:MaxRuntimeInSeconds": str(limits.max_runtime_minutes * 60)},
    }
