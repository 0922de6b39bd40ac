"""Asks a SageMaker endpoint, one row a request, over a kept connection."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What came back, and after how long. A model's error is an answer too, never a right one: ``error …``."""

    text: str
    milliseconds: float


def ask(runtime: Any, endpoint: str, requests: Sequence[str]) -> list[Answer]:
    """Send each row as CSV, one after the other. Any error but the model's own is raised."""
    return [_ask_one(runtime, endpoint, request) for request in requests]


def ask_in_turn(runtime: Any, endpoints: Sequence[str], requests: Sequence[str]) -> list[list[Answer]]:
    """Each endpoint's answers to all rows. Each row is sent to all of them, the first one first every other time.

    So both are measured under the same load: what slows this machine for a while slows both.
    """
    answers: list[list[Answer]] = [[] for _ in endpoints]
    for number, request in enumerate(requests):
        places = range(len(endpoints)) if number % 2 == 0 else reversed(range(len(endpoints)))
        for place in places:
            answers[place].append(_ask_one(runtime, endpoints[place], request))
    return answers


def _ask_one(runtime: Any, endpoint: str, request: str) -> Answer:
    started = time.perf_counter()
    try:
        response = runtime.invoke_endpoint(
            EndpointName=endpoint, ContentType="text/csv", Accept="text/csv", Body=request.encode()
        )
        text = response["Body"].read().decode(errors="replace").strip()
    except runtime.exceptions.ModelError as error:
        described = error.response
        reason = described.get("OriginalMessage") or described["Error"]["Message"]
        text = f"error {described.get('OriginalStatusCode', '')}: {reason}"
    return Answer(text=text, milliseconds=(time.perf_counter() - started) * 1000)
