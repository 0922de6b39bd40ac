"""Roles for tests that are not about permissions: trusted by the service under test, and allowed everything."""

from __future__ import annotations

import json

from tests.clouds import LocalCloud


def working_role(cloud: LocalCloud, name: str, *services: str) -> str:
    """The ARN of a new role for these services, such as ``codebuild``."""
    principals = [f"{service}.amazonaws.com" for service in services]
    trust = {"Effect": "Allow", "Principal": {"Service": principals}, "Action": "sts:AssumeRole"}
    allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    iam = cloud.client("iam")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=_policy(trust))
    iam.put_role_policy(RoleName=name, PolicyName="everything", PolicyDocument=_policy(allow))
    return str(role["Role"]["Arn"])


def _policy(statement: dict[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
