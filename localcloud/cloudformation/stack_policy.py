"""A stack's own policy: which of its resources an update may touch.

Source: "Prevent updates to stack resources" of the CloudFormation user guide.
"""

from __future__ import annotations

import json
import operator
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.resources.resource import ResourceError

if TYPE_CHECKING:
    from collections.abc import Callable

_ACTIONS = frozenset({"Update:*", "Update:Modify", "Update:Replace", "Update:Delete"})
#: A condition's operator → whether the resource's type fits a value.
_OPERATORS: dict[str, Callable[[str, str], bool]] = {"StringEquals": operator.eq, "StringLike": fnmatchcase}
_SECTIONS = frozenset({"Statement", "Version", "Id"})
_KEYS = frozenset({"Sid", "Effect", "Principal", "Action", "NotAction", "Resource", "NotResource", "Condition"})


def validate(text: str) -> None:
    """Raises AwsError in AWS's words for a text that is no stack policy."""
    try:
        document = json.loads(text)
        statements = _list(document["Statement"])
        sound = document.keys() <= _SECTIONS and bool(statements) and all(map(_is_statement, statements))
    except (ValueError, KeyError, TypeError, AttributeError):
        sound = False
    if not sound:
        raise AwsError("ValidationError", "Error validating stack policy: Invalid stack policy")
    for statement in statements:
        _refuse_unsupported(statement.get("Condition", {}))


def _refuse_unsupported(condition: dict[str, Any]) -> None:
    for name, wanted in condition.items():
        if name not in _OPERATORS or not isinstance(wanted, dict) or wanted.keys() != {"ResourceType"}:
            raise UnsupportedError(f"The condition {name} {wanted!r} in a stack policy")


def _is_statement(statement: Any) -> bool:
    if not isinstance(statement, dict) or statement.keys() - _KEYS:
        return False
    actions = _list(statement.get("Action", statement.get("NotAction", [])))
    resources = _list(statement.get("Resource", statement.get("NotResource", [])))
    pairs = (("Action", "NotAction"), ("Resource", "NotResource"))
    return (
        all((name in statement) != (other in statement) for name, other in pairs)
        and isinstance(statement.get("Condition", {}), dict)
        and statement.get("Effect") in ("Allow", "Deny")
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
    return (
        _names(statement, "Action", f"Update:{action}")
        and _names(statement, "Resource", f"LogicalResourceId/{logical_id}")
        and _condition_holds(statement.get("Condition", {}), type_name)
    )


def _names(statement: dict[str, Any], element: str, text: str) -> bool:
    """Whether ``Action`` or ``Resource`` names the text, or their opposite does not."""
    if element in statement:
        return any(fnmatchcase(text, each) for each in _list(statement[element]))
    return not any(fnmatchcase(text, each) for each in _list(statement[f"Not{element}"]))


def _condition_holds(condition: dict[str, Any], type_name: str) -> bool:
    return all(
        any(_OPERATORS[name](type_name, each) for each in _list(wanted["ResourceType"]))
        for name, wanted in condition.items()
    )


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
