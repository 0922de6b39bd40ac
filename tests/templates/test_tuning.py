"""What the training step may do where pushes are tuned."""

from __future__ import annotations

import pytest

from stacks.settings import Settings
from stacks.specs import Workload
from tests.templates.cloud_assembly import CloudAssembly
from tests.templates.template import Statement, Template, render


def of_train_step(template: Template) -> dict[str, Statement]:
    """SageMaker's actions of the training step's role, each with its statement."""
    return {
        action: statement
        for statement in template.identity_statements()
        if statement.holder.startswith("StepsTrainRole")
        for action in statement.actions
        if action.startswith("sagemaker:")
    }


@pytest.fixture
def tuning(assembly_with_tuning: CloudAssembly, workload: Workload) -> Template:
    return assembly_with_tuning.templates[workload.stack_name("Pipeline")]


def test_the_step_starts_tuning_jobs_and_no_training_job(tuning: Template) -> None:
    """SageMaker starts the training jobs; the step starts, watches and stops the tuning job, and reads the best one."""
    assert of_train_step(tuning).keys() == {
        "sagemaker:AddTags",
        "sagemaker:CreateHyperParameterTuningJob",
        "sagemaker:CreateModelPackage",
        "sagemaker:DescribeHyperParameterTuningJob",
        "sagemaker:DescribeTrainingJob",
        "sagemaker:ListTrainingJobsForHyperParameterTuningJob",
        "sagemaker:StopHyperParameterTuningJob",
    }


def test_a_tuning_job_is_within_the_limits(tuning: Template, settings: Settings, workload: Workload) -> None:
    """Instance types and run time are those of gatehouse.toml, and the names are the workload's."""
    statement = of_train_step(tuning)["sagemaker:CreateHyperParameterTuningJob"]
    assert statement.conditions == {
        "ForAllValues:StringEquals": {"sagemaker:InstanceTypes": settings.training.instance_types},
        "NumericLessThanEquals": {
            "sagemaker:MaxRuntimeInSeconds": str(settings.of(workload.name).training.max_runtime_minutes * 60)
        },
    }
    (resource,) = map(render, statement.resources)
    assert resource.endswith(f":hyper-parameter-tuning-job/{workload.dashed_name[:21]}-*")


def test_the_step_is_told(tuning: Template, pipeline: Template) -> None:
    """The variable is there if pushes are tuned, and only then; then no role starts a tuning job."""
    told = []
    for template in (tuning, pipeline):
        for project in template.of_type("AWS::CodeBuild::Project").values():
            variables = {each["Name"]: each["Value"] for each in project["Environment"].get("EnvironmentVariables", ())}
            if "TRAINING_ROLE_ARN" in variables:
                told.append(variables.get("TUNING"))
    assert told == ["true", None]
    assert not [action for action in of_train_step(pipeline) if "Tuning" in action]
