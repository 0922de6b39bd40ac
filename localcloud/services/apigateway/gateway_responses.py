"""The answers that an API gives itself, without an integration, as facts: type, status, AWS's error type."""

from __future__ import annotations

from typing import Any

#: The statuses of AWS's types of gateway responses; the two defaults have none of their own.
STATUSES = {
    "ACCESS_DENIED": "403",
    "API_CONFIGURATION_ERROR": "500",
    "AUTHORIZER_CONFIGURATION_ERROR": "500",
    "AUTHORIZER_FAILURE": "500",
    "BAD_REQUEST_BODY": "400",
    "BAD_REQUEST_PARAMETERS": "400",
    "DEFAULT_4XX": "",
    "DEFAULT_5XX": "",
    "EXPIRED_TOKEN": "403",
    "INTEGRATION_FAILURE": "504",
    "INTEGRATION_TIMEOUT": "504",
    "INVALID_API_KEY": "403",
    "INVALID_SIGNATURE": "403",
    "MISSING_AUTHENTICATION_TOKEN": "403",
    "QUOTA_EXCEEDED": "429",
    "REQUEST_TOO_LARGE": "413",
    "RESOURCE_NOT_FOUND": "404",
    "THROTTLED": "429",
    "UNAUTHORIZED": "401",
    "UNSUPPORTED_MEDIA_TYPE": "415",
    "WAF_FILTERED": "403",
}
DEFAULT_TEMPLATES = {"application/json": '{"message":$context.error.messageString}'}


class Refused(Exception):  # noqa: N818  (an answer, not a fault)
    """A request gets one of the API's own answers."""

    def __init__(
        self, kind: str, message: str, error_type: str, *, status: int = 0, member: str = "message", detail: str = ""
    ) -> None:
        """``status``: where it is not the type's. ``member``: what the default body calls the message."""
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.error_type = error_type
        self.status = status or int(STATUSES[kind] or 500)
        self.member = member
        self.detail = detail
        """What was wrong, for the log (``$context.error.validationErrorString``, ``integrationErrorMessage``)."""


def missing_token() -> Refused:
    return Refused(
        "MISSING_AUTHENTICATION_TOKEN", "Missing Authentication Token", "MissingAuthenticationTokenException"
    )


def unauthorized(message: str = "Unauthorized", detail: str = "") -> Refused:
    return Refused("UNAUTHORIZED", message, "UnauthorizedException", detail=detail)


def denied(message: str) -> Refused:
    return Refused("ACCESS_DENIED", message, "AccessDeniedException", member="Message")


def forbidden() -> Refused:
    return Refused("INVALID_API_KEY", "Forbidden", "ForbiddenException")


def throttled() -> Refused:
    return Refused("THROTTLED", "Too Many Requests", "TooManyRequestsException")


def quota_exceeded() -> Refused:
    return Refused("QUOTA_EXCEEDED", "Limit Exceeded", "LimitExceededException")


def bad_body(detail: str) -> Refused:
    return Refused("BAD_REQUEST_BODY", "Invalid request body", "BadRequestException", detail=detail)


def missing_parameters(names: list[str]) -> Refused:
    message = f"Missing required request parameters: [{', '.join(names)}]"
    return Refused("BAD_REQUEST_PARAMETERS", message, "BadRequestException", detail=message)


def unsupported_media_type() -> Refused:
    return Refused("UNSUPPORTED_MEDIA_TYPE", "Unsupported Media Type", "BadRequestException")


def too_large() -> Refused:
    return Refused("REQUEST_TOO_LARGE", "Request Too Long", "RequestTooLargeException")


def failed(detail: str, *, status: int = 502) -> Refused:
    """The integration, or its configuration, is at fault; the caller is not told more."""
    kind = "API_CONFIGURATION_ERROR" if status == 500 else "DEFAULT_5XX"
    return Refused(kind, "Internal server error", "InternalServerErrorException", status=status, detail=detail)


def throttled_by_lambda() -> Refused:
    """500, which AWS says that nothing maps to 429; of the type of all failed integrations."""
    return Refused(
        "INTEGRATION_FAILURE",
        "Internal server error",
        "InternalServerErrorException",
        status=500,
        detail="Lambda throttles the function: Rate Exceeded.",
    )


def timed_out(detail: str) -> Refused:
    return Refused("INTEGRATION_TIMEOUT", "Endpoint request timed out", "InternalServerErrorException", detail=detail)


def response_of(kind: str, status: int, own: dict[str, Any]) -> dict[str, Any]:
    """The API's customised response of this type, else that of all such statuses, else an empty one."""
    default = "DEFAULT_5XX" if status >= 500 else "DEFAULT_4XX"
    found: dict[str, Any] = own.get(kind) or own.get(default) or {}
    return found
