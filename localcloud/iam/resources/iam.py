"""Principals and policies: their ARNs have a path that requests leave out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.iam.asks import Ask, Place, by_reference, on
from localcloud.iam.facts import action_facts
from localcloud.iam.linked_roles import LINKED_ROLES

if TYPE_CHECKING:
    from localcloud.wire.api_requests import ApiRequest

_PARAMETERS = {"role": "RoleName", "user": "UserName", "group": "GroupName", "instance-profile": "InstanceProfileName"}


def asks(request: ApiRequest, place: Place) -> list[Ask]:
    facts = action_facts("iam", request.operation)
    action, params = f"iam:{request.operation}", request.params
    types = {kind.name for kind in facts.resource_types} if facts else set()
    if request.operation in ("AddUserToGroup", "RemoveUserFromGroup"):
        types = {"group"}
    if request.operation == "CreateServiceLinkedRole":
        service = params.get("AWSServiceName", "*")
        arn = f"arn:aws:iam::{place.account_id}:role/aws-service-role/{service}/{LINKED_ROLES.get(service, '*')}"
        return [Ask(action=action, resource=arn, context={"iam:awsservicename": (service,)})]
    for kind, parameter in _PARAMETERS.items():
        name = params.get(parameter)
        if kind in types and isinstance(name, str):
            path = params.get("Path") if request.operation.startswith("Create") else place.state.path(kind, name)
            return on(action, f"arn:aws:iam::{place.account_id}:{kind}{path or '/'}{name}")
    if "oidc-provider" in types and isinstance(params.get("Url"), str):
        return on(action, f"arn:aws:iam::{place.account_id}:oidc-provider/{params['Url'].removeprefix('https://')}")
    if "policy" in types and isinstance(params.get("PolicyName"), str):
        path = params.get("Path") or "/"
        return on(action, f"arn:aws:iam::{place.account_id}:policy{path}{params['PolicyName']}")
    return by_reference(request, place)
