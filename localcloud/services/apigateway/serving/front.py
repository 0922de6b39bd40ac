"""Answers the requests to APIs, in AWS's order: who asks, whether it may, how often, with what; then what answers."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from localcloud.platform.service import HttpResponse
from localcloud.services.apigateway import gateway_responses
from localcloud.services.apigateway.gateway_responses import Refused, failed, response_of, throttled
from localcloud.services.apigateway.serving.callers import check_caller
from localcloud.services.apigateway.serving.cognito import CognitoTokens
from localcloud.services.apigateway.serving.exchange import Exchange
from localcloud.services.apigateway.serving.functions import Functions
from localcloud.services.apigateway.serving.integrations import RESPONSE_HEADER, LambdaProxy, Mock, mapped_headers
from localcloud.services.apigateway.serving.plans import Plans
from localcloud.services.apigateway.serving.proxy_answer import http_answer
from localcloud.services.apigateway.serving.proxy_event import proxy_event
from localcloud.services.apigateway.serving.quotas import Quotas
from localcloud.services.apigateway.serving.reports import Reports
from localcloud.services.apigateway.serving.stages import Stages
from localcloud.services.apigateway.serving.throttles import Throttles
from localcloud.services.apigateway.substitution import substituted

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud
    from localcloud.platform.service import Visit
    from localcloud.services.apigateway.apis import Documents
    from localcloud.services.apigateway.serving.integrations import Integration
    from localcloud.services.apigateway.serving.snapshots import Method

#: Such a body is validated on a thread, so that it holds no other request.
_LARGE_BODY_BYTES = 32 * 1024

log = logging.getLogger("localcloud.apigateway")


class Front:
    """Answers on the front door's event loop, and never blocks it."""

    def __init__(self, cloud: Cloud, documents: Documents) -> None:
        self._stages = Stages(cloud.settings, documents)
        self._throttles = Throttles()
        self._quotas = Quotas(documents.usage)
        self._plans = Plans(documents, self._throttles, self._quotas)
        self._tokens = CognitoTokens(cloud.settings)
        self._functions = Functions(cloud.calls)
        self._reports = Reports(cloud, documents.cloudwatch_role, self._quotas.save)

    def start(self) -> None:
        self._reports.start()

    def save(self) -> None:
        self._quotas.save()

    def stop(self) -> None:
        self._reports.stop()

    async def answer(self, visit: Visit) -> HttpResponse:
        name, _, rest = visit.path[1:].partition("/")
        stage = self._stages.find(visit.name, name)
        if stage is None:
            return _answered_by_nobody(visit)
        exchange = Exchange(visit=visit, stage=stage, path=f"/{rest}")
        try:
            response = await self._respond(exchange)
        except Refused as refused:
            response = _own_answer(exchange, refused)
        except Exception as error:
            log.exception("%s %s", visit.request.method, visit.path)
            response = _own_answer(exchange, failed(f"{type(error).__name__}: {error}", status=500))
        exchange.status, exchange.response_bytes = response.status, len(response.body)
        exchange.seconds = time.perf_counter() - exchange.begun
        self._reports.record(exchange)
        return response

    async def _respond(self, exchange: Exchange) -> HttpResponse:
        if exchange.visit.refused is not None:
            raise gateway_responses.too_large()
        found = exchange.stage.deployed.routing.find(exchange.path, exchange.http_method)
        if found is None:
            raise gateway_responses.missing_token()
        method = exchange.method = found.method
        exchange.path_parameters = found.path_parameters
        await check_caller(exchange, method)
        if method.authorizer is not None:
            exchange.claims = await self._tokens.claims(method, exchange.headers)
        if method.key_required:
            self._plans.admit(exchange, method)
        if not self._throttles.admit(*exchange.stage.limit(method)):
            raise throttled()
        method.parameters.check(exchange.headers, exchange.query, exchange.path_parameters)
        await _check_body(exchange, method)
        return await self._integrate(exchange, method, method.integration)

    async def _integrate(self, exchange: Exchange, method: Method, integration: Integration) -> HttpResponse:
        if isinstance(integration.backend, Mock):
            return _mocked(exchange, integration.backend)
        return await self._invoke(exchange, method, integration.backend, integration.limit_seconds)

    async def _invoke(
        self, exchange: Exchange, method: Method, proxy: LambdaProxy, limit_seconds: float
    ) -> HttpResponse:
        stage = exchange.stage
        payload = await self._functions.invoke(
            proxy.function(stage.variables),
            proxy_event(exchange, method),
            exchange,
            source_arn=stage.method_arn(_source_method(method), _source_path(method)),
            limit_seconds=limit_seconds,
        )
        answer = http_answer(
            payload,
            accept=exchange.headers.get("accept", ""),
            binary_media_types=stage.deployed.binary_media_types,
        )
        return replace(answer, headers=answer.headers | _own_headers(exchange))


def _source_method(method: Method) -> str:
    return "*" if method.http_method == "ANY" else method.http_method


def _source_path(method: Method) -> str:
    """The resource's path as functions' policies see it: AWS writes an asterisk for each variable."""
    parts = method.resource_path.split("/")
    return "/".join("*" if part.startswith("{") else part for part in parts)


async def _check_body(exchange: Exchange, method: Method) -> None:
    if len(exchange.body) > _LARGE_BODY_BYTES:
        await asyncio.to_thread(method.bodies.check, exchange.content_type, exchange.body)
    else:
        method.bodies.check(exchange.content_type, exchange.body)


def _mocked(exchange: Exchange, mock: Mock) -> HttpResponse:
    response = mock.response(exchange.content_type)
    context = exchange.context()
    headers = {name: substituted(value, context, exchange.stage.variables) for name, value in response.headers}
    kind = exchange.content_type if exchange.content_type in response.templates else "application/json"
    body = substituted(response.templates.get(kind, ""), context, exchange.stage.variables)
    exchange.integration_status, exchange.integration_seconds = response.status, 0.0
    return HttpResponse(
        status=response.status, headers={"content-type": kind, **headers, **_own_headers(exchange)}, body=body.encode()
    )


def _own_answer(exchange: Exchange, refused: Refused) -> HttpResponse:
    """The API's own answer, as it is or as the API customises it."""
    exchange.refused = refused
    own = response_of(refused.kind, refused.status, exchange.stage.deployed.gateway_responses)
    exchange.status = int(own.get("statusCode") or refused.status)
    context, variables = exchange.context(), exchange.stage.variables
    default = {"application/json": f'{{"{refused.member}":$context.error.messageString}}'}
    kind, template = next(iter((own.get("responseTemplates") or default).items()))
    mapping = own.get("responseParameters") or {}
    mapped = mapped_headers(mapping, RESPONSE_HEADER, f"the gateway response {refused.kind}")
    headers = {name: substituted(value, context, variables) for name, value in mapped}
    return HttpResponse(
        status=exchange.status,
        headers={"content-type": kind, **_own_headers(exchange), "x-amzn-errortype": refused.error_type, **headers},
        body=substituted(template, context, variables).encode(),
    )


def _own_headers(exchange: Exchange) -> dict[str, str]:
    return {
        "x-amzn-requestid": exchange.request_id,
        "x-amz-apigw-id": exchange.extended_id,
        "x-amzn-trace-id": exchange.trace_id,
    }


def _answered_by_nobody(visit: Visit) -> HttpResponse:
    """AWS's answer for an API or a stage that does not exist."""
    del visit
    headers = {"content-type": "application/json", "x-amzn-errortype": "ForbiddenException"}
    return HttpResponse(status=403, headers=headers, body=b'{"message":"Forbidden"}')
