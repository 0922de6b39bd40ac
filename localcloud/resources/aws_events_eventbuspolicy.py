"""AWS::Events::EventBusPolicy."""

from __future__ import annotations

import json
import threading
from typing import Any

from localcloud.resources.absence import already_gone
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import call, document, without

_DEFAULT = "default"
#: The API puts a policy as a whole, and a stack may make several statements of one bus at once.
_one_at_a_time = threading.Lock()


class EventBusPolicy(Resource):
    """One statement of a bus's policy. Ref is the bus's name and the statement's id, with ``|`` between them."""

    type_name = "AWS::Events::EventBusPolicy"

    def create(self, ctx: Context, properties: Properties) -> Created:
        _put(ctx.client("events"), properties)
        return Created(physical_id=f"{_bus(properties)}|{properties['StatementId']}", attributes={})

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        del physical_id, previous
        _put(ctx.client("events"), properties)
        return {}

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        del physical_id
        with already_gone():
            ctx.client("events").remove_permission(EventBusName=_bus(properties), StatementId=properties["StatementId"])


def _bus(properties: Properties) -> str:
    return str(properties.get("EventBusName", _DEFAULT))


def _put(events: Any, properties: Properties) -> None:
    if "Statement" not in properties:
        call(events, "PutPermission", properties)
        return
    statement = {**json.loads(document(properties["Statement"])), "Sid": properties["StatementId"]}
    with _one_at_a_time:
        known = json.loads(events.describe_event_bus(Name=_bus(properties)).get("Policy") or '{"Statement": []}')
        others = [each for each in known["Statement"] if each.get("Sid") != statement["Sid"]]
        policy = {"Version": "2012-10-17", "Statement": [*others, statement]}
        given = without(properties, "Statement", "StatementId")
        call(events, "PutPermission", given, Policy=json.dumps(policy))
