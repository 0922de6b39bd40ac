"""The role with which CloudFormation deploys endpoints. It can touch nothing else."""

from __future__ import annotations

from collections.abc import Iterable

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from handover.names import ENDPOINT_STACKS, StackKind

from constructs import Construct
from stacks.constructs.build_step import BuildStep
from stacks.constructs.encryption import Encryption
from stacks.constructs.model_registry import ModelRegistry
from stacks.constructs.permissions import allow
from stacks.constructs.sagemaker_role import SageMakerRole
from stacks.specs import Workload

NAMED_BY_CLOUDFORMATION = "CloudFormation ends the names of models and endpoint configs in random letters"
_AUTOSCALING_ROLE = (
    "sagemaker.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
)


class EndpointDeploymentRole(iam.Role):
    """Models, endpoint configurations, endpoints, scaling and alarms of one workload's endpoint stacks."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        workload: Workload,
        registry: ModelRegistry,
        serving: Iterable[SageMakerRole],
        encryption: Encryption,
    ) -> None:
        super().__init__(scope, construct_id, assumed_by=iam.ServicePrincipal("cloudformation.amazonaws.com"))
        for role in serving:
            role.grant_hand_over(self)
        registry.grant_read(self)
        self._allow_sagemaker(workload)
        self._allow_scaling()
        self._allow_alarms(workload)
        encryption.grant_volumes(self)

    def _allow_sagemaker(self, workload: Workload) -> None:
        kinds = ("Model", "EndpointConfig", "Endpoint")
        actions = [f"sagemaker:{verb}{kind}" for verb in ("Create", "Describe", "Delete") for kind in kinds]
        self._allow(
            [
                *actions,
                "sagemaker:UpdateEndpoint",
                # Application Auto Scaling requires it of any caller that registers an endpoint.
                "sagemaker:UpdateEndpointWeightsAndCapacities",
                *("sagemaker:AddTags", "sagemaker:DeleteTags", "sagemaker:ListTags"),
            ],
            [arn for kind in ENDPOINT_STACKS for arn in served_arns(self, workload, kind)],
            because=NAMED_BY_CLOUDFORMATION,
        )

    def _allow_scaling(self) -> None:
        stack = Stack.of(self)
        targets = stack.format_arn(service="application-autoscaling", resource="scalable-target", resource_name="*")
        self._allow(
            [
                f"application-autoscaling:{action}"
                for action in (
                    *("RegisterScalableTarget", "DeregisterScalableTarget"),
                    *("PutScalingPolicy", "DeleteScalingPolicy", "TagResource", "ListTagsForResource"),
                )
            ],
            [targets],
            because="Application Auto Scaling ends a target's ARN in an id that it makes with it",
        )
        self._allow(
            ["application-autoscaling:DescribeScalableTargets", "application-autoscaling:DescribeScalingPolicies"],
            ["*"],
            because="both list, and the service authorization reference has no resource type for them",
        )
        allow(
            self,
            ["iam:CreateServiceLinkedRole"],
            [f"arn:aws:iam::{stack.account}:role/aws-service-role/{_AUTOSCALING_ROLE}"],
            conditions={"StringEquals": {"iam:AWSServiceName": _AUTOSCALING_ROLE.partition("/")[0]}},
        )

    def _allow_alarms(self, workload: Workload) -> None:
        alarms = [_colon_arn(self, "cloudwatch", "alarm", f"{workload.stack_name(kind)}-*") for kind in ENDPOINT_STACKS]
        # Application Auto Scaling's target tracking creates two alarms of its own with the caller's permissions.
        alarms.append(_colon_arn(self, "cloudwatch", "alarm", f"TargetTracking-endpoint/{workload.dashed_name}-*"))
        self._allow(
            ["cloudwatch:DeleteAlarms", "cloudwatch:PutMetricAlarm"],
            alarms,
            because="CloudFormation and Application Auto Scaling end an alarm's name in letters that they make",
        )
        self._allow(
            ["cloudwatch:DescribeAlarms"],
            [_colon_arn(self, "cloudwatch", "alarm", "*")],
            because="it lists: CloudWatch checks it against all alarms, also where names are given",
        )

    def _allow(self, actions: list[str], resources: list[str], *, because: str) -> None:
        allow(self, actions, resources, because=because)


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
