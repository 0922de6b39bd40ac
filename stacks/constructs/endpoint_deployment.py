"""The roles with which CloudFormation deploys endpoints: one for each stage, which can touch nothing else."""

from __future__ import annotations

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from handover.names import ENDPOINT_STACKS, StackKind

from constructs import Construct
from stacks.constructs.build_step import BuildStep
from stacks.constructs.permissions import allow, service
from stacks.constructs.scaling_access import allow_scaling
from stacks.constructs.workload_resources import WorkloadResources
from stacks.settings import Settings, Stage
from stacks.specs import Workload

NAMED_BY_CLOUDFORMATION = "CloudFormation ends the names of models and endpoint configs in random letters"
_AUTOSCALING_ROLE = (
    "sagemaker.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
)


class EndpointDeploymentRole(iam.Role):
    """Models, endpoint configurations, endpoint, scaling and alarms of one stage's stack.

    The template comes from the pushed commit, and QA's is deployed before the gate: what it names beyond its own stage
    is denied.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        workload: Workload,
        kind: StackKind,
        stage: Stage,
        resources: WorkloadResources,
    ) -> None:
        super().__init__(scope, construct_id, assumed_by=service(scope, "cloudformation"))
        resources.serving_roles[kind].grant_hand_over(self)
        resources.registry.grant_read(self)
        self._allow_sagemaker(workload, kind)
        # PROD's stack outlives its settings: it has to remove what they no longer have.
        outlives = kind == "Prod"
        if stage.scaling or outlives:
            self._allow_scaling(workload, kind)
        if stage.alarms or outlives:
            self._allow_alarms(workload.stack_name(kind))
        resources.encryption.grant_volumes(self)

    def _allow_sagemaker(self, workload: Workload, kind: StackKind) -> None:
        kinds = ("Model", "EndpointConfig", "Endpoint")
        actions = [f"sagemaker:{verb}{kind}" for verb in ("Create", "Describe", "Delete") for kind in kinds]
        self._allow(
            [
                *actions,
                "sagemaker:UpdateEndpoint",
                *("sagemaker:AddTags", "sagemaker:DeleteTags", "sagemaker:ListTags"),
            ],
            served_arns(self, workload, kind),
            because=NAMED_BY_CLOUDFORMATION,
        )

    def _allow_scaling(self, workload: Workload, kind: StackKind) -> None:
        stack = Stack.of(self)
        # Application Auto Scaling requires it of any caller that registers an endpoint.
        allow(self, ["sagemaker:UpdateEndpointWeightsAndCapacities"], [endpoint_arn(self, workload, kind)])
        targets = stack.format_arn(service="application-autoscaling", resource="scalable-target", resource_name="*")
        allow_scaling(self, targets=targets, linked_role=_AUTOSCALING_ROLE)
        # Target tracking creates two alarms of its own with the caller's permissions.
        self._allow_changes_of_alarms(f"TargetTracking-endpoint/{workload.endpoint_name(kind)}/*")

    def _allow_alarms(self, stack_name: str) -> None:
        self._allow_changes_of_alarms(f"{stack_name}-*")
        self._allow(
            ["cloudwatch:DescribeAlarms"],
            [_colon_arn(self, "cloudwatch", "alarm", "*")],
            because="it lists: CloudWatch checks it against all alarms, also where names are given",
        )

    def _allow_changes_of_alarms(self, names: str) -> None:
        self._allow(
            ["cloudwatch:DeleteAlarms", "cloudwatch:PutMetricAlarm"],
            [_colon_arn(self, "cloudwatch", "alarm", names)],
            because="CloudFormation and Application Auto Scaling end an alarm's name in letters that they make",
        )

    def _allow(self, actions: list[str], resources: list[str], *, because: str) -> None:
        allow(self, actions, resources, because=because)


def deployment_roles(
    scope: Construct, *, workload: Workload, settings: Settings, resources: WorkloadResources
) -> dict[StackKind, EndpointDeploymentRole]:
    """The role of each stage."""
    return {
        kind: EndpointDeploymentRole(
            scope,
            # PROD's stack remembers the role that deployed it: the one of this id, as long as there has been one.
            "DeploymentRole" if kind == "Prod" else f"{kind}DeploymentRole",
            workload=workload,
            kind=kind,
            stage=settings.stages.of(kind),
            resources=resources,
        )
        for kind in ENDPOINT_STACKS
    }


def endpoint_arn(scope: Construct, workload: Workload, kind: StackKind) -> str:
    return Stack.of(scope).format_arn(
        service="sagemaker", resource="endpoint", resource_name=workload.endpoint_name(kind)
    )


def served_arns(scope: Construct, workload: Workload, kind: StackKind) -> list[str]:
    """The ARNs of a stage's endpoint, and of the models and configurations that its stack creates.

    CloudFormation derives their names from the logical id or the stack's name, and random letters. SageMaker writes
    ARNs in lower case, and IAM's comparison is case-sensitive, so the policy has both spellings.
    """
    stack = Stack.of(scope)
    prefix = workload.stack_name(kind)
    return [
        endpoint_arn(scope, workload, kind),
        *(
            stack.format_arn(service="sagemaker", resource=resource, resource_name=f"{name}*")
            for resource in ("model", "endpoint-config")
            for name in (prefix, prefix.lower())
        ),
    ]


def allow_to_see(step: BuildStep, workload: Workload, kind: StackKind) -> None:
    """Describe what a stage serves: endpoint, configuration, models."""
    step.allow(
        [f"sagemaker:Describe{resource}" for resource in ("Endpoint", "EndpointConfig", "Model")],
        served_arns(step, workload, kind),
        because=NAMED_BY_CLOUDFORMATION,
    )


def _colon_arn(scope: Construct, service: str, resource: str, name: str) -> str:
    return Stack.of(scope).format_arn(
        service=service, resource=resource, resource_name=name, arn_format=ArnFormat.COLON_RESOURCE_NAME
    )
