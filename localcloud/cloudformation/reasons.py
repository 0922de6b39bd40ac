"""Why a resource failed, in CloudFormation's words."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError
from localcloud.resources.resource import ResourceError

if TYPE_CHECKING:
    from botocore.exceptions import ClientError


def words(error: Exception) -> str:
    """The ResourceStatusReason for an error that a provider raised."""
    from botocore.exceptions import ClientError

    if isinstance(error, ClientError):
        return _of_client_error(error)
    if isinstance(error, AwsError):
        return error.message
    if isinstance(error, ResourceError):
        return str(error)
    return f"Internal failure: {type(error).__name__}: {error}"


def _of_client_error(error: ClientError) -> str:
    answer = error.response
    details = answer["Error"]
    metadata = answer.get("ResponseMetadata", {})
    status = metadata.get("HTTPStatusCode", 400)
    request = f"(Operation: {error.operation_name}, Status Code: {status}, Request ID: {metadata.get('RequestId', '')})"
    message = f"{details.get('Message') or details['Code']} {request}"
    handler_code = _handler_error_code(str(details["Code"]), status)
    return (
        f'Resource handler returned message: "{message}" '
        f"(RequestToken: {uuid.uuid4()}, HandlerErrorCode: {handler_code})"
    )


def _handler_error_code(code: str, status: int) -> str:
    if any(part in code for part in ("AlreadyExist", "AlreadyOwned", "Conflict", "AlreadyUsed")):
        return "AlreadyExists"
    if any(part in code for part in ("AccessDenied", "Unauthorized", "NotAuthorized")) or status in {401, 403}:
        return "AccessDenied"
    if any(part in code for part in ("NoSuch", "NotFound", "DoesNotExist")) or status == 404:
        return "NotFound"
    if "Throttl" in code or status == 429:
        return "Throttling"
    return "InvalidRequest" if status < 500 else "GeneralServiceException"
