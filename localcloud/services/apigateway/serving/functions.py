"""Calls functions through Lambda's own API, on the event loop: no thread waits while a function runs.

A function that has all the executions that are reserved for it fails with 500 at once, as on AWS. If it is this machine
that runs no more, which stands for the thousand of AWS's account, it is asked again when another invocation has ended,
as long as the integration may take.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import AwsError
from localcloud.platform.service_calls import ServiceCall
from localcloud.services.apigateway.gateway_responses import failed, throttled_by_lambda, timed_out, too_large

if TYPE_CHECKING:
    from localcloud.platform.service_calls import ServiceCalls
    from localcloud.services.apigateway.gateway_responses import Refused
    from localcloud.services.apigateway.serving.exchange import Exchange

_PRINCIPAL = "apigateway.amazonaws.com"
_THROTTLED = "TooManyRequestsException"
#: Lambda's reason for a throttle that is the function's own.
_RESERVED = "ReservedFunctionConcurrentInvocationLimitExceeded"
#: After this time a throttled function is asked again, though none of our invocations has ended.
_ASK_AGAIN_SECONDS = 1.0
_SHOWN = 500


class Functions:
    def __init__(self, calls: ServiceCalls) -> None:
        self._calls = calls
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def invoke(
        self, function_arn: str, event: bytes, exchange: Exchange, *, source_arn: str, limit_seconds: float
    ) -> bytes:
        """The function's answer. Raises Refused where it fails, is late, or may not be called for this method."""
        call = ServiceCall(
            service="lambda",
            operation="Invoke",
            params={"FunctionName": function_arn, "Payload": event},
            principal=_PRINCIPAL,
            source_arn=source_arn,
        )
        begun, busy = time.perf_counter(), False
        try:
            async with asyncio.timeout(limit_seconds):
                answer = await self._answer(call)
                while busy := answer is None:
                    await self._turn()
                    answer = await self._answer(call)
        except TimeoutError as late:
            if busy:
                raise throttled_by_lambda() from late
            raise timed_out(f"Execution failed due to a timeout error after {limit_seconds:g} s") from late
        except AwsError as error:
            exchange.integration_status = error.status
            raise _refused(error) from error
        finally:
            self._ended()
            exchange.integration_seconds = time.perf_counter() - begun
        exchange.integration_status = answer["StatusCode"]
        payload: bytes = answer["Payload"]
        if "FunctionError" in answer:
            text = payload.decode("utf-8", "replace")[:_SHOWN]
            raise failed(f"Lambda execution failed with status 200 due to customer function error: {text}")
        return payload

    async def _answer(self, call: ServiceCall) -> dict[str, Any] | None:
        """None where Lambda would run the function if this machine ran less."""
        try:
            return await self._calls.make(call)
        except AwsError as error:
            if error.code == _THROTTLED and error.members.get("Reason") != _RESERVED:
                return None
            raise

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


def _refused(error: AwsError) -> Refused:
    if error.status == 413:
        return too_large()
    if error.code == _THROTTLED:
        return throttled_by_lambda()
    text = error.message[:_SHOWN]
    return failed(
        f"Execution failed due to configuration error: Lambda answers {error.status}: {error.code}: {text}", status=500
    )
