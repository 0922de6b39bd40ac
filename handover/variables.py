"""The environment variables of each step and function: the stack sets them, the step or the function reads them.

One class per reader, one field per variable. The pipeline's action sets the variables that are known only at run time
(``#{Source.CommitId}``); the build project sets the others. Both kinds are fields. A field that may be None is a
variable that may be absent.
"""

from __future__ import annotations

import os
from dataclasses import MISSING, dataclass, field, fields
from typing import TYPE_CHECKING, Any, Self, get_type_hints

from handover.errors import HandOverError
from handover.plain_text import number

if TYPE_CHECKING:
    from collections.abc import Mapping


def variable(name: str, *, of_execution: bool = False) -> Any:
    """A required field, and the environment variable that carries it."""
    return field(metadata={"name": name, "of_execution": of_execution})


def optional(name: str, *, of_execution: bool = False) -> Any:
    """A field that may be None: then the variable is not set."""
    return field(default=None, metadata={"name": name, "of_execution": of_execution})


@dataclass(frozen=True, kw_only=True, slots=True)
class Variables:
    """The methods that all classes of variables share."""

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """From the environment. Raises HandOverError for a variable that is missing, empty or of the wrong type."""
        hints = get_type_hints(cls)
        return cls(**{each.name: _read(each, str(hints[each.name]), environment) for each in fields(cls)})

    @classmethod
    def names(cls) -> frozenset[str]:
        """The variables that a stack may set."""
        return frozenset(each.metadata["name"] for each in fields(cls))

    @classmethod
    def required(cls) -> frozenset[str]:
        """The variables that it must set."""
        return frozenset(each.metadata["name"] for each in fields(cls) if each.default is MISSING)

    @classmethod
    def of_executions(cls) -> frozenset[str]:
        """The variables that the pipeline's action must add for each execution."""
        added = (each for each in fields(cls) if each.metadata["of_execution"] and each.default is MISSING)
        return frozenset(each.metadata["name"] for each in added)

    def of_project(self) -> dict[str, str]:
        """The variables of the build project or the function."""
        return self._environment(of_execution=False)

    def of_execution(self) -> dict[str, str]:
        """The variables that the pipeline's action adds for each execution."""
        return self._environment(of_execution=True)

    def _environment(self, *, of_execution: bool) -> dict[str, str]:
        values = {each.metadata["name"]: getattr(self, each.name) for each in _fields(self, of_execution=of_execution)}
        return {name: _text(value) for name, value in values.items() if value is not None}


def _fields(variables: Variables, *, of_execution: bool) -> list[Any]:
    return [each for each in fields(variables) if each.metadata["of_execution"] is of_execution]


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _read(each: Any, kind: str, environment: Mapping[str, str]) -> Any:
    name = each.metadata["name"]
    text = environment.get(name, "")
    if not text:
        if each.default is MISSING:
            raise HandOverError(f"The environment variable {name} is not set. The stack sets it for this step.")
        return None
    try:
        return _READERS[next(known for known in _READERS if known in kind)](text)
    except ValueError as error:
        raise HandOverError(f"The environment variable {name} is {text!r}: {error}.") from error


def _boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError("it is neither true nor false")
    return text == "true"


def _number(text: str) -> float:
    found = number(text)
    if found is None:
        raise ValueError("it is no number")
    return found


def _whole(text: str) -> int:
    found = _number(text)
    if not found.is_integer():
        raise ValueError("it is no whole number")
    return int(found)


#: By the field's type. ``str`` comes last: each type's name is searched for in the text of the annotation.
_READERS: Mapping[str, Any] = {"bool": _boolean, "int": _whole, "float": _number, "str": str}
