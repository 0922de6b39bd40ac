"""One request to an API and all that becomes known of it, up to the line in the access log."""

from __future__ import annotations

import json
import secrets
import time
import uuid
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from localcloud.services.apigateway.serving.request_checks import media_type
from localcloud.wire.function_requests import SOURCE_IP, new_trace_id, time_of, values_of

if TYPE_CHECKING:
    from localcloud.platform.service import Caller, Visit
    from localcloud.services.apigateway.gateway_responses import Refused
    from localcloud.services.apigateway.serving.snapshots import Method
    from localcloud.services.apigateway.serving.stages import Stage


@dataclass(kw_only=True)
class Exchange:
    visit: Visit
    stage: Stage
    path: str
    """The path in the stage, as it was sent."""
    method: Method | None = None
    path_parameters: dict[str, str] = field(default_factory=dict)
    caller: Caller | None = None
    claims: dict[str, Any] | None = None
    key: dict[str, Any] | None = None
    """The API key that the request was counted for."""
    refused: Refused | None = None
    integration_seconds: float | None = None
    integration_status: int | None = None
    status: int = 0
    response_bytes: int = 0
    begun: float = field(default_factory=time.perf_counter)
    time: float = field(default_factory=time.time)
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    extended_id: str = field(default_factory=lambda: secrets.token_urlsafe(11)[:15] + "=")
    seconds: float = 0.0

    @property
    def http_method(self) -> str:
        return self.visit.request.method

    @property
    def headers(self) -> dict[str, str]:
        return self.visit.headers

    @property
    def body(self) -> bytes:
        return self.visit.request.body

    @property
    def content_type(self) -> str:
        return media_type(self.headers.get("content-type", ""))

    @cached_property
    def query(self) -> dict[str, list[str]]:
        return values_of(self.visit.request.query)

    @cached_property
    def trace_id(self) -> str:
        return new_trace_id(self.time)

    @property
    def request_time(self) -> str:
        return time_of(self.time)

    def identity(self) -> dict[str, str | None]:
        """Who asks, in the form of ``requestContext.identity``."""
        caller, key = self.caller, self.key or {}
        names: tuple[str, ...] = ("cognitoIdentityPoolId", "cognitoIdentityId", "cognitoAuthenticationType")
        found: dict[str, str | None] = dict.fromkeys((*names, "cognitoAuthenticationProvider", "principalOrgId"))
        found |= {
            "accountId": caller.account_id if caller else None,
            "caller": caller.user_id if caller else None,
            "sourceIp": SOURCE_IP,
            "accessKey": caller.access_key_id if caller else None,
            "userArn": caller.arn if caller else None,
            "userAgent": self.headers.get("user-agent"),
            "user": caller.user_id if caller else None,
        }
        return found | ({"apiKey": key["value"], "apiKeyId": key["id"]} if key else {})

    def context(self) -> dict[str, Any]:
        """The variables ``$context.<name>`` of this request, as far as they are known."""
        refused = self.refused
        found: dict[str, Any] = {f"identity.{name}": value for name, value in self.identity().items()}
        found |= {f"authorizer.claims.{name}": value for name, value in (self.claims or {}).items()}
        found |= self._names()
        found |= {
            "status": self.status or None,
            "responseLength": self.response_bytes,
            "responseLatency": round(self.seconds * 1000),
            "integrationStatus": self.integration_status,
            "integration.status": self.integration_status,
            "integration.integrationStatus": self.integration_status,
        }
        if self.integration_seconds is not None:
            milliseconds = round(self.integration_seconds * 1000)
            found |= {"integrationLatency": milliseconds, "integration.latency": milliseconds}
        if refused is not None:
            found |= {
                "error.message": refused.message,
                "error.messageString": json.dumps(refused.message),
                "error.responseType": refused.kind,
                # As on AWS it can stand between the quotation marks of a template.
                "error.validationErrorString": json.dumps(refused.detail)[1:-1] if refused.status == 400 else None,
                "integrationErrorMessage": refused.detail if refused.status >= 500 else None,
            }
        return found

    def _names(self) -> dict[str, Any]:
        stage, method = self.stage, self.method
        return {
            "accountId": stage.account_id,
            "apiId": stage.api_id,
            "deploymentId": stage.deployment_id,
            "domainName": self.headers.get("host", "").partition(":")[0],
            "domainPrefix": stage.api_id,
            "extendedRequestId": self.extended_id,
            "httpMethod": self.http_method,
            "path": f"/{stage.name}{self.path}",
            "protocol": "HTTP/1.1",
            "requestId": self.request_id,
            "requestTime": self.request_time,
            "requestTimeEpoch": int(self.time * 1000),
            "resourceId": method.resource_id if method else None,
            "resourcePath": method.resource_path if method else None,
            "stage": stage.name,
            "xrayTraceId": self.trace_id,
        }
