"""IAM's quotas on the length of policies, so that a template whose roles exceed them fails here too.

Source: "IAM and AWS STS quotas" of the IAM user guide, which does not count white space.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError

if TYPE_CHECKING:
    from localcloud.iam.account_state import AccountState
    from localcloud.wire.api_requests import ApiRequest

_SPACE = re.compile(r"\s")
#: Operation → parameter with the name, kind of the named principal, and quota for all its inline policies together.
_INLINE = {
    "PutRolePolicy": ("RoleName", "role", 10_240),
    "PutUserPolicy": ("UserName", "user", 2_048),
    "PutGroupPolicy": ("GroupName", "group", 5_120),
}
#: Operation → parameter with the document, AWS's name of the quota, and the quota.
_ALONE = {
    "CreatePolicy": ("PolicyDocument", "PolicySize", 6_144),
    "CreatePolicyVersion": ("PolicyDocument", "PolicySize", 6_144),
    "CreateRole": ("AssumeRolePolicyDocument", "ACLSizePerRole", 2_048),
    "UpdateAssumeRolePolicy": ("PolicyDocument", "ACLSizePerRole", 2_048),
}


def check_sizes(request: ApiRequest, state: AccountState) -> None:
    """Raises AwsError LimitExceeded."""
    if request.service != "iam":
        return
    if request.operation in _ALONE:
        parameter, quota, most = _ALONE[request.operation]
        if _size(request.params.get(parameter, "")) > most:
            raise AwsError("LimitExceeded", f"Cannot exceed quota for {quota}: {most}", status=409)
    if request.operation in _INLINE:
        parameter, kind, most = _INLINE[request.operation]
        name, policy = str(request.params.get(parameter)), request.params.get("PolicyName")
        others = {key: text for key, text in state.inline_policies(kind, name).items() if key != policy}
        if _size(request.params.get("PolicyDocument", "")) + sum(map(_size, others.values())) > most:
            problem = f"Maximum policy size of {most} bytes exceeded for {kind} {name}"
            raise AwsError("LimitExceeded", problem, status=409)


def _size(document: object) -> int:
    return len(_SPACE.sub("", str(document)))
