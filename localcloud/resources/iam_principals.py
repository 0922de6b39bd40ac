"""The roles, users and groups that have an IAM policy. The same four calls are spelled differently for each kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from localcloud.resources.resource import Properties


@dataclass(frozen=True, slots=True)
class Principal:
    kind: str
    """``role``, ``user`` or ``group``."""
    name: str

    def put_policy(self, iam: Any, policy_name: str, document: str) -> None:
        self._call(iam, "put", PolicyName=policy_name, PolicyDocument=document)

    def delete_policy(self, iam: Any, policy_name: str) -> None:
        self._call(iam, "delete", PolicyName=policy_name)

    def attach_policy(self, iam: Any, policy_arn: str) -> None:
        self._call(iam, "attach", PolicyArn=policy_arn)

    def detach_policy(self, iam: Any, policy_arn: str) -> None:
        self._call(iam, "detach", PolicyArn=policy_arn)

    def _call(self, iam: Any, verb: str, **parameters: str) -> None:
        getattr(iam, f"{verb}_{self.kind}_policy")(**{f"{self.kind.title()}Name": self.name}, **parameters)


def principals(properties: Properties) -> list[Principal]:
    """The principals in a policy's properties Roles, Users and Groups."""
    return [
        Principal(kind, name)
        for kind, listed in (("role", "Roles"), ("user", "Users"), ("group", "Groups"))
        for name in properties.get(listed, [])
    ]
