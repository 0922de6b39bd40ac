"""Calls functions through Lambda's own API, on the event loop: no thread waits while a function runs."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING
from urllib.parse import quote

from localcloud.platform.loopback_http import ConnectionLostError, Connections
from localcloud.services.apigateway.gateway_responses import failed, timed_out, too_large

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud
    from localcloud.services.apigateway.serving.exchange import Exchange

_PRINCIPAL = "apigateway.amazonaws.com"


class Functions:
    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._connections = Connections()

    async def invoke(
        self, function_arn: str, event: bytes, exchange: Exchange, *, source_arn: str, limit_seconds: float
    ) -> bytes:
        """The function's answer. Raises Refused where it fails, is late, or may not be called for this method."""
        path = f"/2015-03-31/functions/{quote(function_arn, safe='')}/invocations"
        headers = self._cloud.clients.signed_post("lambda", _PRINCIPAL, source_arn=source_arn, path=path, body=event)
        begun = time.perf_counter()
        try:
            async with asyncio.timeout(limit_seconds):
                answer = await self._connections.post(self._cloud.settings.port, path, headers, event)
        except TimeoutError as late:
            raise timed_out(f"Execution failed due to a timeout error after {limit_seconds:g} s") from late
        except ConnectionLostError as error:
            raise failed(f"Lambda cannot be reached: {error}") from error
        finally:
            exchange.integration_seconds = time.perf_counter() - begun
        exchange.integration_status = answer.status
        if answer.status == 413:
            raise too_large()
        if answer.status != 200:
            text = answer.body.decode("utf-8", "replace")[:500]
            raise failed(
                f"Execution failed due to configuration error: Lambda answers {answer.status}: {text}", status=500
            )
        if "x-amz-function-error" in answer.headers:
            text = answer.body.decode("utf-8", "replace")[:500]
            raise failed(f"Lambda execution failed with status 200 due to customer function error: {text}")
        return answer.body
