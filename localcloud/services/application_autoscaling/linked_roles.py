"""The service-linked roles with which capacities are read and changed, one a kind of resource."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from localcloud.platform.errors import AwsError
from localcloud.platform.role_session import RoleSession

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.platform.cloud import Cloud
    from localcloud.platform.service import Call
    from localcloud.services.application_autoscaling.dimensions import ClientOf, Dimension

PRINCIPAL = "application-autoscaling.amazonaws.com"
_POLICIES = "arn:aws:iam::aws:policy/aws-service-role"


class LinkedRoles:
    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._sessions: dict[str, RoleSession] = {}

    def arn(self, kind: Dimension) -> str:
        account = self._cloud.settings.account_id
        return f"arn:aws:iam::{account}:role/aws-service-role/{kind.principal}/{kind.role_name}"

    def client_of(self, kind: Dimension) -> ClientOf:
        if kind.name not in self._sessions:
            self._sessions[kind.name] = RoleSession(self._cloud.clients, lambda: self._assume(kind))
        return self._sessions[kind.name].client

    def ensure(self, kind: Dimension, call: Call) -> None:
        """Makes the role, with the caller's own permission, where the account has none yet."""
        iam = self._cloud.clients.administrator("iam")
        try:
            iam.get_role(RoleName=kind.role_name)
        except iam.exceptions.NoSuchEntityException:
            caller = as_caller(self._cloud, call, "iam")
            caller.create_service_linked_role(AWSServiceName=kind.principal)
        attached = iam.list_attached_role_policies(RoleName=kind.role_name)["AttachedPolicies"]
        if not any(policy["PolicyName"] == kind.role_policy for policy in attached):
            iam.attach_role_policy(RoleName=kind.role_name, PolicyArn=f"{_POLICIES}/{kind.role_policy}")

    def _assume(self, kind: Dimension) -> dict[str, str]:
        return self._cloud.clients.assume_role(
            self.arn(kind), session_name="AutoScaling-UpdateDesiredCapacity", service_principal=kind.principal
        )


def as_caller(cloud: Cloud, call: Call, service: str) -> Any:
    """A client for what Application Auto Scaling does for its caller, with the caller's permissions."""
    return cloud.clients.forwarding(service, call.caller.access_key_id, via=(*call.caller.via, PRINCIPAL))


@contextlib.contextmanager
def refused_as_there() -> Iterator[None]:
    """Another service's refusal becomes the caller's answer, with its code and its message."""
    try:
        yield
    except ClientError as error:
        found, meta = error.response["Error"], error.response["ResponseMetadata"]
        raise AwsError(found["Code"], found["Message"], status=meta["HTTPStatusCode"]) from error


def reason_of(error: Exception) -> str:
    """A service's refusal in the words of a failed activity."""
    if isinstance(error, ClientError):
        found, meta = error.response["Error"], error.response["ResponseMetadata"]
        details = (
            f"Status Code: {meta['HTTPStatusCode']}; Error Code: {found['Code']}; "
            f"Request ID: {meta.get('RequestId', '')}"
        )
        return f"{found['Message']} ({details})"
    return str(error)
