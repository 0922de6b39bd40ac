"""The verification step: checks what PROD serves."""

from __future__ import annotations

from handover.invocations import text_of
from handover.names import Artifact
from handover.step_variables import VerifyVariables

from stacks.constructs.build_step import BuildStep
from stacks.constructs.endpoint_deployment import allow_to_see, endpoint_arn
from stacks.constructs.judge_code import judges_build
from stacks.constructs.step_spec import StepSpec
from stacks.constructs.workload_resources import WorkloadResources
from stacks.execution import CHAMPION, PACKAGE
from stacks.specs import Workload


def verify_step(workload: Workload, resources: WorkloadResources, *, competes: bool) -> StepSpec:
    """``competes``: a release first serves beside the champion."""

    def grant(step: BuildStep) -> None:
        resources.registry.grant_read(step.role)
        resources.data.grant_versions(step.role)
        resources.notifications.grant_tell(step.role)
        step.allow(["sagemaker:InvokeEndpoint"], [endpoint_arn(step, workload, "Prod")])
        allow_to_see(step, workload, "Prod")

    return StepSpec(
        name="Verify",
        build_spec=judges_build(
            "ml_release.verify", requirements="ml_release/requirements.lock", files=["verify.json"]
        ),
        minutes=workload.minutes.verify,
        variables=VerifyVariables(
            bucket=resources.data.name,
            invocation=text_of(workload.invocation),
            endpoint=workload.endpoint_name("Prod"),
            topic_arn=resources.notifications.topic_arn,
            package_arn=PACKAGE,
            champion_arn=CHAMPION if competes else None,
        ),
        inputs=(Artifact.JUDGES, Artifact.GATE),
        output=Artifact.VERIFY,
        grant=grant,
    )
