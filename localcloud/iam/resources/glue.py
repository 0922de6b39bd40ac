"""The data catalog: an action on a table needs the permission on catalog and database too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.iam.asks import Ask, Place, by_reference, on
from localcloud.iam.facts import action_facts

if TYPE_CHECKING:
    from localcloud.wire.api_requests import ApiRequest

_CATALOG_TYPES = frozenset({"rootcatalog", "database", "table"})


def asks(request: ApiRequest, place: Place) -> list[Ask]:
    facts = action_facts("glue", request.operation)
    types = {kind.name for kind in facts.resource_types if kind.required} if facts else set()
    if not types or not types <= _CATALOG_TYPES or not facts:
        return by_reference(request, place)
    database, table = _names(request)
    resources = {
        "rootcatalog": "catalog",
        "database": f"database/{database}",
        "table": f"table/{database}/{table}",
    }
    return on(facts.name, *(place.arn("glue", text) for kind, text in resources.items() if kind in types))


def _names(request: ApiRequest) -> tuple[str, str]:
    params = request.params
    if "Database" in request.operation:
        return params.get("Name") or params.get("DatabaseInput", {}).get("Name", "*"), "*"
    named = params.get("TableName") or params.get("Name") or params.get("TableInput", {}).get("Name")
    return params.get("DatabaseName", "*"), named or "*"
