"""Invokes SageMaker endpoints, one row per request, over a kept connection."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ml_steps.running import StepError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handover.invocations import Invocation

#: Errors that are the caller's fault, not the model's.
REFUSED = ("AccessDenied", "ExpiredToken", "InvalidSignature", "UnrecognizedClient", "Throttling")


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What came back, and after how long. An endpoint's error (``error …``) is an answer too, but never a right one."""

    text: str
    milliseconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Asker:
    """Invokes endpoints in a workload's own way. ``runtime`` is a client of sagemaker-runtime.

    The name of an endpoint selects it; ``name/variant`` selects one of its variants.
    """

    runtime: Any
    invocation: Invocation

    def ask(self, endpoint: str, rows: Sequence[str]) -> list[Answer]:
        """Send each row, one after the other. StepError if the caller is refused."""
        return [self._ask_one(endpoint, row) for row in rows]

    def ask_in_turn(self, endpoints: Sequence[str], rows: Sequence[str]) -> list[list[Answer]]:
        """Each endpoint's answers to all rows. Each row goes to all endpoints; every other row in reverse order.

        So their times can be compared: if this machine is slow for a while, that slows all of them.
        """
        answers: list[list[Answer]] = [[] for _ in endpoints]
        for number, row in enumerate(rows):
            places = range(len(endpoints)) if number % 2 == 0 else reversed(range(len(endpoints)))
            for place in places:
                answers[place].append(self._ask_one(endpoints[place], row))
        return answers

    def ask_at_once(self, endpoint: str, rows: Sequence[str], *, connections: int) -> list[Answer]:
        """As ``ask``, over several connections: faster in all, but each answer's time includes waits for others."""
        with ThreadPoolExecutor(connections) as pool:
            return list(pool.map(lambda row: self._ask_one(endpoint, row), rows))

    def _ask_one(self, endpoint: str, row: str) -> Answer:
        body = self.invocation.body(row)
        started = time.perf_counter()
        try:
            response = self.runtime.invoke_endpoint(
                **_target(endpoint),
                ContentType=self.invocation.content_type,
                Accept=self.invocation.accept,
                Body=body,
            )
            text = self.invocation.answer(response["Body"].read())
        except ClientError as error:
            text = _said(error, endpoint)
        return Answer(text=text, milliseconds=(time.perf_counter() - started) * 1000)


def _said(error: ClientError, endpoint: str) -> str:
    """An endpoint's error as its answer: the container's message, or else SageMaker's."""
    described: dict[str, Any] = dict(error.response)
    code, message = described["Error"]["Code"], described["Error"]["Message"]
    if code.startswith(REFUSED):
        raise StepError(f"The endpoint {endpoint} may not be asked: {code}: {message}") from error
    if "OriginalStatusCode" in described:
        code, message = described["OriginalStatusCode"], described.get("OriginalMessage") or message
    return f"error {code}: {message}"


def _target(endpoint: str) -> dict[str, str]:
    name, _, variant = endpoint.partition("/")
    return {"EndpointName": name} | ({"TargetVariant": variant} if variant else {})
