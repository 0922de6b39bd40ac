"""EventBridge's operations on event buses and their policies."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.platform.service import operation
from localcloud.services.events.event_buses import policy_text
from localcloud.services.events.operations import EventsOperations, page, tags_given
from localcloud.services.events.place import DEFAULT, bus_named

if TYPE_CHECKING:
    from localcloud.platform.service import Call, Params
    from localcloud.platform.store import Document

_SHOWN = ("Name", "Arn", "Description", "CreationTime", "LastModifiedTime")
#: What a bus has on AWS and not here.
_REFUSED = ("EventSourceName", "KmsKeyIdentifier", "DeadLetterConfig")
_STATEMENT = ("StatementId", "Action", "Principal")
_ONLY_ACTION = "events:PutEvents"


class BusOperations(EventsOperations):
    @operation("CreateEventBus")
    def create_event_bus(self, _: Call, params: Params) -> Params:
        _refuse(params)
        name = params["Name"]
        if "/" in name:
            raise AwsError("ValidationException", "Event bus name must not contain '/'.")
        bus = self.buses.create(name, description=params.get("Description"), tags=tags_given(params))
        return {"EventBusArn": bus["Arn"], **_described(bus)}

    @operation("UpdateEventBus")
    def update_event_bus(self, _: Call, params: Params) -> Params:
        _refuse(params)
        description = params.get("Description")
        name = self.bus_of(params, "Name")
        bus = self.buses.change(name, lambda document: _set_description(document, description))
        return {"Arn": bus["Arn"], "Name": bus["Name"], **_described(bus)}

    @operation("DescribeEventBus")
    def describe_event_bus(self, _: Call, params: Params) -> Params:
        return _shown(self.buses.get(self.bus_of(params, "Name")))

    @operation("ListEventBuses")
    def list_event_buses(self, _: Call, params: Params) -> Params:
        found = self.buses.all(params.get("NamePrefix", ""))
        return page("EventBuses", [_shown(bus) for bus in found], params)

    @operation("DeleteEventBus")
    def delete_event_bus(self, _: Call, params: Params) -> None:
        name = bus_named(self.cloud.settings, params, "Name")
        if name == DEFAULT:
            raise AwsError("ValidationException", f"Cannot delete event bus {name}.")
        if self.router.rules_of(name):
            raise AwsError("ValidationException", "EventBus can't be deleted since it has rules.")
        self.buses.delete(name)

    @operation("PutPermission")
    def put_permission(self, _: Call, params: Params) -> None:
        name = self.bus_of(params)
        given = [key for key in (*_STATEMENT, "Condition") if params.get(key)]
        if params.get("Policy"):
            if given:
                message = f"Policy and {', '.join(given)} cannot be given together."
                raise AwsError("ValidationException", message)
            statements = json.loads(params["Policy"])["Statement"]
            self.buses.set_policy(name, statements if isinstance(statements, list) else [statements])
            return
        self.buses.add_statement(name, _statement(params, self.buses.get(name)["Arn"]))

    @operation("RemovePermission")
    def remove_permission(self, _: Call, params: Params) -> None:
        name = self.bus_of(params)
        if params.get("RemoveAllPermissions"):
            self.buses.set_policy(name, [])
        elif params.get("StatementId"):
            self.buses.remove_statement(name, params["StatementId"])
        else:
            message = "Parameter StatementId must be specified, unless RemoveAllPermissions is true."
            raise AwsError("ValidationException", message)


def _statement(params: Params, arn: str) -> dict[str, Any]:
    missing = [key for key in _STATEMENT if not params.get(key)]
    if missing:
        raise AwsError("ValidationException", f"Parameter(s) {', '.join(missing)} must be specified without a Policy.")
    if params["Action"] != _ONLY_ACTION:
        raise AwsError("ValidationException", "Provided value in parameter 'action' is not supported.")
    if params.get("Condition"):
        raise UnsupportedError(f"events:PutPermission with a Condition on {params['Condition']['Key']}")
    who = params["Principal"]
    return {
        "Sid": params["StatementId"],
        "Effect": "Allow",
        "Principal": "*" if who == "*" else {"AWS": f"arn:aws:iam::{who}:root"},
        "Action": params["Action"],
        "Resource": arn,
    }


def _refuse(params: Params) -> None:
    """Raises UnsupportedError for what would make a bus another one than it is here."""
    given = [name for name in _REFUSED if params.get(name)]
    if params.get("LogConfig", {}).get("Level", "OFF") != "OFF":
        given.append("LogConfig")
    if given:
        raise UnsupportedError(f"events: an event bus with {', '.join(given)}")


def _set_description(bus: Document, description: str | None) -> None:
    bus.pop("Description", None)
    if description:
        bus["Description"] = description


def _described(bus: Document) -> Params:
    return {"Description": bus["Description"]} if "Description" in bus else {}


def _shown(bus: Document) -> Params:
    policy = policy_text(bus)
    return {name: bus[name] for name in _SHOWN if name in bus} | ({"Policy": policy} if policy else {})
