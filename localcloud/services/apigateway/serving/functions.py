"""Calls functions through Lambda's own API, on the event loop: no thread waits while a function runs.

A function that has all the executions that are reserved for it fails with 500 at once, as on AWS. If it is this machine
that runs no more, which stands for the thousand of AWS's account, it is asked again when another invocation has ended,
as long as the integration may take.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from typing import TYPE_CHECKING
from urllib.parse import quote

from localcloud.platform.loopback_http import ConnectionLostError, Connections, LoopbackResponse
from localcloud.services.apigateway.gateway_responses import failed, throttled_by_lambda, timed_out, too_large

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud
    from localcloud.services.apigateway.serving.exchange import Exchange

_PRINCIPAL = "apigateway.amazonaws.com"
_THROTTLED = 429
#: Lambda's reason for a throttle that is the function's own.
_RESERVED = "ReservedFunctionConcurrentInvocationLimitExceeded"
#: After this time a throttled function is asked again, though none of our invocations has ended.
_ASK_AGAIN_SECONDS = 1.0


def _is_busy(answer: LoopbackResponse) -> bool:
    """Whether Lambda would run the function if this machine ran less."""
    return answer.status == _THROTTLED and json.loads(answer.body)["Reason"] != _RESERVED


class Functions:
    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._connections = Connections()
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def invoke(
        self, function_arn: str, event: bytes, exchange: Exchange, *, source_arn: str, limit_seconds: float
    ) -> bytes:
        """The function's answer. Raises Refused where it fails, is late, or may not be called for this method."""
        path = f"/2015-03-31/functions/{quote(function_arn, safe='')}/invocations"
        headers = self._cloud.clients.signed_post("lambda", _PRINCIPAL, source_arn=source_arn, path=path, body=event)
        begun, answer = time.perf_counter(), LoopbackResponse()
        try:
            async with asyncio.timeout(limit_seconds):
                answer = await self._connections.post(self._cloud.settings.port, path, headers, event)
                while _is_busy(answer):
                    await self._turn()
                    answer = await self._connections.post(self._cloud.settings.port, path, headers, event)
        except TimeoutError as late:
            if answer.status == _THROTTLED:
                raise throttled_by_lambda() from late
            raise timed_out(f"Execution failed due to a timeout error after {limit_seconds:g} s") from late
        except ConnectionLostError as error:
            raise failed(f"Lambda cannot be reached: {error}") from error
        finally:
            self._ended()
            exchange.integration_seconds = time.perf_counter() - begun
        exchange.integration_status = answer.status
        if answer.status == 413:
            raise too_large()
        if answer.status == _THROTTLED:
            raise throttled_by_lambda()
        if answer.status != 200:
            text = answer.body.decode("utf-8", "replace")[:500]
            raise failed(
                f"Execution failed due to configuration error: Lambda answers {answer.status}: {text}", status=500
            )
        if "x-amz-function-error" in answer.headers:
            text = answer.body.decode("utf-8", "replace")[:500]
            raise failed(f"Lambda execution failed with status 200 due to customer function error: {text}")
        return answer.body

    async def _turn(self) -> None:
        """Waits until another invocation has ended, in the order of coming."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        await asyncio.wait([turn], timeout=_ASK_AGAIN_SECONDS)
        turn.cancel()

    def _ended(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
