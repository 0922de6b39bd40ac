"""A stack's outputs and exports."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import AwsError

if TYPE_CHECKING:
    from localcloud.cloudformation.evaluation import Evaluation
    from localcloud.cloudformation.stacks import Stacks


_EXPORT_NAME = re.compile(r"[A-Za-z0-9:-]{1,255}")


class ExportError(Exception):
    """An export cannot be made, changed or removed."""


def outputs(evaluation: Evaluation) -> list[dict[str, Any]]:
    """The outputs whose condition holds, in the API's shape. Values may be unknown while planning."""
    evaluation.block = "Outputs"
    try:
        return [
            _output(evaluation, name, each)
            for name, each in evaluation.template.section("Outputs").items()
            if "Condition" not in each or evaluation.condition(each["Condition"])
        ]
    finally:
        evaluation.block = "Resources"


def check_exports(stacks: Stacks, stack_id: str, wanted: list[dict[str, Any]]) -> None:
    """Raises ExportError where another stack has the name, or where an export in use would change or go."""
    ours = {each["ExportName"]: each["OutputValue"] for each in wanted if "ExportName" in each}
    for name, export in stacks.exports().items():
        if export["ExportingStackId"] != stack_id:
            if name in ours:
                raise ExportError(f"Export with name {name} is already exported by stack {_name(export)}")
            continue
        users = [user for user in stacks.importers(name) if user != _name(export)]
        if users and ours.get(name) != export["Value"]:
            verb = "update" if name in ours else "delete"
            raise ExportError(f"Cannot {verb} export {name} as it is in use by {', '.join(users)}")


def _output(evaluation: Evaluation, name: str, definition: dict[str, Any]) -> dict[str, Any]:
    value = evaluation.resolve(definition["Value"])
    found = {"OutputKey": name, "OutputValue": str(value) if isinstance(value, int | float) else value}
    if "Description" in definition:
        found["Description"] = definition["Description"]
    if "Export" in definition:
        found["ExportName"] = _export_name(evaluation.resolve(definition["Export"]["Name"]))
    return found


def _export_name(name: Any) -> str:
    if not isinstance(name, str) or not _EXPORT_NAME.fullmatch(name):
        raise AwsError(
            "ValidationError",
            f"Template error: the export name {name!r} must have 1 to 255 characters, of letters, digits, colons and "
            "hyphens alone",
        )
    return name


def _name(export: dict[str, str]) -> str:
    return export["ExportingStackId"].split("/")[1]
