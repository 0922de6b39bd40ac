"""Where rules are: the bus that a request names by name or ARN, and the key and the ARN of a rule on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localcloud.platform.settings import Settings

DEFAULT = "default"
_BUS = "event-bus/"


def bus_arn(settings: Settings, bus: str) -> str:
    return f"arn:aws:events:{settings.region}:{settings.account_id}:{_BUS}{bus}"


def bus_named(settings: Settings, params: Mapping[str, Any], parameter: str = "EventBusName") -> str:
    """The bus's name. Raises UnsupportedError for a bus of another account or region."""
    given = str(params.get(parameter) or DEFAULT)
    if not given.startswith("arn:"):
        return given
    name = given.partition(f":{_BUS}")[2]
    if given != bus_arn(settings, name):
        raise UnsupportedError(f"events: a bus of another account or region ({given})")
    return name


def rule_path(bus: str, rule: str) -> str:
    """The end of a rule's ARN, and the rule's key in the store: a rule of the default bus has no bus in it."""
    return rule if bus == DEFAULT else f"{bus}/{rule}"


def key_of(settings: Settings, arn: str) -> tuple[str, str]:
    """The store's table and key for the ARN of a rule or a bus. Raises UnsupportedError for one that is elsewhere."""
    place, _, resource = arn.rpartition(":")
    if arn.startswith("arn:") and f"{place}:" != bus_arn(settings, "").removesuffix(_BUS):
        raise UnsupportedError(f"events: tags in another account or region ({arn})")
    if resource.startswith(_BUS):
        return "events.buses", resource.removeprefix(_BUS)
    return "events.rules", resource.removeprefix("rule/")
