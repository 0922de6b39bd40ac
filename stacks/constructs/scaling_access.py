"""What CloudFormation's role needs of Application Auto Scaling for a scalable target and its policies."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_iam as iam

from stacks.constructs.permissions import allow

_CHANGES = ("RegisterScalableTarget", "DeregisterScalableTarget", "PutScalingPolicy", "DeleteScalingPolicy")


def allow_scaling(role: iam.Role, *, targets: str, linked_role: str) -> None:
    """Make, change and delete targets and policies.

    ``targets``: the ARN of scalable targets, with a wildcard. ``linked_role``: the role with which Application Auto
    Scaling acts, as ``service/name``; the first target of an account makes it.
    """
    allow(
        role,
        [f"application-autoscaling:{verb}" for verb in (*_CHANGES, "TagResource", "ListTagsForResource")],
        [targets],
        because="Application Auto Scaling ends a target's ARN in an id that it makes with it",
    )
    allow(
        role,
        ["application-autoscaling:DescribeScalableTargets", "application-autoscaling:DescribeScalingPolicies"],
        ["*"],
        because="both list, and the service authorization reference has no resource type for them",
    )
    allow(
        role,
        ["iam:CreateServiceLinkedRole"],
        [f"arn:aws:iam::{Stack.of(role).account}:role/aws-service-role/{linked_role}"],
        conditions={"StringEquals": {"iam:AWSServiceName": linked_role.partition("/")[0]}},
    )
