"""Long polling of ReceiveMessage. It asks moto again and again, because moto blocks all callers while it waits."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.platform.service import HttpRequest, HttpResponse
    from localcloud.wire.api_requests import ApiRequest

_PAUSE_SECONDS = 0.1
#: AWS's maximum.
_MOST_SECONDS = 20


def receive(
    call: ApiRequest,
    request: HttpRequest,
    queue_waits: float,
    ask: Callable[[HttpRequest], HttpResponse],
    pause: Callable[[float], bool],
) -> HttpResponse:
    """The first answer with messages, or the last one in time. ``queue_waits``: the queue's own setting in seconds.

    ``pause`` waits this many seconds, and returns True when the local cloud goes down.
    """
    deadline = time.monotonic() + min(float(call.params.get("WaitTimeSeconds", queue_waits)), _MOST_SECONDS)
    at_once = _without_waiting(request)
    while True:
        answer = ask(at_once)
        ended = b"ReceiptHandle" in answer.body or answer.status >= 400 or time.monotonic() >= deadline
        if ended or pause(_PAUSE_SECONDS):
            return answer


def _without_waiting(request: HttpRequest) -> HttpRequest:
    if "x-amz-target" in request.headers:
        body = json.dumps({**json.loads(request.body or b"{}"), "WaitTimeSeconds": 0})
        return replace(request, body=body.encode())
    form = dict(parse_qsl(request.body.decode(), keep_blank_values=True)) if request.method == "POST" else {}
    query = dict(parse_qsl(request.query, keep_blank_values=True))
    if form:
        return replace(request, body=urlencode({**form, "WaitTimeSeconds": "0"}).encode())
    return replace(request, query=urlencode({**query, "WaitTimeSeconds": "0"}))
