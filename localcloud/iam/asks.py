"""The actions on resources that a request needs allowed. Most of them follow from AWS's reference.

An API operation is an action of the same name. A resource's ARN is its format, filled with the request's parameters.
Where a service differs, it has a file in ``resources/``.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from localcloud.iam.facts import ResourceType, action_facts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from localcloud.iam.account_state import AccountState
    from localcloud.wire.api_requests import ApiRequest

_VARIABLE = re.compile(r"\$\{(\w+)\}")
_FIXED = frozenset({"Partition", "Region", "Account"})
#: Signing name → prefix of the service's actions, where they differ.
_PREFIXES = {"monitoring": "cloudwatch", "tagging": "tag"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Ask:
    """One action on one resource. A request is allowed where all its asks are."""

    action: str
    resource: str
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: ARN of a role that may have the permission in the caller's place: the one that the request passes to the service.
    or_role: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Region and account of a request, which complete ARNs, and the account's state."""

    region: str
    account_id: str
    state: AccountState

    def arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.region}:{self.account_id}:{resource}"


def prefix_of(service: str) -> str:
    return _PREFIXES.get(service, service)


def by_reference(request: ApiRequest, place: Place, action: str = "") -> list[Ask]:
    """The asks of an operation whose parameters have the names of AWS's ARN formats."""
    prefix = prefix_of(request.service)
    name = action or request.operation
    facts = action_facts(prefix, name)
    if facts is None or not facts.resource_types:
        return [Ask(action=f"{prefix}:{name}", resource="*")]
    found = [arn for kind in facts.resource_types for arn in _arns(kind, request, place)]
    if not found:
        required = [kind for kind in facts.resource_types if kind.required]
        found = [fill(kind.arn_format, {}, place) for kind in required] or ["*"]
    return [Ask(action=facts.name, resource=arn) for arn in dict.fromkeys(found)]


def on(action: str, *resources: str) -> list[Ask]:
    return [Ask(action=action, resource=resource) for resource in resources]


def fill(arn_format: str, variables: Mapping[str, str], place: Place) -> str:
    """The ARN. Unknown parts become a wildcard, so only a policy for all such resources allows the action."""
    known = {"Partition": "aws", "Region": place.region, "Account": place.account_id, **variables}
    return _VARIABLE.sub(lambda match: known.get(match[1], "*"), arn_format)


def _arns(kind: ResourceType, request: ApiRequest, place: Place) -> Iterable[str]:
    """ARNs of one type in the request, which gives them whole or by the names in the type's format."""
    scalars = {name.lower(): value for name, value in _scalars(request.params)}
    whole = _pattern(kind.arn_format)
    given = [value for value in scalars.values() if value.startswith("arn:") and whole.fullmatch(value)]
    if given:
        return given
    names = [name for name in _VARIABLE.findall(kind.arn_format) if name not in _FIXED]
    if not names:
        return [fill(kind.arn_format, {}, place)] if kind.required else []
    several = _list_of(names[0], kind, request)
    if several:
        return [
            value if whole.fullmatch(value) else fill(kind.arn_format, {names[0]: value}, place) for value in several
        ]
    values = {name: value for name in names if (value := _value(name, kind, request.operation, scalars))}
    return [fill(kind.arn_format, values, place)] if names[0] in values else []


def _value(variable: str, kind: ResourceType, operation: str, scalars: Mapping[str, str]) -> str | None:
    exact = scalars.get(variable.lower())
    if exact is not None:
        return exact
    noun = kind.name.replace("-", "").lower()
    # StartCrawler names its crawler in ``Name``, CreatePipeline its pipeline in ``pipeline.name``.
    if variable.endswith("Name") and noun in operation.lower():
        return scalars.get("name") or scalars.get(f"{noun}.name")
    return None


def _list_of(variable: str, kind: ResourceType, request: ApiRequest) -> list[str]:
    noun = kind.name.replace("-", "").lower()
    for name, value in request.params.items():
        named = name.lower() == f"{variable.lower()}s" or (
            name.lower() == "names" and noun in request.operation.lower()
        )
        if named and isinstance(value, list):
            return [item for item in value if isinstance(item, str)]
    return []


def _scalars(params: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    for name, value in params.items():
        if isinstance(value, str):
            yield name, value
        elif isinstance(value, dict):
            yield from ((f"{name}.{inner}", text) for inner, text in value.items() if isinstance(text, str))


@functools.lru_cache(maxsize=512)
def _pattern(arn_format: str) -> re.Pattern[str]:
    """The format as a regular expression. Its last variable may hold anything, even a path or a colon."""
    pieces = _VARIABLE.split(arn_format)
    variables = pieces[1::2]
    expression = re.escape(pieces[0])
    for index, text in enumerate(pieces[2::2]):
        last = index == len(variables) - 1
        expression += (".+" if last else "[^:]*" if variables[index] in _FIXED else "[^:/]+") + re.escape(text)
    return re.compile(expression)
