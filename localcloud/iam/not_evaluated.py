"""Refuses, by name, the parts of IAM that are not evaluated (docs/iam-evaluation.md). None is skipped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.platform.errors import UnsupportedError

if TYPE_CHECKING:
    from localcloud.wire.api_requests import ApiRequest

#: Operations for sessions that the front door does not know, and for permissions outside of policies.
NOT_EVALUATED = frozenset(
    {
        *(("sts", name) for name in ("AssumeRoleWithSAML", "AssumeRoot")),
        *(("sts", name) for name in ("GetSessionToken", "GetFederationToken")),
        ("kms", "CreateGrant"),
        ("s3", "PutBucketAbac"),
    }
)
#: (signing name, operation) → parameters that change a session's rights.
_PARAMETERS = {
    ("sts", "AssumeRole"): ("Tags", "TransitiveTagKeys", "PolicyArns", "SourceIdentity"),
    ("sts", "AssumeRoleWithWebIdentity"): ("PolicyArns", "ProviderId"),
}


def refuse_not_evaluated(request: ApiRequest) -> None:
    """Raises UnsupportedError."""
    call = (request.service, request.operation)
    if call in NOT_EVALUATED:
        raise UnsupportedError(f"{request.service}:{request.operation}")
    for name in _PARAMETERS.get(call, ()):
        if request.params.get(name):
            raise UnsupportedError(f"{request.service}:{request.operation} with {name}")
