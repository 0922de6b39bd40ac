"""A template's values: conditions, mappings, intrinsics, pseudo parameters."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from localcloud.cloudformation.intrinsics import INTRINSICS, Intrinsic, Resources
from localcloud.cloudformation.values import NO_VALUE
from localcloud.platform.errors import AwsError, UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from localcloud.cloudformation.template import Template


@dataclass(kw_only=True, slots=True)
class Evaluation:
    """The values of one template with one set of parameters, for one stack."""

    template: Template
    parameters: Mapping[str, Any]
    """Parameter name → value, lists split, SSM parameters looked up."""
    pseudo: Mapping[str, Any]
    resources: Resources
    imported: Callable[[str], str]
    """Returns an export's value; raises AwsError where no stack exports it."""
    _conditions: dict[str, bool] = field(default_factory=dict)

    def condition(self, name: str) -> bool:
        if name not in self._conditions:
            definitions = self.template.section("Conditions")
            if name not in definitions:
                raise _error(f"Template error: Unresolved condition {name}")
            self._conditions[name] = self.truth(definitions[name])
        return self._conditions[name]

    def included(self) -> list[str]:
        """The logical ids whose condition holds."""
        return [
            name
            for name, each in self.template.resources.items()
            if each.condition is None or self.condition(each.condition)
        ]

    def truth(self, value: Any) -> bool:
        found = self._condition_or_value(value)
        if isinstance(found, bool):
            return found
        if found in ("true", "false"):
            return bool(found == "true")
        raise _error(f"Template error: {value!r} is not a condition: it gives {found!r}, not true or false")

    def resolve(self, value: Any) -> Any:
        """The value with every intrinsic evaluated. Dynamic references stay as they are."""
        if isinstance(value, list):
            return [item for item in map(self.resolve, value) if item is not NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            name, argument = next(iter(value.items()))
            function = INTRINSICS.get(name)
            if function is not None:
                return self._call(name, function, argument)
            if name.startswith("Fn::"):
                raise UnsupportedError(f"The function {name}")
        resolved = {name: self.resolve(item) for name, item in value.items()}
        return {name: item for name, item in resolved.items() if item is not NO_VALUE}

    def _call(self, name: str, function: Intrinsic, argument: Any) -> Any:
        try:
            return function(self, argument)
        except (TypeError, ValueError, KeyError, IndexError) as error:
            raise _error(f"Template error: {name} does not take {argument!r}: {error}") from error

    def _condition_or_value(self, value: Any) -> Any:
        match value:
            case {"Condition": str(name)} if len(value) == 1:
                return self.condition(name)
            case _:
                return self.resolve(value)


def _error(message: str) -> AwsError:
    return AwsError("ValidationError", message)
