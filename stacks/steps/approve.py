"""The step after a person's approval: it sets the package to Approved."""

from __future__ import annotations

from handover.names import Artifact
from handover.packages import APPROVED
from handover.step_variables import ApproveVariables

from stacks.constructs.build_step import BuildStep
from stacks.constructs.judge_code import judges_build
from stacks.constructs.step_spec import StepSpec
from stacks.constructs.workload_resources import WorkloadResources
from stacks.execution import EXECUTION, PACKAGE
from stacks.specs import Workload


def approve_step(workload: Workload, resources: WorkloadResources) -> StepSpec:
    def grant(step: BuildStep) -> None:
        resources.registry.grant_judge(step.role, APPROVED)
        resources.data.grant_approve(step.role, *workload.artifact_prefixes)
        resources.notifications.grant_tell(step.role)

    return StepSpec(
        name="SetApproved",
        project="Approve",
        build_spec=judges_build("ml_release.approve", requirements="ml_release/requirements.lock"),
        minutes=workload.minutes.approve,
        variables=ApproveVariables(
            bucket=resources.data.name,
            topic_arn=resources.notifications.topic_arn,
            execution=EXECUTION,
            package_arn=PACKAGE,
        ),
        inputs=(Artifact.JUDGES, Artifact.GATE),
        grant=grant,
        # The pipeline's own history records who approved.
        reads_history=True,
    )
