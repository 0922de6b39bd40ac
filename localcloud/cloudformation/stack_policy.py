"""A stack's own policy: which of its resources an update may touch."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import Any

from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.resources.resource import ResourceError

_ACTIONS = frozenset({"Update:*", "Update:Modify", "Update:Replace", "Update:Delete"})
_KEYS = frozenset({"Sid", "Effect", "Principal", "Action", "NotAction", "Resource", "NotResource", "Condition"})


def validate(text: str) -> None:
    """Raises AwsError in AWS's words for a text that is no stack policy."""
    try:
        document = json.loads(text)
        statements = _list(document["Statement"])
        sound = bool(statements) and all(map(_is_statement, statements))
    except (ValueError, KeyError, TypeError):
        sound = False
    if not sound:
        raise AwsError("ValidationError", "Error validating stack policy: Invalid stack policy")


def _is_statement(statement: Any) -> bool:
    if not isinstance(statement, dict) or statement.keys() - _KEYS:
        return False
    actions = _list(statement.get("Action", statement.get("NotAction", [])))
    resources = _list(statement.get("Resource", statement.get("NotResource", [])))
    return (
        statement.get("Effect") in ("Allow", "Deny")
        and statement.get("Principal") in ("*", {"AWS": "*"})
        and bool(actions)
        and all(action in _ACTIONS or action == "*" for action in actions)
        and bool(resources)
        and all(isinstance(resource, str) for resource in resources)
    )


def check(policy: str | None, action: str, logical_id: str, type_name: str) -> None:
    """``action`` is Modify, Replace or Delete. Raises ResourceError where the policy does not allow it.

    Without a policy everything is allowed. With one, everything is denied that no statement allows.
    """
    if policy is None:
        return
    matching = [
        each for each in _list(json.loads(policy)["Statement"]) if _matches(each, action, logical_id, type_name)
    ]
    effects = {each["Effect"] for each in matching}
    if effects != {"Allow"}:
        why = "a statement denies" if "Deny" in effects else "no statement allows"
        raise ResourceError(
            f"Action denied by stack policy: {why} [Update:{action}] for resource [LogicalResourceId/{logical_id}]"
        )


def _matches(statement: dict[str, Any], action: str, logical_id: str, type_name: str) -> bool:
    actions = _list(statement.get("Action", []))
    if "NotAction" in statement or "NotResource" in statement:
        raise UnsupportedError("NotAction or NotResource in a stack policy")
    return (
        any(fnmatchcase(f"Update:{action}", each) for each in actions)
        and any(fnmatchcase(f"LogicalResourceId/{logical_id}", each) for each in _list(statement.get("Resource", [])))
        and _condition_holds(statement.get("Condition", {}), type_name)
    )


def _condition_holds(condition: dict[str, Any], type_name: str) -> bool:
    for operator, wanted in condition.items():
        if operator not in {"StringEquals", "StringLike"} or wanted.keys() != {"ResourceType"}:
            raise UnsupportedError(f"The condition {operator} {wanted!r} in a stack policy")
        if not any(fnmatchcase(type_name, each) for each in _list(wanted["ResourceType"])):
            return False
    return True


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
