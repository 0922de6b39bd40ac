"""The synthesis step: makes the templates of this very commit, and publishes the files that they name.

It stops if the commit's pipeline is not the deployed one: a person has changed a setting and not deployed it.
"""

from __future__ import annotations

from handover.names import Artifact
from handover.step_variables import SynthVariables

from stacks.constructs.build_step import BuildStep
from stacks.constructs.permissions import allow_stack
from stacks.constructs.pushed_assets import PushedAssets
from stacks.constructs.step_spec import StepSpec, of_commit
from stacks.specs import Workload


def synth_step(workload: Workload) -> StepSpec:
    pipeline = workload.stack_name("Pipeline")

    def grant(step: BuildStep) -> None:
        allow_stack(step.role, ["GetTemplate"], pipeline)
        if workload.doors:
            PushedAssets(step, workload=workload).grant_add(step.role)

    return StepSpec(
        name="Synth",
        build_spec=of_commit("stacks/buildspec.yml"),
        minutes=workload.minutes.build,
        variables=SynthVariables(
            workload=workload.name,
            stack=pipeline,
            assets=f"{workload.stack_name('Api')}.assets.json" if workload.doors else None,
        ),
        output=Artifact.BUILD,
        grant=grant,
    )
