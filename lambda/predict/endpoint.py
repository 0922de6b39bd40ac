"""Asks the one endpoint, and says in plain words whose fault it is if there is no answer.

An answer must come before API Gateway gives up. So everything has one deadline: attempts, and the pauses between them.
"""

from __future__ import annotations

import http.client
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws import Answer, Service
from refusals import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

#: Between attempts, while the endpoint is being replaced or has too much to do.
PAUSES = (0.1, 0.2, 0.4, 0.8, 1.6)
#: What the container's web server says when it did not get to the request; 0: SageMaker got no answer from it.
_NOT_REACHED, _TOO_LATE = (429, 502, 503), (0, 504)
_LINE = (OSError, http.client.HTTPException, ValueError)

GONE = "The model is not there at the moment. Try again later."
BUSY = "The model has too much to do, or is being replaced. Try again later."
LATE = "The model did not answer in time."
FAILED = "The model failed at this request."


@dataclass(frozen=True)
class Answered:
    """What the model said. variant: the production variant whose model it is; empty if SageMaker does not say."""

    body: bytes
    variant: str


class Endpoint:
    """A SageMaker endpoint."""

    def __init__(self, name: str, pause: Callable[[float], None] = time.sleep) -> None:
        self.name = name
        self._service = Service(
            "sagemaker", host="runtime.sagemaker.{region}.amazonaws.com", variable="SAGEMAKER_RUNTIME"
        )
        self._pause = pause

    def ask(self, body: bytes, *, content_type: str, accept: str, request_id: str, deadline: float) -> Answered:
        """The endpoint's answer. RefusedError: 502, 503 or 504.

        request_id: becomes the inference id, by which a truth is joined later. deadline: of ``time.monotonic``.
        """
        headers = {"content-type": content_type, "accept": accept, "x-amzn-sagemaker-inference-id": request_id}
        path = f"/endpoints/{self.name}/invocations"
        for pause in (*PAUSES, None):
            fault = self._attempt(path, headers, body, deadline)
            if isinstance(fault, Answered):
                return fault
            error, again = fault
            if not again or pause is None or time.monotonic() + pause >= deadline:
                raise error
            self._pause(pause)
        raise AssertionError  # the last pause is None

    def _attempt(
        self, path: str, headers: dict[str, str], body: bytes, deadline: float
    ) -> Answered | tuple[RefusedError, bool]:
        """The answer; or what to say, and whether another attempt may help."""
        try:
            answer = self._service.call("POST", path, headers=headers, body=body, deadline=deadline)
        except TimeoutError:
            return RefusedError(status=504, message=LATE, cause="no answer before the deadline"), False
        except _LINE as error:
            return RefusedError(status=503, message=BUSY, cause=f"line: {type(error).__name__}"), True
        if answer.status != 200:
            return fault_of(answer)
        return Answered(answer.body, answer.headers.get("x-amzn-invoked-production-variant", ""))


def fault_of(answer: Answer) -> tuple[RefusedError, bool]:
    """What to say of an error of InvokeEndpoint, and whether another attempt may help."""
    code = answer.headers.get("x-amzn-errortype", "").partition(":")[0]
    document = _document(answer.body)
    code = code or str(document.get("__type", "")).rpartition("#")[2]
    cause = f"{answer.status} {code}"
    if code == "ModelError":
        original = document.get("OriginalStatusCode")
        cause = f"{cause}, the container's status {original}"
        if original in _NOT_REACHED:
            return RefusedError(status=503, message=BUSY, cause=cause), True
        if original in _TOO_LATE:
            return RefusedError(status=504, message=LATE, cause=cause), False
        return RefusedError(status=502, message=FAILED, cause=cause), False
    if answer.status == 403 or code.startswith("AccessDenied"):
        return RefusedError(status=503, message=GONE, cause=f"{cause}: this function may not ask it"), False
    if code.startswith("ValidationError") and "not found" in str(document.get("Message") or document.get("message")):
        return RefusedError(status=503, message=GONE, cause=f"{cause}: there is no such endpoint"), False
    if answer.status == 429 or answer.status >= 500 or code.startswith(("Throttling", "ModelNotReady")):
        return RefusedError(status=503, message=BUSY, cause=cause), True
    return RefusedError(status=502, message=FAILED, cause=cause), False


def _document(body: bytes) -> dict[str, object]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
