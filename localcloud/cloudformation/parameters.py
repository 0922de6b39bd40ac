"""A template's parameters and their values: defaults, previous values, constraints, SSM look-ups."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localcloud.cloudformation import limits, patterns
from localcloud.cloudformation.values import is_list, items_of, text_of
from localcloud.platform.errors import AwsError, UnsupportedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from localcloud.cloudformation.template import Template

_MASK = "****"
_SSM = re.compile(r"AWS::SSM::Parameter::Value<(.+)>")
_TYPES = frozenset(
    {"String", "Number", "List<Number>", "List<String>", "CommaDelimitedList", "AWS::SSM::Parameter::Name"}
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Parameters:
    """Checked parameter values."""

    texts: Mapping[str, str]
    """The values as given, for a later update to use again. For an SSM parameter, its name."""
    values: Mapping[str, Any]
    """The values that Ref returns."""
    described: list[dict[str, Any]]
    """The values that DescribeStacks shows, with NoEcho masked."""


def evaluate(
    template: Template,
    given: Iterable[Mapping[str, Any]],
    previous: Mapping[str, str],
    ssm_value: Callable[[str], str],
) -> Parameters:
    """The values of all parameters of a template. Raises AwsError for those missing, unknown or not allowed."""
    definitions = template.section("Parameters")
    for name, each in definitions.items():
        check_definition(name, each)
    texts = {name: text_of(each["Default"]) for name, each in definitions.items() if "Default" in each}
    texts |= given_texts(given, previous)
    _require_same_names(definitions, texts)
    looked_up = {
        name: ssm_value(text) for name, text in texts.items() if _SSM.fullmatch(_type(name, definitions[name]))
    }
    values = {name: _typed(name, definitions[name], looked_up.get(name, text)) for name, text in texts.items()}
    for name, definition in definitions.items():
        if len(texts[name]) > limits.PARAMETER_CHARACTERS:
            raise _error(f"Parameter '{name}' must have no more than {limits.PARAMETER_CHARACTERS} characters")
        _check(name, definition, texts[name])
    return Parameters(
        texts=texts,
        values=values,
        described=[_described(name, definitions[name], texts[name], looked_up) for name in definitions],
    )


def given_texts(given: Iterable[Mapping[str, Any]], previous: Mapping[str, str]) -> dict[str, str]:
    """What a call gives its parameters. Raises AwsError where there is no previous value that it could mean."""
    texts = {}
    for each in given:
        name = each["ParameterKey"]
        if not each.get("UsePreviousValue"):
            texts[name] = each.get("ParameterValue", "")
        elif name in previous:
            texts[name] = previous[name]
        else:
            raise _error(f"Invalid input for parameter key {name}. Cannot specify usePreviousValue as true for it.")
    return texts


def check_definition(name: str, definition: Mapping[str, Any]) -> None:
    if isinstance(definition.get("Default"), dict | list):
        raise _error(f"Template format error: Every Default member must be a string (of {name}).")
    if not isinstance(definition.get("AllowedValues", []), list):
        raise _error(f"Template format error: AllowedValues of {name} must be a list.")


def masked(definition: Mapping[str, Any], text: str) -> str:
    return _MASK if text_of(definition.get("NoEcho", False)) == "true" else text


def _require_same_names(definitions: Mapping[str, Any], texts: Mapping[str, str]) -> None:
    unknown = sorted(texts.keys() - definitions.keys())
    if unknown:
        raise _error(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    missing = [name for name in definitions if name not in texts]
    if missing:
        raise _error(f"Parameters: [{', '.join(missing)}] must have values")


def _described(name: str, definition: Mapping[str, Any], text: str, looked_up: Mapping[str, str]) -> dict[str, Any]:
    found = {"ParameterKey": name, "ParameterValue": masked(definition, text)}
    return found | ({"ResolvedValue": looked_up[name]} if name in looked_up else {})


def _type(name: str, definition: Mapping[str, Any]) -> str:
    kind = str(definition.get("Type"))
    ssm = _SSM.fullmatch(kind)
    if (ssm[1] if ssm else kind) not in _TYPES:
        raise UnsupportedError(f"The parameter type {kind} (of {name})")
    return kind


def _typed(name: str, definition: Mapping[str, Any], text: str) -> Any:
    kind = _type(name, definition)
    ssm = _SSM.fullmatch(kind)
    inner = ssm[1] if ssm else kind
    return items_of(text) if is_list(inner) else text


def _check(name: str, definition: Mapping[str, Any], text: str) -> None:
    """Checks AllowedValues, AllowedPattern, lengths and bounds, for each item of a list."""
    kind = _type(name, definition)
    told = definition.get("ConstraintDescription")
    listed = is_list(kind)
    for item in text.split(",") if listed else [text]:
        problem = _problem(definition, kind, item.strip() if listed else item)
        if problem:
            raise _error(f"Parameter '{name}' must {told}" if told else f"Parameter '{name}' {problem}")


def _problem(definition: Mapping[str, Any], kind: str, text: str) -> str | None:
    allowed = definition.get("AllowedValues")
    if allowed is not None and text not in [text_of(value) for value in allowed]:
        return f"must be one of AllowedValues: [{', '.join(map(text_of, allowed))}]; found {masked(definition, text)!r}"
    pattern = definition.get("AllowedPattern")
    if pattern is not None and not _matches(str(pattern), text):
        return f"must match pattern {pattern}"
    if "MinLength" in definition and len(text) < _number(definition, "MinLength"):
        return f"must contain at least {definition['MinLength']} characters"
    if "MaxLength" in definition and len(text) > _number(definition, "MaxLength"):
        return f"must contain at most {definition['MaxLength']} characters"
    return _number_problem(definition, text) if "Number" in kind else None


def _matches(pattern: str, text: str) -> bool:
    try:
        return patterns.matches(pattern, text)
    except patterns.PatternError as error:
        raise UnsupportedError(f"The AllowedPattern {pattern[:200]} ({error})") from error


def _number(definition: Mapping[str, Any], name: str) -> float:
    try:
        return float(definition[name])
    except (TypeError, ValueError) as error:
        raise _error(f"Template format error: {name} must be a number, not {definition[name]!r}") from error


def _number_problem(definition: Mapping[str, Any], text: str) -> str | None:
    try:
        number = float(text)
    except ValueError:
        return f"must be a number, not {text!r}"
    if "MinValue" in definition and number < _number(definition, "MinValue"):
        return f"must be a number not less than {definition['MinValue']}"
    if "MaxValue" in definition and number > _number(definition, "MaxValue"):
        return f"must be a number not greater than {definition['MaxValue']}"
    return None


def _error(message: str) -> AwsError:
    return AwsError("ValidationError", message)
