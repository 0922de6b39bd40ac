"""Policy documents: from JSON text to frozen statements, or an error that names the place.

Source: "Grammar of the IAM JSON policy language" and "IAM JSON policy elements reference" of the IAM user guide.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from localcloud.iam.conditions import Condition, parse_conditions
from localcloud.platform.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSIONS = ("2012-10-17", "2008-10-17")
_STATEMENT_ELEMENTS = frozenset(
    {"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"}
)
_PRINCIPAL_TYPES = frozenset({"AWS", "Service", "Federated", "CanonicalUser"})
#: A policy's grammar goes down to a condition's values: nine levels.
_DEEPEST = 20
_SID = re.compile(r"[0-9A-Za-z]*")


class PolicyKind(Enum):
    """Where a policy is attached. AWS names it in refusals."""

    IDENTITY = "identity-based policy"
    RESOURCE = "resource-based policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"
    TRUST = "role trust policy"

    @property
    def names_principals(self) -> bool:
        return self in {PolicyKind.RESOURCE, PolicyKind.TRUST}


class Effect(Enum):
    ALLOW = "Allow"
    DENY = "Deny"


@dataclass(frozen=True, kw_only=True, slots=True)
class Element:
    """Patterns, or everything but these patterns (NotAction, NotResource, NotPrincipal)."""

    patterns: tuple[str, ...]
    negated: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Principals:
    """Principal type (``AWS``, ``Service`` …) → values; ``{"AWS": ("*",)}`` is everybody."""

    by_type: Mapping[str, tuple[str, ...]]
    negated: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    effect: Effect
    actions: Element
    #: None in a trust policy, whose resource is the role that carries it.
    resources: Element | None
    principals: Principals | None
    conditions: tuple[Condition, ...] = ()
    sid: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    name: str
    kind: PolicyKind
    #: Only version 2012-10-17 knows policy variables.
    has_variables: bool
    statements: tuple[Statement, ...] = field(default=())


def parse_policy(text: str | Mapping[str, Any], *, name: str, kind: PolicyKind) -> Policy:
    """The policy of a JSON document; raises AwsError MalformedPolicyDocument with the place."""
    document = _read(text)
    place = f"policy {name}"
    unknown = set(document) - {"Version", "Id", "Statement"}
    if unknown:
        raise malformed(place, f"has no element {min(unknown)}")
    version = document.get("Version", VERSIONS[1])
    if version not in VERSIONS:
        raise malformed(f"{place}, Version", f"is one of {', '.join(VERSIONS)}, not {version!r}")
    statements = _listed(document.get("Statement"))
    if not statements:
        raise malformed(place, "has no Statement")
    parsed = [
        _statement(statement, place=f"{place}, Statement[{index}]", kind=kind)
        for index, statement in enumerate(statements)
    ]
    sids = [statement.sid for statement in parsed if statement.sid]
    if len(sids) != len(set(sids)):
        raise malformed(place, f"has two statements with one Sid: {min(s for s in sids if sids.count(s) > 1)}")
    return Policy(name=name, kind=kind, has_variables=version == VERSIONS[0], statements=tuple(parsed))


def whole(statements: list[Any]) -> dict[str, Any]:
    """A policy of these statements, of which alone some services keep it."""
    return {"Version": VERSIONS[0], "Statement": statements}


def on_itself(text: str | Mapping[str, Any]) -> Mapping[str, Any]:
    """A policy that leaves out Resource, because it applies to the resource that carries it, as ECR's do."""
    document = _read(text)
    statements = [
        {"Resource": "*", **statement} if isinstance(statement, dict) else statement
        for statement in _listed(document.get("Statement"))
    ]
    return {**document, "Statement": statements}


def malformed(place: str, what: str) -> AwsError:
    return AwsError("MalformedPolicyDocument", f"{place} {what}.")


def _read(text: str | Mapping[str, Any]) -> Mapping[str, Any]:
    if not isinstance(text, str):
        return text
    try:
        document = json.loads(text, object_pairs_hook=_each_once)
    except (ValueError, RecursionError) as error:
        raise AwsError("MalformedPolicyDocument", f"The policy is not JSON: {error}.") from error
    if _deeper_than(_DEEPEST, document):
        raise AwsError("MalformedPolicyDocument", f"The policy is not JSON: it is nested more than {_DEEPEST} deep.")
    if not isinstance(document, dict):
        raise AwsError("MalformedPolicyDocument", f"A policy is a JSON object, not {type(document).__name__}.")
    return document


