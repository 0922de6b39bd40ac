"""Whose fault it is that an endpoint did not answer: the model's, the line's, or the caller's.

The line is everything between the caller and the container: network, SageMaker itself, its limits. Only the container's
own word counts against a model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import (
    ClientError,
    ConnectionError,  # noqa: A004  (botocore's, which is none of Python's)
    CredentialRetrievalError,
    HTTPClientError,
    IncompleteReadError,
    NoCredentialsError,
    PartialCredentialsError,
)
from botocore.parsers import ResponseParserError

from ml_steps.running import StepError

#: What invoking an endpoint may raise.
ERRORS = (
    ClientError,
    HTTPClientError,
    ConnectionError,
    IncompleteReadError,
    ResponseParserError,
    OSError,
    NoCredentialsError,
    PartialCredentialsError,
    CredentialRetrievalError,
)
#: The caller may not ask. Asking again does not help, and no model is to blame.
_REFUSED = (
    "AccessDenied", "ExpiredToken", "IncompleteSignature", "InvalidClientTokenId", "InvalidSignature",
    "MissingAuthenticationToken", "NotAuthorized", "OptInRequired", "RequestExpired", "SignatureDoesNotMatch",
    "UnrecognizedClient",
)  # fmt: skip
_NO_CREDENTIALS = (NoCredentialsError, PartialCredentialsError, CredentialRetrievalError)
#: Codes that may come with any HTTP status. 429 and 5XX are the line's under any code.
_BUSY = ("InternalDependency", "InternalFailure", "ModelNotReady", "ServiceUnavailable", "Throttl", "TooManyRequests")
_TOO_MANY_REQUESTS, _SERVER_ERRORS = 429, 500
#: The container's web server did not get to the row: overloaded, restarting, or too late. 0: SageMaker waited for 60 s,
#: or had no connection.
_OVERLOADED = (0, 429, 502, 503, 504)


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """Why one attempt brought no answer. again: whether asking again may help.

    answer: the container's error as its answer to the row; None if the fault is not the container's.
    """

    cause: str
    again: bool
    answer: str | None = None


def fault_of(error: Exception, endpoint: str) -> Fault:
    """The fault behind one of ``ERRORS``. StepError if the caller may not ask."""
    if isinstance(error, _NO_CREDENTIALS):
        raise StepError(f"The endpoint {endpoint} cannot be asked without credentials: {error}") from error
    if not isinstance(error, ClientError):
        return Fault(cause=f"{type(error).__name__}: {error}", again=True)
    described: dict[str, Any] = dict(error.response)
    code, message = described["Error"].get("Code", ""), described["Error"].get("Message", "")
    if code.startswith(_REFUSED):
        raise StepError(f"The endpoint {endpoint} may not be asked: {code}: {message}") from error
    if code == "ModelError":
        return _of_the_container(described, message)
    status = described.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    busy = status == _TOO_MANY_REQUESTS or status >= _SERVER_ERRORS or code.startswith(_BUSY)
    return Fault(cause=f"{code}: {message}", again=busy)


def _of_the_container(described: dict[str, Any], message: str) -> Fault:
    status = described.get("OriginalStatusCode", "ModelError")
    said = f"error {status}: {described.get('OriginalMessage') or message}"
    return Fault(cause=said, again=status in _OVERLOADED, answer=said)
