"""Invocations: ``POST /endpoints/NAME/invocations`` passes through the containers of one instance in order."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.platform.loopback_http import ConnectionLostError, Connections, LoopbackResponse
from localcloud.platform.service import Asked, HttpRequest, HttpResponse
from localcloud.services.sagemaker import invocation_headers
from localcloud.services.sagemaker.endpoint_metrics import Invocation
from localcloud.wire import protocol

if TYPE_CHECKING:
    from localcloud.services.sagemaker.deployments import Deployments
    from localcloud.services.sagemaker.endpoint_metrics import EndpointMetrics
    from localcloud.services.sagemaker.fleet import Fleet, Variant
    from localcloud.services.sagemaker.instances import Instance
    from localcloud.services.sagemaker.routing import Claim, ServedEndpoint

PREFIX = "/endpoints/"
MAX_BODY_BYTES = 6 * 1024 * 1024
INVOCATION_SECONDS = 60.0
_LOOK_AGAIN_SECONDS = 0.05

_HEADER = "x-amzn-sagemaker-"
_REFUSED_HEADERS = (
    "target-model",
    "target-container-hostname",
    "inference-component",
    "enable-explanations",
    "session-id",
    "prefix-aware-id",
)


class ModelError(Exception):
    """A container did not answer, or answered with an error. ``status`` is its own, or 0 without an answer."""

    def __init__(self, status: int, container: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.container = container
        self.message = message


class LostError(ModelError):
    """A container cannot be reached, or went away before it answered."""


def invocation(request: HttpRequest) -> Asked:
    """The permission for an invocation; raises UnsupportedError for any other path under the prefix."""
    return Asked(service="sagemaker", operation="InvokeEndpoint", params={"EndpointName": _endpoint_name(request)})


def _endpoint_name(request: HttpRequest) -> str:
    name, _, action = request.path.removeprefix(PREFIX).partition("/")
    if action != "invocations" or request.method != "POST":
        raise UnsupportedError(f"sagemaker-runtime:{request.method} {request.path}")
    return unquote(name)


class Runtime:
    """Answers on the front door's event loop, and never blocks it."""

    def __init__(self, account_id: str, metrics: EndpointMetrics, deployments: Deployments, log_arn: str) -> None:
        self._account_id = account_id
        self._metrics = metrics
        self._deployments = deployments
        self._log_arn = log_arn
        self._connections = Connections()

    async def answer(self, request: HttpRequest) -> HttpResponse:
        """The front door's route."""
        request_id = str(uuid.uuid4())
        try:
            return await self._invoke(request, request_id)
        except AwsError as error:
            return protocol.json_error(error, request_id)

    async def _invoke(self, request: HttpRequest, request_id: str) -> HttpResponse:
        endpoint = await self._endpoint(request)
        begun = time.perf_counter()
        claim = endpoint.claim(request.headers.get(f"{_HEADER}target-variant"))
        variant = claim.variant
        try:
            async with asyncio.timeout(INVOCATION_SECONDS):
                response = await self._served(request, claim)
            answer = _success(response, variant, request_id)
        except (ModelError, TimeoutError) as error:
            failure = error if isinstance(error, ModelError) else _timed_out(claim.instance)
            response = LoopbackResponse(status=failure.status or 500)
            answer = self._model_error(failure, endpoint.name, request_id)
        finally:
            claim.release()
        model_seconds = time.perf_counter() - begun
        self._capture(claim.fleet, variant, request, response, answer)
        self._metrics.record(
            Invocation(
                endpoint=endpoint.name,
                variant=variant.name,
                instances=max(1, variant.instances.taking_requests()),
                status=response.status,
                model_seconds=model_seconds,
                overhead_seconds=time.perf_counter() - begun - model_seconds,
            )
        )
        return answer

    async def _endpoint(self, request: HttpRequest) -> ServedEndpoint:
        """The endpoint that a request names; raises AwsError for requests that AWS refuses.

        Waits for an endpoint that comes back after a restart, so that its requests are late and not lost.
        """
        name = _endpoint_name(request)
        invocation_headers.check(name, request)
        for header in _REFUSED_HEADERS:
            if _HEADER + header in request.headers:
                raise UnsupportedError(f"sagemaker-runtime:InvokeEndpoint with {_HEADER}{header}")
        if len(request.body) > MAX_BODY_BYTES:
            raise AwsError(
                "ValidationError",
                "1 validation error detected: Value at 'body' failed to satisfy constraint: Member must have length "
                f"less than or equal to {MAX_BODY_BYTES}",
            )
        deadline = time.monotonic() + INVOCATION_SECONDS
        while self._deployments.coming_back(name) and time.monotonic() < deadline:  # noqa: ASYNC110  (a thread ends it)
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)
        found = self._deployments.served(name)
        if found is None:
            raise AwsError("ValidationError", f"Endpoint {name} of account {self._account_id} not found.")
        return found

    async def _served(self, request: HttpRequest, claim: Claim) -> LoopbackResponse:
        """Another instance answers for one that is gone. Not twice: the request itself may be what ends them."""
        try:
            return await self._pass_through(request, claim.instance)
        except LostError:
            if not claim.move_on():
                raise
            return await self._pass_through(request, claim.instance)

    async def _pass_through(self, request: HttpRequest, instance: Instance) -> LoopbackResponse:
        """The last container's answer. As on AWS, only the last container gets the caller's Accept."""
        content_type = request.headers.get("content-type", "")
        body = request.body
        passed = {name: request.headers[name] for name in (f"{_HEADER}custom-attributes",) if name in request.headers}
        last = instance.containers[-1]
        response = LoopbackResponse()
        for container in instance.containers:
            headers = {**passed, "content-type": content_type} if content_type else dict(passed)
            if container is last and "accept" in request.headers:
                headers["accept"] = request.headers["accept"]
            try:
                response = await self._connections.post(container.port, "/invocations", headers, body)
            except ConnectionLostError as error:
                raise LostError(500, container.spec.name, f"The container cannot be reached: {error}") from error
            if not 200 <= response.status < 300:
                raise ModelError(response.status, container.spec.name, response.body.decode("utf-8", "replace"))
            content_type, body = response.headers.get("content-type", ""), response.body
        return response

    def _capture(
        self, fleet: Fleet, variant: Variant, request: HttpRequest, response: LoopbackResponse, answer: HttpResponse
    ) -> None:
        capture = fleet.capture
        if capture is None or answer.status != 200 or not capture.wants_this_request():
            return
        capture.record(
            variant.name,
            (request.headers.get("content-type", ""), request.body),
            (response.headers.get("content-type", ""), response.body),
            request.headers.get(f"{_HEADER}inference-id"),
        )

    def _model_error(self, error: ModelError, endpoint: str, request_id: str) -> HttpResponse:
        side = "client" if 400 <= error.status < 500 else "server"
        group = f"/aws/sagemaker/Endpoints/{endpoint}"
        document: dict[str, Any] = {
            "ErrorCode": f"{side.upper()}_ERROR_FROM_MODEL",
            "LogStreamArn": f"{self._log_arn}:log-group:{group}",
            "Message": f'Received {side} error ({error.status}) from {error.container} with message "{error.message}". '
            f"See the log group {group} for more information.",
            "OriginalMessage": error.message,
            "OriginalStatusCode": error.status,
        }
        return HttpResponse(
            status=424,
            headers={
                "content-type": "application/json",
                "x-amzn-errortype": "ModelError",
                "x-amzn-requestid": request_id,
            },
            body=json.dumps(document).encode(),
        )


def _success(response: LoopbackResponse, variant: Variant, request_id: str) -> HttpResponse:
    headers = {
        "content-type": response.headers.get("content-type", "application/octet-stream"),
        "x-amzn-invoked-production-variant": variant.name,
        "x-amzn-requestid": request_id,
    }
    attributes = response.headers.get(f"{_HEADER}custom-attributes")
    if attributes:
        headers[f"{_HEADER}custom-attributes"] = attributes
    return HttpResponse(status=200, headers=headers, body=response.body)


def _timed_out(instance: Instance) -> ModelError:
    name = instance.containers[-1].spec.name
    return ModelError(
        0,
        name,
        f"Your invocation timed out while waiting for a response from container {name}. Review the latency metrics for "
        "each container in Amazon CloudWatch, resolve the issue, and try again.",
    )
