"""The log groups to which AWS's own services write, under names that they choose."""

from __future__ import annotations

from typing import cast

from aws_cdk import ArnFormat, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs

from constructs import Construct
from stacks.constructs.encryption import Encryption
from stacks.constructs.permissions import allow


def log_groups(role: iam.Role, group: str) -> list[str]:
    """The ARNs of a log group and its streams. The trailing ``*`` is needed: streams are named at run time."""
    stack = Stack.of(role)
    arn = stack.format_arn(
        service="logs", resource="log-group", resource_name=group, arn_format=ArnFormat.COLON_RESOURCE_NAME
    )
    return [arn, f"{arn}:*"]


def grant_write_logs(role: iam.Role, group: str, *more: str) -> None:
    """Create the group and its streams and write to them; ``more`` are further actions that a service needs."""
    allow(
        role,
        ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", *more],
        log_groups(role, group),
        because="the service names its groups and their streams, at run time",
    )


def kept_log(
    scope: Construct, construct_id: str, *, name: str | None = None, encryption: Encryption, days: int = 90
) -> logs.LogGroup:
    """A log group that keeps events so long and is deleted with its stack. ``name``: if an AWS service sets it."""
    group = logs.LogGroup(
        scope,
        construct_id,
        log_group_name=name,
        removal_policy=RemovalPolicy.DESTROY,
        encryption_key=encryption.key,
    )
    cast("logs.CfnLogGroup", group.node.default_child).retention_in_days = days
    return group


def grant_crawler_logs(role: iam.Role) -> None:
    """Glue fixes the prefix of these groups' names for the whole account; a security configuration appends to it."""
    grant_write_logs(role, "/aws-glue/crawlers*")
