"""The synthesis step: makes the templates of this very commit."""

from __future__ import annotations

from handover.names import Artifact
from handover.variables import SynthVariables

from stacks.constructs.step_spec import StepSpec, of_commit
from stacks.specs import Workload


def synth_step(workload: Workload) -> StepSpec:
    return StepSpec(
        name="Synth",
        build_spec=of_commit("stacks/buildspec.yml"),
        minutes=workload.minutes.build,
        variables=SynthVariables(),
        output=Artifact.BUILD,
    )
