"""``ImportExistingResources``: a resource that the template names, and that is there already, becomes the stack's.

As on AWS, its name stands in the template as a text, its DeletionPolicy retains it, and no other stack has it. Any
other resource of a name that exists is still to be created, which fails.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localcloud.cloudformation.schemas import schema
from localcloud.resources.importable import IMPORTABLE, exists

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.cloudformation.stacks import Stacks
    from localcloud.cloudformation.template import ResourceDefinition

_RETAINED = ("Retain", "RetainExceptOnCreate")


@dataclass(frozen=True, slots=True)
class Imports:
    """What the stacks and the account have, as far as an import asks for it."""

    stacks: Stacks
    make_client: Callable[[str], Any]

    def physical_id(self, definition: ResourceDefinition, deletion_policy: str) -> str:
        """The id of the resource that the stack would take over; empty where it is to be created."""
        name = self._name(definition)
        if not name or deletion_policy not in _RETAINED or self._is_taken(definition.type_name, name):
            return ""
        return name if exists(definition.type_name, name, self.make_client) else ""

    def _name(self, definition: ResourceDefinition) -> str:
        found = schema(definition.type_name)
        if found is None or definition.type_name not in IMPORTABLE:
            return ""
        ((place,),) = found.primary_identifier
        name = definition.properties.get(place)
        return name if isinstance(name, str) else ""

    def _is_taken(self, type_name: str, name: str) -> bool:
        return any(
            each.type_name == type_name and each.physical_id == name
            for stack in self.stacks.living()
            for each in self.stacks.deployed(stack["StackId"]).values()
        )
