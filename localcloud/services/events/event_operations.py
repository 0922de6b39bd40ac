"""EventBridge's operations on events: to put them, and to test a pattern."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.platform.service import operation
from localcloud.platform.service_events import event_of
from localcloud.services.events.operations import EventsOperations
from localcloud.services.events.patterns import matches, read_pattern
from localcloud.services.events.place import bus_named
from localcloud.services.events.targets import PRINCIPAL

if TYPE_CHECKING:
    from localcloud.platform.service import Call, Params

_MOST_ENTRIES = 10
#: All entries of a call together are smaller.
_LARGEST_BYTES = 1024 * 1024
_TIME_BYTES = 14


class EventOperations(EventsOperations):
    @operation("PutEvents")
    def put_events(self, call: Call, params: Params) -> Params:
        """As on AWS, an event for a bus that does not exist is taken, and lost."""
        if not 1 <= len(params["Entries"]) <= _MOST_ENTRIES:
            raise AwsError("ValidationException", f"Entries must be from 1 to {_MOST_ENTRIES}.")
        if sum(map(_size, params["Entries"])) >= _LARGEST_BYTES:
            raise AwsError("ValidationException", "Total size of the entries in the request is over the limit.")
        if params.get("EndpointId"):
            raise UnsupportedError(f"events: the global endpoint {params['EndpointId']}")
        entries = [(bus_named(self.cloud.settings, entry), entry) for entry in params["Entries"]]
        by_rule = self.cloud.clients.assumed_for(call.caller.access_key_id)[0] == PRINCIPAL
        put = self._forward if by_rule else self._put_event
        answers = [put(bus, entry) for bus, entry in entries]
        return {"FailedEntryCount": sum("ErrorCode" in answer for answer in answers), "Entries": answers}

    @operation("TestEventPattern")
    def check_event_pattern(self, _: Call, params: Params) -> Params:
        pattern = read_pattern(params["EventPattern"])
        try:
            event = json.loads(params["Event"])
        except ValueError as error:
            raise AwsError("ValidationException", f"Parameter Event is not valid JSON: {error}") from error
        return {"Result": matches(pattern, event)}

    def _put_event(self, bus: str, entry: Params) -> dict[str, Any]:
        missing = [name for name in ("Source", "DetailType", "Detail") if not entry.get(name)]
        if missing:
            reason = f"{missing[0]} is a required argument."
            return _failed("InvalidArgument", f"Parameter {missing[0]} is not valid. Reason: {reason}")
        if entry["Source"].startswith("aws."):
            return _failed("NotAuthorizedForSourceException", "Not authorized for the source.")
        try:
            detail = json.loads(entry["Detail"])
        except ValueError:
            detail = None
        if not isinstance(detail, dict):
            return _failed("MalformedDetail", "Detail is malformed.")
        event = event_of(
            self.cloud.settings,
            source=entry["Source"],
            detail_type=entry["DetailType"],
            detail=detail,
            resources=entry.get("Resources", []),
            time=entry.get("Time"),
        )
        self.router.receive(event, bus)
        return {"EventId": event["id"]}

    def _forward(self, bus: str, entry: Params) -> dict[str, Any]:
        """Takes an event from a rule of another bus. It is the same event: the entry's detail is the whole of it."""
        event = json.loads(entry["Detail"])
        self.router.receive(event, bus, forwarded=True)
        return {"EventId": event["id"]}


def _size(entry: Params) -> int:
    """As "Calculating PutEvents event entry size" of the user guide counts."""
    texts = [entry.get(name) or "" for name in ("Source", "DetailType", "Detail")] + entry.get("Resources", [])
    return sum(len(text.encode("utf-8", "replace")) for text in texts) + (_TIME_BYTES if "Time" in entry else 0)


def _failed(code: str, message: str) -> dict[str, Any]:
    return {"ErrorCode": code, "ErrorMessage": message}
