"""Where AWS's own services write logs: groups that they name themselves."""

from __future__ import annotations

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam

from stacks.constructs.permissions import allow


def log_groups(role: iam.Role, group: str) -> list[str]:
    """The ARNs of a log group, and of its streams. A trailing ``*`` is needed: streams are named at run time."""
    stack = Stack.of(role)
    arn = stack.format_arn(
        service="logs", resource="log-group", resource_name=group, arn_format=ArnFormat.COLON_RESOURCE_NAME
    )
    return [arn, f"{arn}:*"]


def grant_write_logs(role: iam.Role, group: str) -> None:
    allow(
        role,
        ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
        log_groups(role, group),
        because="the service names its groups and their streams, at run time",
    )


def grant_glue_logs(role: iam.Role, kind: str) -> None:
    """``/aws-glue/jobs/…`` or ``/aws-glue/crawlers``: Glue fixes these names for the whole account."""
    grant_write_logs(role, f"/aws-glue/{kind}*")
