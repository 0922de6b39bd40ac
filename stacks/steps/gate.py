"""The gate."""

from __future__ import annotations

from aws_cdk import Stack
from handover.invocations import text_of
from handover.names import Artifact
from handover.packages import APPROVED, PENDING, REJECTED
from handover.places import FEATURES, GATE, RAW
from handover.step_variables import GateVariables

from stacks.constructs.build_step import BuildStep
from stacks.constructs.endpoint_deployment import allow_to_see, endpoint_arn
from stacks.constructs.judge_code import judges_build
from stacks.constructs.permissions import allow_stack
from stacks.constructs.step_spec import StepSpec
from stacks.constructs.training_jobs import NAMED_BY_EXECUTION, training_jobs_arn
from stacks.constructs.workload_resources import WorkloadResources
from stacks.execution import COMMIT, EXECUTION, PACKAGE
from stacks.specs import Workload


def gate_step(
    workload: Workload, resources: WorkloadResources, *, approval: bool, dataset: str | None, repository: str
) -> StepSpec:
    """``approval``: each release needs a person's approval, so the gate itself approves none.

    ``dataset``: as for the data step. ``repository``: ``owner/name``.
    """

    def grant(step: BuildStep) -> None:
        resources.data.grant_read(step.role, RAW, FEATURES, GATE)
        resources.data.grant_add(step.role, GATE)
        resources.data.grant_judge(step.role, *workload.artifact_prefixes)
        resources.registry.grant_judge(step.role, REJECTED, PENDING, *([] if approval else [APPROVED]))
        if not approval:
            resources.data.grant_approve(step.role, *workload.artifact_prefixes)
        resources.signature.grant_sign(step.role)
        resources.notifications.grant_tell(step.role)
        step.allow(
            ["sagemaker:InvokeEndpoint"], [endpoint_arn(step, workload, "Qa"), endpoint_arn(step, workload, "Prod")]
        )
        # What the challenger learned from stands in its training job.
        step.allow(["sagemaker:DescribeTrainingJob"], [training_jobs_arn(step, workload)], because=NAMED_BY_EXECUTION)
        allow_to_see(step, workload, "Qa")
        allow_to_see(step, workload, "Prod")
        allow_stack(step.role, ["DescribeStacks"], workload.stack_name("Prod"))

    return StepSpec(
        name="Gate",
        build_spec=judges_build(
            "ml_test.evaluation",
            requirements="ml_test/requirements.lock",
            files=["gate.json", "gate.html", "manifest.json", "manifest.json.sig"],
            exports=["VERDICT", "REASON", "REPORT_URL", "CHAMPION_PACKAGE_ARN"],
        ),
        minutes=workload.minutes.gate,
        variables=GateVariables(
            workload=workload.name,
            bucket=resources.data.name,
            invocation=text_of(workload.invocation),
            training_rows=workload.data.training_rows,
            endpoint=workload.endpoint_name("Qa"),
            champion=workload.endpoint_name("Prod"),
            champion_stack=workload.stack_name("Prod"),
            signing_key_arn=resources.signature.key_arn,
            topic_arn=resources.notifications.topic_arn,
            images=",".join(image.uri(Stack.of(resources).region) for image in workload.images),
            approval=approval,
            dataset=dataset,
            repository=repository,
            commit=COMMIT,
            execution=EXECUTION,
            package_arn=PACKAGE,
        ),
        inputs=(Artifact.JUDGES, Artifact.SOURCE),
        output=Artifact.GATE,
        grant=grant,
    )
