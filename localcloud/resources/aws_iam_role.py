"""AWS::IAM::Role."""

from __future__ import annotations

from typing import Any

from localcloud.resources.absence import already_gone
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call, document, only, without
from localcloud.resources.tags import retag, tag_parameter, tags_of

#: Properties that calls of their own set after CreateRole.
_APART = ("RoleName", "AssumeRolePolicyDocument", "PermissionsBoundary", "Policies", "ManagedPolicyArns", "Tags")
#: The defaults for properties that left the template.
_DEFAULTS: Properties = {"Description": "", "MaxSessionDuration": 3600}


class Role(Resource):
    """A role with its inline and attached policies. Ref is its name."""

    type_name = "AWS::IAM::Role"

    def create(self, ctx: Context, properties: Properties) -> Created:
        iam = ctx.client("iam")
        name = properties.get("RoleName") or ctx.new_name(64)
        trust = document(properties["AssumeRolePolicyDocument"])
        tags = tag_parameter(iam, "CreateRole", tags_of(properties))
        boundary = only(properties, "PermissionsBoundary")
        own = without(properties, *_APART)
        call(iam, "CreateRole", own, RoleName=name, AssumeRolePolicyDocument=trust, **boundary, **tags)
        ctx.created(name)
        _set_policies(iam, name, properties, {})
        return Created(physical_id=name, attributes=_attributes(iam, name))

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        iam = ctx.client("iam")
        trust = document(properties["AssumeRolePolicyDocument"])
        if trust != document(previous["AssumeRolePolicyDocument"]):
            iam.update_assume_role_policy(RoleName=physical_id, PolicyDocument=trust)
        if only(properties, *_DEFAULTS) != only(previous, *_DEFAULTS):
            call(iam, "UpdateRole", _DEFAULTS | only(properties, *_DEFAULTS), RoleName=physical_id)
        _set_boundary(iam, physical_id, properties, previous)
        _set_policies(iam, physical_id, properties, previous)
        role = {"RoleName": physical_id}
        retag(iam, ("TagRole", "UntagRole"), role, tags_of(previous), tags_of(properties))
        return _attributes(iam, physical_id)

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        """As on AWS, fails where somebody else attached a policy to the role."""
        iam = ctx.client("iam")
        with already_gone():
            _set_policies(iam, physical_id, {}, properties)
            iam.delete_role(RoleName=physical_id)


def _attributes(iam: Any, name: str) -> Attributes:
    role = iam.get_role(RoleName=name)["Role"]
    return {"Arn": role["Arn"], "RoleId": role["RoleId"]}


def _set_boundary(iam: Any, name: str, properties: Properties, previous: Properties) -> None:
    wanted = properties.get("PermissionsBoundary")
    if wanted and wanted != previous.get("PermissionsBoundary"):
        iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=wanted)
    elif previous.get("PermissionsBoundary") and not wanted:
        iam.delete_role_permissions_boundary(RoleName=name)


def _set_policies(iam: Any, name: str, properties: Properties, previous: Properties) -> None:
    wanted, had = (
        {each["PolicyName"]: document(each["PolicyDocument"]) for each in side.get("Policies", [])}
        for side in (properties, previous)
    )
    for policy, text in wanted.items():
        if had.get(policy) != text:
            iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=text)
    for policy in sorted(had.keys() - wanted):
        with already_gone():
            iam.delete_role_policy(RoleName=name, PolicyName=policy)
    attached, were = (set(side.get("ManagedPolicyArns", [])) for side in (properties, previous))
    for arn in sorted(attached - were):
        iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    for arn in sorted(were - attached):
        with already_gone():
            iam.detach_role_policy(RoleName=name, PolicyArn=arn)
