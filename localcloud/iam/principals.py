"""Principals of policies are identities, not texts: a role or user must exist to be named.

What happens to a policy when the identity is deleted: ``departed.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError

if TYPE_CHECKING:
    from localcloud.iam.account_state import AccountState
    from localcloud.iam.document import Policy
    from localcloud.wire.api_requests import ApiRequest

_INVALID = "Invalid principal in policy"
#: Signing name → code and message, where they are not those of IAM and STS.
_WORDS = {
    "events": ("ValidationException", _INVALID),
    "s3": ("MalformedPolicy", _INVALID),
    "sns": ("InvalidParameter", "Invalid parameter: Policy Error: PrincipalNotFound"),
    "sqs": ("InvalidAttributeValue", "Invalid value for the parameter Policy."),
    "kms": ("MalformedPolicyDocumentException", "Policy contains a statement with one or more invalid principals."),
    "secretsmanager": ("MalformedPolicyDocumentException", "This resource policy contains an unsupported principal."),
    "ecr": ("InvalidParameterException", "Invalid parameter at 'PolicyText': Principal not found"),
}


def require_known(request: ApiRequest, policy: Policy, state: AccountState) -> None:
    """Raises AwsError, in the service's words, for a role or user of this account that does not exist."""
    for statement in policy.statements:
        for name in statement.principals.by_type.get("AWS", ()) if statement.principals else ():
            if state.is_missing(name):
                code, message = _WORDS.get(request.service, ("MalformedPolicyDocument", f'{_INVALID}: "AWS":"{name}"'))
                raise AwsError(code, message)
