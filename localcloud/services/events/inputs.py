"""The input of a target: the whole event, a part of it, a constant, or a text made of its parts."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localcloud.platform.service_events import Event

_STEP = re.compile(r"\.([A-Za-z0-9_-]+)|\[(\d+)\]|\['([^']+)'\]")
_PLACE = re.compile(r"<([A-Za-z0-9_.-]+)>")
_MISSING = object()


def check_input(target: Mapping[str, Any]) -> None:
    """Raises AwsError ValidationException for an invalid path or constant."""
    given = [name for name in ("Input", "InputPath", "InputTransformer") if target.get(name) is not None]
    if len(given) > 1:
        raise _invalid(f"Only one of Input, InputPath, or InputTransformer must be provided for target {target['Id']}.")
    if target.get("Input") is not None:
        try:
            json.loads(target["Input"])
        except ValueError as error:
            raise _invalid(f"JSON syntax error in input for target {target['Id']}: {error}") from error
    transformer = target.get("InputTransformer", {})
    for path in [target.get("InputPath", "$"), *transformer.get("InputPathsMap", {}).values()]:
        _steps(path)


def input_of(target: Mapping[str, Any], event: Event, rule_arn: str) -> str:
    """The text that is sent. It is JSON, unless a template makes something else."""
    if target.get("Input") is not None:
        return str(target["Input"])
    if target.get("InputPath") is not None:
        found = _at(event, target["InputPath"])
        return "{}" if found is _MISSING else _json(found)
    transformer = target.get("InputTransformer")
    if transformer is None:
        return _json(event)
    values = {name: _at(event, path) for name, path in transformer.get("InputPathsMap", {}).items()}
    values |= {
        "aws.events.rule-arn": rule_arn,
        "aws.events.rule-name": rule_arn.rpartition("/")[2],
        "aws.events.event.ingestion-time": event["time"],
        "aws.events.event": {name: value for name, value in event.items() if name != "detail"},
        "aws.events.event.json": event,
    }
    return _filled(transformer["InputTemplate"], values)


def _filled(template: str, values: Mapping[str, Any]) -> str:
    """Fills a template: inside quotes a value is text, outside JSON. Values that the event lacks are empty."""
    found, end = "", 0
    for match in _PLACE.finditer(template):
        if match[1] not in values:
            continue
        found += template[end : match.start()]
        quotes = len(re.findall(r'(?<!\\)"', found))
        found += _inside(values[match[1]]) if quotes % 2 else _outside(values[match[1]])
        end = match.end()
    return found + template[end:]


def _inside(value: Any) -> str:
    if value is _MISSING:
        return ""
    return json.dumps(value)[1:-1] if isinstance(value, str) else _json(value).replace('"', "")


def _outside(value: Any) -> str:
    return '""' if value is _MISSING else _json(value)


def _at(event: Event, path: str) -> Any:
    found: Any = event
    for step in _steps(path):
        if isinstance(step, int):
            found = found[step] if isinstance(found, list) and step < len(found) else _MISSING
        else:
            found = found.get(step, _MISSING) if isinstance(found, dict) else _MISSING
    return found


def _steps(path: str) -> list[str | int]:
    matches = list(_STEP.finditer(path, 1))
    if not path.startswith("$") or "".join(match[0] for match in matches) != path[1:]:
        raise _invalid(f"Invalid JSON path {path!r}: such as $.detail.state or $.resources[0]")
    return [int(match[2]) if match[2] else match[1] or match[3] for match in matches]


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message)
