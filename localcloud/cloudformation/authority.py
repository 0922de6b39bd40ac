"""The credentials with which a stack's resources are deployed.

They are the stack's role's, or else the caller's own, as in AWS's forward access sessions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.platform.clients import Clients


#: CloudFormation, as roles and policies name it.
PRINCIPAL = "cloudformation.amazonaws.com"


def client_maker(clients: Clients, role_arn: str | None, caller_key: str) -> Callable[[str], Any]:
    """Service name → boto3 client. ``caller_key``: the access key of the operation's caller.

    Raises AwsError where the role cannot be assumed.
    """
    if not role_arn:
        return lambda service: clients.forwarding(service, caller_key, via=(PRINCIPAL,))
    credentials = _assumed(clients, role_arn)
    return lambda service: clients.for_credentials(service, credentials)


def _assumed(clients: Clients, role_arn: str) -> dict[str, str]:
    from botocore.exceptions import ClientError

    try:
        return clients.assume_role(role_arn, session_name="AWSCloudFormation", service_principal=PRINCIPAL)
    except ClientError as error:
        raise AwsError(
            "ValidationError",
            f"Role {role_arn} is invalid or cannot be assumed: {error.response['Error'].get('Message')}",
        ) from error
