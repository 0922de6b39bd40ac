"""What EventBridge's groups of operations share: the buses, the router with its rules, and pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.platform import page_tokens
from localcloud.platform.errors import AwsError
from localcloud.platform.service import Operations
from localcloud.services.events.event_buses import EventBuses
from localcloud.services.events.place import bus_named, rule_path
from localcloud.services.events.router import Router

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud
    from localcloud.platform.service import Params
    from localcloud.platform.store import Document

_PAGE_SIZE = 100


class EventsOperations(Operations):
    service = "events"

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self.router = Router(cloud)
        self.buses = EventBuses(cloud)

    def bus_of(self, params: Params, parameter: str = "EventBusName") -> str:
        """The name of the bus that a request names; raises AwsError where there is none."""
        return str(self.buses.get(bus_named(self.cloud.settings, params, parameter))["Name"])

    def rule_of(self, params: Params, parameter: str) -> Document:
        bus, name = self.bus_of(params), params[parameter]
        found = self.router.rules.get(rule_path(bus, name))
        if found is None:
            raise AwsError("ResourceNotFoundException", f"Rule {name} does not exist on EventBus {bus}.")
        return found


def tags_given(params: Params) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in params.get("Tags", [])}


def page(name: str, found: list[Any], params: Params) -> Params:
    """The page of a list under its name in the answer, and the token of the next one."""
    part, following = page_tokens.cut(found, params, params.get("Limit", _PAGE_SIZE), code="ValidationException")
    return {name: part, **following}
