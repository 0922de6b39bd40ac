"""Calls that a service makes on its own behalf, in this process: without a connection, a signature, or the wire.

They are for what happens too often, and on the event loop. The caller's policies are asked as of any other call; who
calls is a service of the local cloud itself, so there is nothing to prove.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceCall:
    """``principal``: who calls, such as ``apigateway.amazonaws.com``. ``source_arn``: for which of its resources."""

    service: str
    operation: str
    params: dict[str, Any]
    principal: str
    source_arn: str


class ServiceCalls:
    """How services reach the front door, which comes after them."""

    def __init__(self) -> None:
        self._answer: Callable[[ServiceCall], Awaitable[dict[str, Any]]] | None = None

    def answer_by(self, answer: Callable[[ServiceCall], Awaitable[dict[str, Any]]]) -> None:
        """Sets who answers. The front door calls this when it has been made."""
        self._answer = answer

    async def make(self, call: ServiceCall) -> dict[str, Any]:
        """The operation's answer, by the names of AWS's model. Raises AwsError as the operation does."""
        if self._answer is None:
            raise RuntimeError(f"nobody answers {call.service}:{call.operation} yet")
        return await self._answer(call)
