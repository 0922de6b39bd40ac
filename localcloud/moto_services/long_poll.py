"""Long polling of ReceiveMessage. It asks moto again and again, because moto blocks all callers while it waits."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.platform.service import HttpRequest, HttpResponse
    from localcloud.wire.api_requests import ApiRequest

#: AWS's maximum.
_MOST_SECONDS = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Poll:
    """A ReceiveMessage that waits for messages."""

    queue: str
    deadline: float
    ask: Callable[[], HttpResponse]

    @property
    def left_seconds(self) -> float:
        return max(0.0, self.deadline - time.monotonic())

    def once(self, *, last: bool = False) -> HttpResponse | Poll:
        """The answer with messages, or the last one in time; otherwise this poll, to be asked again."""
        ended = last or not self.left_seconds
        answer = self.ask()
        return answer if ended or b"ReceiptHandle" in answer.body or answer.status >= 400 else self


def receive(
    call: ApiRequest, request: HttpRequest, queue_waits: float, ask: Callable[[HttpRequest], HttpResponse]
) -> HttpResponse | Poll:
    """The first look. ``queue_waits``: the queue's own setting in seconds."""
    waits = min(float(call.params.get("WaitTimeSeconds", queue_waits)), _MOST_SECONDS)
    at_once = _without_waiting(request)
    queue = str(call.params.get("QueueUrl", "")).rpartition("/")[2]
    return Poll(queue=queue, deadline=time.monotonic() + waits, ask=lambda: ask(at_once)).once()


def _without_waiting(request: HttpRequest) -> HttpRequest:
    if "x-amz-target" in request.headers:
        body = json.dumps({**json.loads(request.body), "WaitTimeSeconds": 0})
        return replace(request, body=body.encode())
    form = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
    return replace(request, body=urlencode({**form, "WaitTimeSeconds": "0"}).encode())
