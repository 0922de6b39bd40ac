"""The data step."""

from __future__ import annotations

from handover.names import Artifact
from handover.step_variables import DataVariables

from stacks.constructs.build_step import BuildStep
from stacks.constructs.step_spec import StepSpec, of_commit
from stacks.constructs.workload_resources import WorkloadResources
from stacks.execution import COMMIT
from stacks.specs import Workload


def data_step(workload: Workload, resources: WorkloadResources, *, dataset: str | None) -> StepSpec:
    """``dataset``: the data set that gatehouse.toml chooses; None: the workload's own."""
    data, features = resources.data, resources.features

    def grant(step: BuildStep) -> None:
        data.grant_read(step.role, *features.places)
        data.grant_add(step.role, *features.places)
        features.grant_make(step.role)

    return StepSpec(
        name="Data",
        build_spec=of_commit("ml_init/buildspec.yml"),
        minutes=workload.minutes.data,
        variables=DataVariables(
            workload=workload.name,
            bucket=data.name,
            training_rows=workload.data.training_rows,
            commit=COMMIT,
            glue_job=features.glue_job,
            glue_crawler=features.glue_crawler,
            glue_database=features.glue_database,
            glue_script_key=features.glue_script_key,
            dataset=dataset,
        ),
        output=Artifact.DATA,
        grant=grant,
    )
