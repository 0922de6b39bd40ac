"""AWS::IAM::Role"""

from __future__ import annotations

from typing import Any

from localcloud.resources.absence import already_gone
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import document, only, refuse
from localcloud.resources.tags import retag, tag_parameter, tags_of

_SETTINGS = ("Description", "MaxSessionDuration")


class Role(Resource):
    type_name = "AWS::IAM::Role"

    def create(self, ctx: Context, properties: Properties) -> Created:
        refuse(properties, "PermissionsBoundary")
        iam = ctx.client("iam")
        name = properties.get("RoleName") or ctx.new_name(64)
        iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=document(properties["AssumeRolePolicyDocument"]),
            **only(properties, "Path", *_SETTINGS),
            **tag_parameter(iam, "CreateRole", tags_of(ctx, properties)),
        )
        ctx.created(name)
        _set_policies(iam, name, properties, {})
        return Created(physical_id=name, attributes=_attributes(iam, name))

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        refuse(properties, "PermissionsBoundary")
        iam = ctx.client("iam")
        trust = document(properties["AssumeRolePolicyDocument"])
        if trust != document(previous["AssumeRolePolicyDocument"]):
            iam.update_assume_role_policy(RoleName=physical_id, PolicyDocument=trust)
        if only(properties, *_SETTINGS) != only(previous, *_SETTINGS):
            # What is left out goes back to its default, as on AWS.
            defaults: Properties = {"Description": "", "MaxSessionDuration": 3600}
            iam.update_role(RoleName=physical_id, **(defaults | only(properties, *_SETTINGS)))
        _set_policies(iam, physical_id, properties, previous)
        retag(
            iam,
            ("TagRole", "UntagRole"),
            {"RoleName": physical_id},
            tags_of(ctx, previous),
            tags_of(ctx, properties),
        )
        return _attributes(iam, physical_id)

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        iam = ctx.client("iam")
        with already_gone():
            _set_policies(iam, physical_id, {}, properties)
        with already_gone():
            iam.delete_role(RoleName=physical_id)


def _attributes(iam: Any, name: str) -> Attributes:
    role = iam.get_role(RoleName=name)["Role"]
    return {"Arn": role["Arn"], "RoleId": role["RoleId"]}


def _set_policies(iam: Any, name: str, properties: Properties, previous: Properties) -> None:
    wanted = {each["PolicyName"]: document(each["PolicyDocument"]) for each in properties.get("Policies", [])}
    had = {each["PolicyName"]: document(each["PolicyDocument"]) for each in previous.get("Policies", [])}
    for policy, text in wanted.items():
        if had.get(policy) != text:
            iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=text)
    for policy in had.keys() - wanted:
        with already_gone():
            iam.delete_role_policy(RoleName=name, PolicyName=policy)
    attached, was = (set(each.get("ManagedPolicyArns", [])) for each in (properties, previous))
    for arn in sorted(attached - was):
        iam.attach_role_policy(RoleName=name, PolicyArn=arn)
    for arn in sorted(was - attached):
        with already_gone():
            iam.detach_role_policy(RoleName=name, PolicyArn=arn)