def _deeper_than(levels: int, document: Any) -> bool:
    """Without recursion: Pythons differ in how deep they read, and what follows goes down again."""
    level = [document]
    for _ in range(levels):
        parts = [list(part.values()) if isinstance(part, dict) else part for part in level]
        level = [inner for part in parts if isinstance(part, list) for inner in part]
    return bool(level)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuses two elements of one name. A JSON reader keeps the last one only, and no part of a policy may be lost."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"an object has two elements {min(name for name in names if names.count(name) > 1)!r}")
    return found


def _statement(statement: Any, *, place: str, kind: PolicyKind) -> Statement:
    if not isinstance(statement, dict):
        raise malformed(place, f"is an object, not {statement!r}")
    unknown = set(statement) - _STATEMENT_ELEMENTS
    if unknown:
        raise malformed(place, f"has no element {min(unknown)}")
    effect = statement.get("Effect")
    if effect not in ("Allow", "Deny"):
        raise malformed(f"{place}, Effect", f"is Allow or Deny, not {effect!r}")
    actions = _element(statement, "Action", place)
    if actions is None:
        raise malformed(place, "has neither Action nor NotAction")
    for action in actions.patterns:
        if action != "*" and ":" not in action:
            raise malformed(f"{place}, Action", f"must name service and action, as in s3:GetObject, not {action!r}")
        if kind is PolicyKind.TRUST and not action.lower().startswith("sts:"):
            raise malformed(f"{place}, Action", f"must be one of STS in a trust policy, not {action!r}")
    sid = statement.get("Sid", "")
    if not isinstance(sid, str) or (kind is not PolicyKind.RESOURCE and not _SID.fullmatch(sid)):
        raise malformed(f"{place}, Sid", f"has letters of ASCII and digits only, not {sid!r}")
    return Statement(
        effect=Effect(effect),
        actions=actions,
        resources=_resources(statement, place, kind),
        principals=_principals(statement, place, kind),
        conditions=parse_conditions(statement.get("Condition", {}), place=place),
        sid=sid,
    )


def _resources(statement: Mapping[str, Any], place: str, kind: PolicyKind) -> Element | None:
    resources = _element(statement, "Resource", place)
    if kind is PolicyKind.TRUST:
        if resources is not None:
            raise malformed(place, "has a Resource, but a trust policy's resource is its role")
        return None
    if resources is None:
        raise malformed(place, "has neither Resource nor NotResource")
    for resource in resources.patterns:
        if resource != "*" and not resource.startswith(("arn:", "*", "${")):
            raise malformed(f"{place}, Resource", f"is an ARN or *, not {resource!r}")
    return resources


def _principals(statement: Mapping[str, Any], place: str, kind: PolicyKind) -> Principals | None:
    given = [name for name in ("Principal", "NotPrincipal") if name in statement]
    if not kind.names_principals:
        if given:
            raise malformed(place, f"has a {given[0]}, which only a resource's policy has")
        return None
    if len(given) != 1:
        raise malformed(place, "has one of Principal and NotPrincipal")
    negated = given[0] == "NotPrincipal"
    if negated and statement["Effect"] == "Allow":
        raise malformed(place, "allows a NotPrincipal, which grants access to everybody else: name a Principal")
    value = statement[given[0]]
    by_type = {"AWS": ["*"]} if value == "*" else value
    if not isinstance(by_type, dict) or set(by_type) - _PRINCIPAL_TYPES:
        raise malformed(f"{place}, {given[0]}", f"is * or an object of {sorted(_PRINCIPAL_TYPES)}, not {value!r}")
    return Principals(by_type={kind: tuple(_listed(names)) for kind, names in by_type.items()}, negated=negated)


def _element(statement: Mapping[str, Any], name: str, place: str) -> Element | None:
    given = [spelled for spelled in (name, f"Not{name}") if spelled in statement]
    if not given:
        return None
    if len(given) > 1:
        raise malformed(place, f"has both {name} and Not{name}")
    patterns = _listed(statement[given[0]])
    if not patterns or not all(isinstance(pattern, str) for pattern in patterns):
        raise malformed(f"{place}, {given[0]}", f"is a string or a list of strings, not {statement[given[0]]!r}")
    return Element(patterns=tuple(patterns), negated=given[0] != name)


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
