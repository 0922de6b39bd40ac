"""Who may do what: IAM and KMS."""

from __future__ import annotations

from typing import Any

from tests.local.lives.life import ROLE, TRUST, Life, Stack, ref, tags

ALLOW = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}


DENY = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"}]}


KEY = {"Type": "AWS::KMS::Key", "Properties": {}}


def role(stack: Stack, outputs: dict[str, str]) -> dict[str, Any]:
    iam, name = stack.client("iam"), outputs["Ref"]
    found = iam.get_role(RoleName=name)["Role"]
    return {
        "seconds": found["MaxSessionDuration"],
        "boundary": "PermissionsBoundary" in found,
        "inside": iam.list_role_policies(RoleName=name)["PolicyNames"],
        "attached": [each["PolicyName"] for each in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]],
        "tags": tags(found.get("Tags", [])),
    }


def key(stack: Stack, outputs: dict[str, str]) -> dict[str, Any]:
    kms = stack.client("kms")
    found = kms.describe_key(KeyId=outputs["Ref"])["KeyMetadata"]
    if found["KeyState"] == "PendingDeletion":
        return {"state": "PendingDeletion"}
    rotates = found["Enabled"] and kms.get_key_rotation_status(KeyId=outputs["Ref"])["KeyRotationEnabled"]
    return {"state": found["KeyState"], "description": found["Description"], "rotates": rotates}


def provider(stack: Stack, outputs: dict[str, str]) -> tuple[str, list[str], list[str], dict[str, str]]:
    found = stack.client("iam").get_open_id_connect_provider(OpenIDConnectProviderArn=outputs["Ref"])
    return found["Url"], found["ClientIDList"], found["ThumbprintList"], tags(found.get("Tags", []))


GITHUB = "token.actions.githubusercontent.com"

LIVES = [
    Life(
        type_name="AWS::IAM::OIDCProvider",
        first={
            "Url": f"https://{GITHUB}",
            "ClientIdList": ["sts.amazonaws.com"],
            "ThumbprintList": ["1" * 40],
            "Tags": [{"Key": "team", "Value": "a"}],
        },
        then={"Url": f"https://{GITHUB}", "ClientIdList": ["sts.amazonaws.com"], "ThumbprintList": ["2" * 40]},
        look=provider,
        at_first=(GITHUB, ["sts.amazonaws.com"], ["1" * 40], {"team": "a"}),
        later=(GITHUB, ["sts.amazonaws.com"], ["2" * 40], {}),
        attributes=("Arn",),
    ),
    Life(
        type_name="AWS::IAM::Role",
        needs={"Boundary": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": ALLOW}}},
        first={
            "AssumeRolePolicyDocument": TRUST,
            "MaxSessionDuration": 7200,
            "PermissionsBoundary": ref("Boundary"),
            "Policies": [{"PolicyName": "one", "PolicyDocument": ALLOW}],
            "ManagedPolicyArns": ["arn:aws:iam::aws:policy/AdministratorAccess"],
            "Tags": [{"Key": "team", "Value": "a"}],
        },
        then={"AssumeRolePolicyDocument": TRUST, "Policies": [{"PolicyName": "two", "PolicyDocument": ALLOW}]},
        look=role,
        at_first={
            "seconds": 7200,
            "boundary": True,
            "inside": ["one"],
            "attached": ["AdministratorAccess"],
            "tags": {"team": "a"},
        },
        later={"seconds": 3600, "boundary": False, "inside": ["two"], "attached": [], "tags": {}},
        attributes=("Arn", "RoleId"),
    ),
    Life(
        type_name="AWS::IAM::Policy",
        needs={"Role": ROLE},
        first={"PolicyName": "one", "PolicyDocument": ALLOW, "Roles": [ref("Role")]},
        then={"PolicyName": "two", "PolicyDocument": ALLOW, "Roles": [ref("Role")]},
        look=lambda stack, outputs: stack.client("iam").list_role_policies(RoleName=outputs["NeedRole"])["PolicyNames"],
        at_first=["one"],
        later=["two"],
    ),
    Life(
        type_name="AWS::IAM::ManagedPolicy",
        needs={"Role": ROLE},
        first={"PolicyDocument": ALLOW, "Roles": [ref("Role")]},
        then={"PolicyDocument": DENY},
        look=lambda stack, outputs: (
            stack.client("iam").get_policy(PolicyArn=outputs["Ref"])["Policy"]["DefaultVersionId"],
            len(stack.client("iam").list_attached_role_policies(RoleName=outputs["NeedRole"])["AttachedPolicies"]),
        ),
        at_first=("v1", 1),
        later=("v2", 0),
    ),
    Life(
        type_name="AWS::KMS::Key",
        first={"Description": "one", "EnableKeyRotation": True},
        then={"Description": "two", "Enabled": False},
        look=key,
        at_first={"state": "Enabled", "description": "one", "rotates": True},
        later={"state": "Disabled", "description": "two", "rotates": False},
        gone={"state": "PendingDeletion"},
        attributes=("Arn",),
    ),
    Life(
        type_name="AWS::KMS::Alias",
        needs={"One": KEY, "Two": KEY},
        first={"AliasName": "alias/data", "TargetKeyId": ref("One")},
        then={"AliasName": "alias/data", "TargetKeyId": ref("Two")},
        look=lambda stack, outputs: [
            stack.client("kms").describe_key(KeyId=outputs["Ref"])["KeyMetadata"]["KeyId"] == outputs[need]
            for need in ("NeedOne", "NeedTwo")
        ],
        at_first=[True, False],
        later=[False, True],
    ),
]
