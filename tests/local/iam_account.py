"""Users and roles for tests of IAM, and policies written short."""

from __future__ import annotations

import json
import uuid
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.clouds import LocalCloud

ACCOUNT = "123456789012"


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def trust(**principal: str) -> str:
    return policy({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


class Account:
    """Users and roles of one test, under a name of its own."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud = cloud
        self.name = f"t{uuid.uuid4().hex[:10]}"
        self.iam = cloud.client("iam")

    def client(self, service: str, credentials: dict[str, str]) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.cloud.endpoint_url,
            region_name="us-east-1",
            config=Config(retries={"total_max_attempts": 1}, signature_version="s3v4" if service == "s3" else None),
            **credentials,
        )

    def user(self, *statements: dict[str, Any]) -> dict[str, str]:
        """The keys of a new user who may do this and no more."""
        self.iam.create_user(UserName=self.name)
        if statements:
            self.iam.put_user_policy(UserName=self.name, PolicyName="p", PolicyDocument=policy(*statements))
        key = self.iam.create_access_key(UserName=self.name)["AccessKey"]
        return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}

    def role(self, *statements: dict[str, Any], trusting: str = "", **more: Any) -> str:
        """The ARN of a new role, which trusts the account where nothing else is said."""
        document = trusting or trust(AWS=f"arn:aws:iam::{ACCOUNT}:root")
        role = self.iam.create_role(RoleName=self.name, AssumeRolePolicyDocument=document, **more)["Role"]
        if statements:
            self.iam.put_role_policy(RoleName=self.name, PolicyName="p", PolicyDocument=policy(*statements))
        return str(role["Arn"])

    def session(self, role_arn: str, **more: Any) -> dict[str, str]:
        found = self.cloud.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="run", **more)["Credentials"]
        return {
            "aws_access_key_id": found["AccessKeyId"],
            "aws_secret_access_key": found["SecretAccessKey"],
            "aws_session_token": found["SessionToken"],
        }


def refused(code: str, match: str = "") -> Any:
    """pytest.raises for an error of this code."""
    return pytest.raises(ClientError, match=rf"\({code}\).*{match}")
