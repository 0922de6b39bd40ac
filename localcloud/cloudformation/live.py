"""The resources of a stack as they are, for the values of a template while it is deployed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localcloud.cloudformation.schemas import is_custom
from localcloud.resources.resource import ResourceError

if TYPE_CHECKING:
    from localcloud.cloudformation.stacks import Stacks


@dataclass(frozen=True, slots=True)
class Live:
    """The present answers of the stack's resources."""

    stacks: Stacks
    stack_id: str

    def ref(self, logical_id: str) -> Any:
        return self._deployed(logical_id)["physical_id"]

    def attribute(self, logical_id: str, name: str) -> Any:
        deployed = self._deployed(logical_id)
        found: Any = deployed["attributes"].get(name)
        if found is None and is_custom(deployed["type_name"]):
            raise ResourceError(
                f"CustomResource attribute error: Vendor response doesn't contain {name} key in object "
                f"{self.stack_id}|{logical_id}"
            )
        if found is None:
            found = deployed["properties"]
            for part in name.split("."):
                found = found.get(part) if isinstance(found, dict) else None
        if found is None:
            raise ResourceError(f"Attribute '{name}' does not exist on {logical_id} ({deployed['type_name']})")
        return found

    def _deployed(self, logical_id: str) -> dict[str, Any]:
        found = (self.stacks.resource(self.stack_id, logical_id) or {}).get("Deployed")
        if not found:
            raise ResourceError(f"{logical_id} does not exist")
        deployed: dict[str, Any] = found
        return deployed
