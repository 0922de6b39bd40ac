"""A template's values: conditions, mappings, intrinsics, pseudo parameters."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from localcloud.cloudformation.intrinsics import INTRINSICS, Intrinsic, Resources
from localcloud.cloudformation.limits import WRITTEN_CHARACTERS
from localcloud.cloudformation.template import check_policy
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
    imported: Callable[[str], Any]
    """Returns an export's value, or an Unknown; raises AwsError where no stack exports it."""
    block: str = "Resources"
    """The section that is resolved, for AWS's words of what is not there."""
    missing_exports: list[str] | None = field(default_factory=list)
    """What no stack exports, as far as planning has asked; None once nothing may be missing any more."""
    _conditions: dict[str, bool] = field(default_factory=dict)
    _deciding: list[str] = field(default_factory=list)
    _written: int = 0

    def condition(self, name: str) -> bool:
        if name not in self._conditions:
            definitions = self.template.section("Conditions")
            if name not in definitions:
                raise _error(f"Template error: Unresolved condition {name}")
            if name in self._deciding:
                circle = ", ".join(self._deciding)
                raise _error(f"Template format error: Circular dependencies between conditions: [{circle}]")
            self._deciding.append(name)
            try:
                self._conditions[name] = self.truth(definitions[name])
            except RecursionError as error:
                raise _error(f"Template error: Too many conditions ask for each other, such as {name}") from error
            finally:
                self._deciding.pop()
        return self._conditions[name]

    def included(self) -> list[str]:
        """The logical ids whose condition holds."""
        return [
            name
            for name, each in self.template.resources.items()
            if each.condition is None or self.condition(each.condition)
        ]

    def policies(self, logical_id: str) -> tuple[str, str]:
        """A resource's DeletionPolicy and UpdateReplacePolicy; raises UnsupportedError for what is none."""
        definition = self.template.resources[logical_id]
        found = (self.resolve(definition.deletion_policy), self.resolve(definition.update_replace_policy))
        for key, policy in zip(("DeletionPolicy", "UpdateReplacePolicy"), found, strict=True):
            check_policy(logical_id, key, "Delete" if policy is NO_VALUE else policy)
        deletion, replacement = ("Delete" if policy is NO_VALUE else str(policy) for policy in found)
        return deletion, replacement

    def begin(self) -> str | None:
        """From now on values are asked for to be used. Returns the reason why that cannot be."""
        missing, self.missing_exports = self.missing_exports, None
        return no_export(missing[0]) if missing else None

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

    def spend(self, characters: int) -> None:
        """Takes note of the text that a function is about to make. Raises AwsError where it is too much in all."""
        self._written += characters
        if self._written > WRITTEN_CHARACTERS:
            raise _error("Template error: The functions of the template make more text than any template may have")

    def _call(self, name: str, function: Intrinsic, argument: Any) -> Any:
        try:
            return function(self, argument)
        except (TypeError, ValueError, KeyError, IndexError, AttributeError) as error:
            raise _error(f"Template error: {name} does not take {repr(argument)[:200]}: {error}") from error

    def _condition_or_value(self, value: Any) -> Any:
        match value:
            case {"Condition": str(name)} if len(value) == 1:
                return self.condition(name)
            case _:
                return self.resolve(value)


def no_export(name: str) -> str:
    return f"No export named {name} found"


def _error(message: str) -> AwsError:
    return AwsError("ValidationError", message)
