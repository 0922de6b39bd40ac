"""Checks the sections of a template as a whole, used or not: nulls, mappings, conditions, parameters, outputs.

The words are AWS's. Tools match on them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.cloudformation.values import objects
from localcloud.platform.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Function → how many arguments it takes, and AWS's words for them.
_CONDITIONS = {
    "Fn::Equals": (2, 2, "a list of 2 string parameters"),
    "Fn::Not": (1, 1, "a list of 1 boolean parameter"),
    "Fn::And": (2, 10, "a list of at least 2 and at most 10 boolean parameters"),
    "Fn::Or": (2, 10, "a list of at least 2 and at most 10 boolean parameters"),
}
_PARAMETER_KEYS = frozenset(
    {
        *("Type", "Default", "NoEcho", "AllowedValues", "AllowedPattern", "MaxLength", "MinLength", "MaxValue"),
        *("MinValue", "Description", "ConstraintDescription"),
    }
)
_OUTPUT_KEYS = frozenset({"Value", "Description", "Export", "Condition"})
#: Sections in which no value may be null.
_WITHOUT_NULLS = ("Parameters", "Mappings", "Conditions", "Resources", "Outputs")


def check(document: dict[str, Any]) -> None:
    """Raises AwsError ValidationError for the first section that is malformed. Their members are objects
    (``limits.check_sections``).
    """
    for section in _WITHOUT_NULLS:
        for place in _nulls(document.get(section), f"/{section}"):
            raise _error(f"[{place}] 'null' values are not allowed in templates")
    _check_mappings(document.get("Mappings") or {})
    for section in ("Conditions", "Rules", "Resources", "Outputs"):
        _check_functions(document.get(section) or {})
    _check_parameters(document.get("Parameters") or {})
    _check_outputs(document.get("Outputs") or {})


def _nulls(value: Any, place: str) -> Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            if item is None and not place.endswith("/Metadata"):
                yield f"{place}/{name}"
            elif name != "Metadata":
                yield from _nulls(item, f"{place}/{name}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            if item is None:
                yield f"{place}/{number}"
            else:
                yield from _nulls(item, f"{place}/{number}")


def _check_mappings(mappings: dict[str, Any]) -> None:
    for name, mapping in mappings.items():
        if not all(isinstance(keys, dict) for keys in mapping.values()):
            raise _error(f"Template format error: Every Mappings member {name} must be a map")
        for keys in mapping.values():
            for value in keys.values():
                if not isinstance(value, (str, int, float, bool, list)):
                    raise _error("Template format error: Every Mappings attribute must be a String or a List.")


def _check_functions(value: Any) -> None:
    """Functions on conditions have their number of arguments, whoever calls them."""
    for each in objects(value):
        name, item = next(iter(each.items())) if len(each) == 1 else ("", None)
        known = _CONDITIONS.get(name)
        if known is not None and not (isinstance(item, list) and known[0] <= len(item) <= known[1]):
            raise _error(f"Template error: every {name} object requires {known[2]}.")


def _check_parameters(parameters: dict[str, Any]) -> None:
    for name, parameter in parameters.items():
        if "Type" not in parameter:
            raise _error("Template format error: Every Parameters object must contain a Type member.")
        for key in parameter:
            if key not in _PARAMETER_KEYS:
                raise _error(f"Invalid template parameter property '{key}'")
        if not isinstance(parameter["Type"], str):
            raise _error(f"Template format error: [/Parameters/{name}/Type] Type must be a string")


def _check_outputs(outputs: dict[str, Any]) -> None:
    exported: set[str] = set()
    for name, output in outputs.items():
        for key in output:
            if key not in _OUTPUT_KEYS:
                raise _error(f"Invalid template output property '{key}'")
        export = output.get("Export")
        if export is None:
            continue
        if not isinstance(export, dict) or list(export) != ["Name"]:
            raise _error(f"Template format error: Output {name} is malformed: its Export must have a Name alone.")
        if isinstance(export["Name"], str):
            if export["Name"] in exported:
                raise _error(f"Template format error: Export names must be unique: {export['Name']} is given twice.")
            exported.add(export["Name"])


def _error(message: str) -> AwsError:
    return AwsError("ValidationError", message)
