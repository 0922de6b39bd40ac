"""How long a session may last: as long as its role allows, and an hour where a role's session assumes another one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError

if TYPE_CHECKING:
    from localcloud.iam.account_state import AccountState
    from localcloud.platform.service import Caller
    from localcloud.wire.api_requests import ApiRequest

_CHAINED_SECONDS = 3600
_SESSIONS = {("sts", "AssumeRole"), ("sts", "AssumeRoleWithWebIdentity")}


def check_session_length(request: ApiRequest, caller: Caller, state: AccountState) -> None:
    """Raises AwsError ValidationError in STS's words."""
    if (request.service, request.operation) not in _SESSIONS or not request.params.get("DurationSeconds"):
        return
    asked = int(request.params["DurationSeconds"])
    if caller.role_arn and asked > _CHAINED_SECONDS:
        raise AwsError(
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
        )
    if asked > state.longest_session(str(request.params.get("RoleArn", ""))):
        raise AwsError(
            "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        )
