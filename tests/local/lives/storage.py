"""What keeps data: S3, ECR, SSM, Secrets Manager, CloudWatch Logs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from tests.local.lives.life import Life, Stack, ref, statement, tags

SECRET = {"Type": "AWS::SecretsManager::Secret", "Properties": {"SecretString": "s"}}


def bucket(stack: Stack, outputs: dict[str, str]) -> dict[str, Any]:
    s3, name = stack.client("s3"), outputs["Ref"]
    rules = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]

    def or_none(ask: Callable[[], Any]) -> Any:
        try:
            return ask()
        except ClientError:
            return None

    return {
        "encryption": rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"],
        "versioning": s3.get_bucket_versioning(Bucket=name).get("Status"),
        "days": or_none(lambda: s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"][0]["Expiration"]["Days"]),
        "public": or_none(
            lambda: s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]["BlockPublicAcls"]
        ),
        "tags": tags(s3.get_bucket_tagging(Bucket=name)["TagSet"]),
    }


def repository(stack: Stack, outputs: dict[str, str]) -> dict[str, Any]:
    ecr, name = stack.client("ecr"), outputs["Ref"]
    found = ecr.describe_repositories(repositoryNames=[name])["repositories"][0]
    try:
        policy = json.loads(ecr.get_repository_policy(repositoryName=name)["policyText"])["Statement"][0]["Sid"]
    except ecr.exceptions.RepositoryPolicyNotFoundException:
        policy = None
    return {
        "scans": found["imageScanningConfiguration"]["scanOnPush"],
        "tags are": found["imageTagMutability"],
        "policy": policy,
    }


def log_group(stack: Stack, outputs: dict[str, str]) -> int | None:
    groups = stack.client("logs").describe_log_groups(logGroupNamePrefix=outputs["Ref"])["logGroups"]
    return groups[0].get("retentionInDays")


def secret(stack: Stack, outputs: dict[str, str]) -> tuple[str, int]:
    value = json.loads(stack.client("secretsmanager").get_secret_value(SecretId=outputs["Ref"])["SecretString"])
    return value["user"], len(value["password"])


def secret_policy(stack: Stack, outputs: dict[str, str]) -> str:
    found = stack.client("secretsmanager").get_resource_policy(SecretId=outputs["NeedSecret"])
    return json.loads(found["ResourcePolicy"])["Statement"][0]["Action"]


LIVES = [
    Life(
        type_name="AWS::S3::Bucket",
        first={
            "BucketEncryption": {
                "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]
            },
            "AccessControl": "Private",
            "VersioningConfiguration": {"Status": "Enabled"},
            "LifecycleConfiguration": {"Rules": [{"Status": "Enabled", "ExpirationInDays": 30, "Prefix": "raw/"}]},
            "PublicAccessBlockConfiguration": {"BlockPublicAcls": True, "BlockPublicPolicy": True},
            "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
            "Tags": [{"Key": "team", "Value": "a"}],
        },
        then={"LifecycleConfiguration": {"Rules": [{"Status": "Enabled", "ExpirationInDays": 7}]}},
        look=bucket,
        at_first={"encryption": "aws:kms", "versioning": "Enabled", "days": 30, "public": True, "tags": {"team": "a"}},
        later={"encryption": "AES256", "versioning": "Suspended", "days": 7, "public": None, "tags": {}},
        attributes=("Arn", "RegionalDomainName"),
    ),
    Life(
        type_name="AWS::S3::BucketPolicy",
        needs={"Bucket": {"Type": "AWS::S3::Bucket"}},
        first={"Bucket": ref("Bucket"), "PolicyDocument": statement("arn:aws:s3:::x/*", "s3:PutObject")},
        then={"Bucket": ref("Bucket"), "PolicyDocument": statement("arn:aws:s3:::x/*", "s3:GetObject")},
        look=lambda stack, outputs: json.loads(stack.client("s3").get_bucket_policy(Bucket=outputs["Ref"])["Policy"])[
            "Statement"
        ][0]["Action"],
        at_first="s3:PutObject",
        later="s3:GetObject",
    ),
    Life(
        type_name="AWS::SSM::Parameter",
        first={"Type": "String", "Value": "one", "Tags": {"team": "a"}},
        then={"Type": "String", "Value": "two"},
        look=lambda stack, outputs: stack.client("ssm").get_parameter(Name=outputs["Ref"])["Parameter"]["Value"],
        at_first="one",
        later="two",
        attributes=("Value",),
    ),
    Life(
        type_name="AWS::ECR::Repository",
        first={
            "ImageScanningConfiguration": {"ScanOnPush": True},
            "ImageTagMutability": "IMMUTABLE",
            "RepositoryPolicyText": {
                "Version": "2012-10-17",
                "Statement": [
                    {"Sid": "pull", "Effect": "Allow", "Principal": "*", "Action": ["ecr:BatchGetImage"]},
                ],
            },
        },
        then={},
        look=repository,
        at_first={"scans": True, "tags are": "IMMUTABLE", "policy": "pull"},
        later={"scans": False, "tags are": "MUTABLE", "policy": None},
        attributes=("Arn", "RepositoryUri"),
    ),
    Life(
        type_name="AWS::Logs::LogGroup",
        first={"RetentionInDays": 30},
        then={},
        look=log_group,
        at_first=30,
        later=None,
        attributes=("Arn",),
    ),
    Life(
        type_name="AWS::SecretsManager::Secret",
        first={
            "GenerateSecretString": {
                "SecretStringTemplate": '{"user": "one"}',
                "GenerateStringKey": "password",
                "PasswordLength": 20,
            }
        },
        then={
            "GenerateSecretString": {
                "SecretStringTemplate": '{"user": "two"}',
                "GenerateStringKey": "password",
                "PasswordLength": 30,
            }
        },
        look=secret,
        at_first=("one", 20),
        later=("two", 30),
    ),
    Life(
        type_name="AWS::SecretsManager::ResourcePolicy",
        needs={"Secret": SECRET},
        first={"SecretId": ref("Secret"), "ResourcePolicy": statement("*", "secretsmanager:GetSecretValue")},
        then={"SecretId": ref("Secret"), "ResourcePolicy": statement("*", "secretsmanager:PutSecretValue")},
        look=secret_policy,
        at_first="secretsmanager:GetSecretValue",
        later="secretsmanager:PutSecretValue",
    ),
]
