"""Asks SageMaker endpoints, one row a request, over a kept connection."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ml_init.step import StepError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: Whoever asks is at fault here, and not the model that was asked.
REFUSED = ("AccessDenied", "ExpiredToken", "InvalidSignature", "UnrecognizedClient", "Throttling")


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What came back, and after how long. An endpoint's error is an answer too, never a right one: ``error …``."""

    text: str
    milliseconds: float


def ask(runtime: Any, endpoint: str, requests: Sequence[str]) -> list[Answer]:
    """Send each row as CSV, one after the other. StepError where the caller is refused."""
    return [_ask_one(runtime, endpoint, request) for request in requests]


def ask_in_turn(runtime: Any, endpoints: Sequence[str], requests: Sequence[str]) -> list[list[Answer]]:
    """Each endpoint's answers to all rows. Each row is sent to all of them, the first one first every other time.

    So their times can be compared: what slows this machine for a while slows all of them.
    """
    answers: list[list[Answer]] = [[] for _ in endpoints]
    for number, request in enumerate(requests):
        places = range(len(endpoints)) if number % 2 == 0 else reversed(range(len(endpoints)))
        for place in places:
            answers[place].append(_ask_one(runtime, endpoints[place], request))
    return answers


def ask_at_once(runtime: Any, endpoint: str, requests: Sequence[str], *, connections: int) -> list[Answer]:
    """As ``ask``, over several connections: faster in all, but each answer's time holds what it waited for others."""
    with ThreadPoolExecutor(connections) as pool:
        return list(pool.map(lambda request: _ask_one(runtime, endpoint, request), requests))


def _ask_one(runtime: Any, endpoint: str, request: str) -> Answer:
    started = time.perf_counter()
    try:
        response = runtime.invoke_endpoint(
            **_target(endpoint), ContentType="text/csv", Accept="text/csv", Body=request.encode()
        )
        text = response["Body"].read().decode(errors="replace").strip()
    except ClientError as error:
        text = _said(error, endpoint)
    return Answer(text=text, milliseconds=(time.perf_counter() - started) * 1000)


def _said(error: ClientError, endpoint: str) -> str:
    """An endpoint's error as its answer: what its container said, or what SageMaker says of it."""
    described: Mapping[str, Any] = error.response
    code, message = described["Error"]["Code"], described["Error"]["Message"]
    if code.startswith(REFUSED):
        raise StepError(f"The endpoint {endpoint} may not be asked: {code}: {message}") from error
    if "OriginalStatusCode" in described:
        code, message = described["OriginalStatusCode"], described.get("OriginalMessage") or message
    return f"error {code}: {message}"


def _target(endpoint: str) -> dict[str, str]:
    """An endpoint by its name, or one of its variants: ``name/variant``."""
    name, _, variant = endpoint.partition("/")
    return {"EndpointName": name} | ({"TargetVariant": variant} if variant else {})
