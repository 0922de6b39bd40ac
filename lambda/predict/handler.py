"""Answers the API's requests: asks the endpoint as the workload's facts say, or describes what may be asked.

API Gateway has checked who calls. The endpoint is the stack's, and no part of a request can name another one. The log
has a line for each request, and nothing of what it says.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from answering import Answering
from asking import Asking, Received
from endpoint import Endpoint
from refusals import RefusedError, bad_request
from shown import SECONDS as SHOWN_SECONDS
from shown import Shown

from handover.door import DOOR_FILE, Door
from handover.door_schema import JSON, openapi, page_schema
from handover.names import MAIN_VARIANT, NO_CHAMPION
from handover.predict_variables import PredictVariables

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: API Gateway gives up after 29 s. The rest is for the way back.
MOST_SECONDS = 26.0
_MARGIN_SECONDS = 1.0


class Predict:
    """The function's work for one door, kept from call to call."""

    def __init__(self, door: Door, variables: PredictVariables) -> None:
        self._door = door
        self._variables = variables
        self._endpoint = Endpoint(variables.endpoint)
        reads = door.reads(variables.bucket, variables.release) if variables.bucket else None
        self._shown = Shown(door, reads)
        self._asking = Asking(door, _fetch(door, variables.image_hosts))
        self._answering = Answering(door, self._shown)
        #: By the last part of the resource: who may call where, API Gateway knows.
        self._routes: Mapping[str, Callable[[Mapping[str, Any], float, dict[str, Any]], Mapping[str, Any]]] = {
            "predictions": self._predict,
            "schema": lambda *_: page_schema(door, release=variables.release),
            "openapi.json": self._openapi,
        }

    def answer(self, event: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """The answer to an event of API Gateway's Lambda proxy. seconds: how long it may take."""
        began = time.monotonic()
        context = event["requestContext"]
        log: dict[str, Any] = {
            "request_id": context["requestId"],
            "release": self._variables.release,
            "route": event["resource"],
        }
        try:
            status, document = 200, self._routed(event, began + seconds, log)
        except RefusedError as refusal:
            status, document = refusal.status, {**refusal.document(), "request_id": context["requestId"]}
            log["cause"] = refusal.cause
        except Exception as error:  # noqa: BLE001  (a caller sees no stack trace, whatever went wrong)
            status, document = 500, {"message": "The API failed.", "request_id": context["requestId"]}
            log["cause"] = f"{type(error).__name__} in {_where(error)}"
        log |= {"status": status, "milliseconds": _milliseconds(began)}
        print(json.dumps(log))
        return self._proxied(status, document)

    def _routed(self, event: Mapping[str, Any], deadline: float, log: dict[str, Any]) -> Mapping[str, Any]:
        route = self._routes.get(event["resource"].rpartition("/")[2])
        if route is None:
            raise RefusedError(status=404, message="There is no such resource.", cause="route")
        return route(event, deadline, log)

    def _predict(self, event: Mapping[str, Any], deadline: float, log: dict[str, Any]) -> Mapping[str, Any]:
        request_id = event["requestContext"]["requestId"]
        question = self._asking.question(Received.of(event), deadline)
        if fault := self._shown.load(min(deadline, time.monotonic() + SHOWN_SECONDS)):
            log["not_shown"] = fault
        asked = time.monotonic()
        try:
            answered = self._endpoint.ask(
                question.body,
                content_type=question.content_type,
                accept=question.accept,
                request_id=request_id,
                deadline=deadline,
            )
        finally:
            log["endpoint_milliseconds"] = _milliseconds(asked)
        log["release"] = self._release_of(answered.variant)
        return {**self._answering.answer(answered.body), "release": log["release"], "request_id": request_id}

    def _release_of(self, variant: str) -> int:
        """The champion's number while a release competes with it and the champion's variant has answered."""
        champion = self._variables.champion_arn
        if variant == MAIN_VARIANT and champion and champion != NO_CHAMPION:
            from handover.packages import version_of  # doors before a single model start without it

            return version_of(champion)
        return self._variables.release

    def _openapi(self, event: Mapping[str, Any], *_: object) -> Mapping[str, Any]:
        """Of what the one who asks may call: its server is where the request came to, whatever the stage is called."""
        place = event["resource"].rpartition("/")[0]
        called = event["requestContext"]["path"].removesuffix(event["resource"]) + place
        return openapi(
            self._door,
            release=self._variables.release,
            server=called or "/",
            caller="people" if place == "/people" else "programs",
            partners=bool(self._variables.partners),
        )

    def _proxied(self, status: int, document: Mapping[str, Any]) -> dict[str, Any]:
        headers = {"content-type": JSON, "cache-control": "no-store", "x-content-type-options": "nosniff"}
        if self._variables.page_origin:
            headers |= {"access-control-allow-origin": self._variables.page_origin, "vary": "origin"}
        # Whatever a caller sent and a message quotes stays text, even for who takes JSON for a page.
        body = json.dumps(document).replace("<", "\\u003c").replace(">", "\\u003e")
        return {"statusCode": status, "headers": headers, "body": body, "isBase64Encoded": False}


def _fetch(door: Door, hosts: str | None) -> Callable[[str, float], bytes]:
    """For a door of images with allowed hosts; every other address is refused."""
    (column, *_) = door.columns
    if not hosts or not door.image_types:
        return _no_address
    from addresses import Addresses  # doors without images start without it

    return Addresses(hosts=frozenset(hosts.lower().split(",")), most_bytes=column["largest_bytes"]).fetch


def _no_address(*_: object) -> bytes:
    raise bad_request("No address is taken here: send the image itself.", field="address")


def _milliseconds(began: float) -> float:
    return round((time.monotonic() - began) * 1000, 1)


def _where(error: BaseException) -> str:
    """File and line, for the log: the error's own words may quote the request."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "?"


def _seconds(context: Any) -> float:
    left: float = context.get_remaining_time_in_millis() / 1000 - _MARGIN_SECONDS
    return min(MOST_SECONDS, left)


PREDICT = Predict(Door.parse((Path(__file__).parent / DOOR_FILE).read_text()), PredictVariables.read())


def handle(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """The entry of Lambda: an event of API Gateway's REST proxy."""
    return PREDICT.answer(event, _seconds(context))
