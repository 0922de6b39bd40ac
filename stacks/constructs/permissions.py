"""Adds statements to a role's policy. Each wildcard comes with the AWS rule that forces it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from aws_cdk import ArnFormat, CfnResource, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

from constructs import Construct

#: The metadata of a policy with wildcards: a reader of the template finds the reasons there.
REASONS = "Wildcards"


def allow(
    grantee: iam.IGrantable,
    actions: Sequence[str],
    resources: Sequence[str],
    *,
    conditions: Mapping[str, Any] | None = None,
    because: str = "",
) -> None:
    """Adds a statement to a role's own policy.

    Raises ValueError for a wildcard without ``because``, which names the AWS rule that makes a name impossible.
    """
    role = _role_of(grantee)
    role.add_to_policy(iam.PolicyStatement(actions=actions, resources=resources, conditions=conditions))
    wildcards = [text for text in (*actions, *resources) if "*" in text]
    if not wildcards:
        return
    if not because:
        raise ValueError(f"{role.node.path} is allowed {wildcards}: name each, or say which rule of AWS forbids it.")
    explain(policy_of(role), wildcards, because)


def service(scope: Construct, name: str) -> iam.ServicePrincipal:
    """A service that may assume a role, such as ``glue``, for this account's resources alone.

    Without the condition, the service could be made to use the role for somebody else ("the confused deputy problem",
    IAM user guide).
    """
    return iam.ServicePrincipal(
        f"{name}.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": Stack.of(scope).account}}
    )


def allow_stack(grantee: iam.IGrantable, actions: Sequence[str], stack_name: str) -> None:
    """CloudFormation actions, such as ``DescribeStacks``, on the stack of this name."""
    arn = Stack.of(_role_of(grantee)).format_arn(
        service="cloudformation",
        resource="stack",
        resource_name=f"{stack_name}/*",
        arn_format=ArnFormat.SLASH_RESOURCE_NAME,
    )
    allow(
        grantee,
        [f"cloudformation:{action}" for action in actions],
        [arn],
        because="CloudFormation ends a stack's ARN in an id that it makes with it",
    )


def allow_metrics(grantee: iam.IGrantable, namespace: str) -> None:
    """Put metrics in this namespace."""
    allow(
        grantee,
        ["cloudwatch:PutMetricData"],
        ["*"],
        conditions={"StringEquals": {"cloudwatch:namespace": namespace}},
        because="PutMetricData has no resource type; its condition key is what AWS offers to limit it",
    )


def _role_of(grantee: iam.IGrantable) -> iam.Role:
    role = grantee.grant_principal
    if not isinstance(role, iam.Role):
        raise TypeError(f"{role!r} is not a role of this stack: nothing can be allowed to it here.")
    return role


def policy_of(role: iam.Role) -> iam.CfnPolicy:
    """The resource that holds a role's statements, if it has any."""
    return cast("iam.CfnPolicy", role.node.find_child("DefaultPolicy").node.default_child)


def explain(policy: CfnResource, wildcards: Sequence[str], because: str) -> None:
    """Records beside a policy in the template why it has these wildcards."""
    written: dict[str, list[str]] = {each["Wildcard"]: each["Reasons"] for each in policy.get_metadata(REASONS) or []}
    for wildcard in wildcards:
        reasons = written.setdefault(wildcard, [])
        if because not in reasons:
            reasons.append(because)
    policy.add_metadata(REASONS, [{"Wildcard": name, "Reasons": reasons} for name, reasons in written.items()])


def explain_key(key: kms.Key) -> None:
    """Explains the wildcards that every key policy has."""
    resource = cast("kms.CfnKey", key.node.default_child)
    explain(resource, ["*"], "in a key's policy, the star is this key: KMS takes nothing else there")
    explain(
        resource,
        ["kms:*"],
        "AWS's default key policy: without the account in it nobody could change or delete the key;"
        " who uses it, the account's IAM policies say",
    )
