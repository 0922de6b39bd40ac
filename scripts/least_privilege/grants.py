"""The roles of deployed stacks and the statements of their policies, read from AWS's own APIs."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from scripts import cloud

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_HASH = re.compile(r"[0-9A-F]{8}$")
_KEY_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
#: Types whose physical id is a name that a service has made, without the stack's.
_MADE_BY_A_SERVICE = ("AWS::ApiGateway::RestApi", "AWS::CloudFront::Distribution")
_LIVE = ("_COMPLETE", "_IN_PROGRESS")


#: An asset of the CDK, in its bucket: its name changes with each file in it.
_ASSET = re.compile(r"[0-9a-f]{64}\.zip")


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """One statement of one inline policy of a role."""

    policy: str
    index: int
    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Role:
    """A role of a stack, under its logical id there, without the CDK's hash."""

    stack: str
    logical_id: str
    name: str
    arn: str
    assumed_by: tuple[str, ...]
    statements: tuple[Statement, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Deployed:
    """The roles of some stacks, and the names that CloudFormation generated for their resources."""

    roles: tuple[Role, ...]
    #: Physical name → logical id, longest first: the template's names replace the random parts of an ARN.
    names: tuple[tuple[str, str], ...]
    account: str
    region: str

    def plain(self, text: str) -> str:
        """An ARN as it is in every deployment: logical ids instead of names, and no account, region or asset's hash."""
        text = _ASSET.sub("HASH.zip", text)
        for physical, logical in self.names:
            text = text.replace(physical, f"<{logical}>")
        return text.replace(f":{self.account}:", ":ACCOUNT:").replace(f":{self.region}:", ":REGION:")


def deployed(prefix: str) -> Deployed:
    """Of all stacks whose name begins with this, such as ``CarEvaluation``."""
    identity = cloud.client("sts").get_caller_identity()
    client = cloud.client("cloudformation")
    pages = client.get_paginator("list_stacks").paginate()
    stacks = sorted(
        found["StackName"]
        for page in pages
        for found in page["StackSummaries"]
        if found["StackName"].startswith(prefix)
        and found["StackStatus"] != "DELETE_COMPLETE"
        and found["StackStatus"].endswith(_LIVE)
    )
    resources = [
        resource
        for stack in stacks
        for resource in client.describe_stack_resources(StackName=stack)["StackResources"]
        if resource.get("PhysicalResourceId")
    ]
    roles = [_role(resource) for resource in resources if resource["ResourceType"] == "AWS::IAM::Role"]
    # A bucket's policy has the bucket's name: the shorter id is that of the bucket itself.
    pairs = sorted((pair for resource in resources for pair in _names(resource)), key=lambda pair: -len(pair[1]))
    names = dict(pairs)
    return Deployed(
        roles=tuple(sorted(roles, key=lambda role: (role.stack, role.logical_id))),
        names=tuple(sorted(names.items(), key=lambda pair: (-len(pair[0]), pair[0]))),
        account=identity["Account"],
        region=client.meta.region_name,
    )


def put_statements(role: Role, policy: str, statements: list[dict[str, Any]]) -> None:
    """Replaces an inline policy; if no statement is left, deletes it, because IAM accepts no empty policy."""
    iam = cloud.client("iam")
    if not statements:
        iam.delete_role_policy(RoleName=role.name, PolicyName=policy)
        return
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    iam.put_role_policy(RoleName=role.name, PolicyName=policy, PolicyDocument=document)


def inline_policies(role_name: str) -> dict[str, list[dict[str, Any]]]:
    """Policy name → its statements, as documents."""
    iam = cloud.client("iam")
    names = iam.list_role_policies(RoleName=role_name)["PolicyNames"]
    documents = {
        name: iam.get_role_policy(RoleName=role_name, PolicyName=name)["PolicyDocument"] for name in sorted(names)
    }
    return {name: _listed(document["Statement"]) for name, document in documents.items()}


def _role(resource: dict[str, Any]) -> Role:
    name = resource["PhysicalResourceId"]
    iam = cloud.client("iam")
    found = iam.get_role(RoleName=name)["Role"]
    attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    if attached:
        raise SystemExit(f"{name} has managed policies, which are nobody's to narrow: {attached}")
    principals = [statement["Principal"] for statement in _listed(found["AssumeRolePolicyDocument"]["Statement"])]
    return Role(
        stack=resource["StackName"],
        logical_id=_plain_id(resource["LogicalResourceId"]),
        name=name,
        arn=found["Arn"],
        assumed_by=tuple(sorted({value for one in principals for values in one.values() for value in _listed(values)})),
        statements=tuple(
            _statement(policy, index, document)
            for policy, documents in inline_policies(name).items()
            for index, document in enumerate(documents)
        ),
    )


def _statement(policy: str, index: int, document: dict[str, Any]) -> Statement:
    for element in ("NotAction", "NotResource"):
        if element in document:
            raise SystemExit(f"{policy}[{index}] has a {element}: what it grants cannot be listed.")
    return Statement(
        policy=policy,
        index=index,
        effect=document["Effect"],
        actions=tuple(_listed(document["Action"])),
        resources=tuple(_listed(document["Resource"])),
        conditions=document.get("Condition", {}),
    )


def _names(resource: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What CloudFormation or the service generated: names that contain the stack's name, ids of keys and of APIs."""
    physical = resource["PhysicalResourceId"]
    name = physical.rpartition(":")[2] if physical.startswith("arn:") else physical
    made = _KEY_ID.fullmatch(name) or resource["ResourceType"] in _MADE_BY_A_SERVICE
    if made or resource["StackName"].lower() in name.lower():
        yield name, _plain_id(resource["LogicalResourceId"])


def _plain_id(logical_id: str) -> str:
    return _HASH.sub("", logical_id)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
