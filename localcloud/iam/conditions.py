"""Condition blocks: operators, set operators, ``IfExists`` and ``Null``.

Source: "IAM JSON policy elements: Condition operators" and "Multivalued context keys" of the IAM user guide.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from localcloud.iam.matching import (
    RequestContext,
    UnresolvedVariableError,
    arn_matches,
    literal,
    matches,
    substitute,
)
from localcloud.platform.errors import AwsError

Test = Callable[[str, str], bool]


def _number(test: Callable[[float, float], bool]) -> Test:
    return lambda wanted, found: test(float(found), float(wanted))


def _date(test: Callable[[float, float], bool]) -> Test:
    return lambda wanted, found: test(_seconds(found), _seconds(wanted))


def _in_network(wanted: str, found: str) -> bool:
    return ipaddress.ip_address(found) in ipaddress.ip_network(wanted, strict=False)


#: Operator → whether a policy's value (first) fits a request's value (second).
_TESTS: Mapping[str, Test] = {
    "StringEquals": lambda wanted, found: literal(wanted) == found,
    "StringEqualsIgnoreCase": lambda wanted, found: literal(wanted).lower() == found.lower(),
    "StringLike": matches,
    "NumericEquals": _number(lambda found, wanted: found == wanted),
    "NumericLessThan": _number(lambda found, wanted: found < wanted),
    "NumericLessThanEquals": _number(lambda found, wanted: found <= wanted),
    "NumericGreaterThan": _number(lambda found, wanted: found > wanted),
    "NumericGreaterThanEquals": _number(lambda found, wanted: found >= wanted),
    "DateEquals": _date(lambda found, wanted: found == wanted),
    "DateLessThan": _date(lambda found, wanted: found < wanted),
    "DateLessThanEquals": _date(lambda found, wanted: found <= wanted),
    "DateGreaterThan": _date(lambda found, wanted: found > wanted),
    "DateGreaterThanEquals": _date(lambda found, wanted: found >= wanted),
    "Bool": lambda wanted, found: wanted.lower() == found.lower(),
    "BinaryEquals": lambda wanted, found: wanted == found,
    "IpAddress": _in_network,
    "ArnEquals": arn_matches,
    "ArnLike": arn_matches,
}
#: Negated operator → the one that it negates.
_NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
    "NotIpAddress": "IpAddress",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
}
_SETS = ("ForAllValues", "ForAnyValue")


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """One operator on one key. It holds where the request's values fit the policy's."""

    test: Test | None
    """The test; None for the operator Null."""
    key: str
    values: tuple[str, ...]
    negated: bool = False
    if_exists: bool = False
    set_operator: str = ""

    def holds(self, context: RequestContext, *, with_variables: bool) -> bool:
        found = tuple(context.get(self.key, ()))
        if self.test is None:
            return (self.values[0].lower() == "true") == (not found)
        # Without a set operator, a negated test holds where no value of the request fits, even where it has none.
        for_all = self.set_operator == "ForAllValues" or (self.negated and not self.set_operator)
        if not found:
            return self.if_exists or for_all
        fits = (self._fits(value, context, with_variables=with_variables) != self.negated for value in found)
        return all(fits) if for_all else any(fits)

    def _fits(self, found: str, context: RequestContext, *, with_variables: bool) -> bool:
        """Whether any of the policy's values fits. One of the wrong type, or with an unresolved variable, does not."""
        for value in self.values:
            try:
                if self.test is not None and self.test(substitute(value, context) if with_variables else value, found):
                    return True
            except (ValueError, UnresolvedVariableError):
                continue
        return False


def parse_conditions(block: Any, *, place: str) -> tuple[Condition, ...]:
    """The conditions of a statement; raises AwsError MalformedPolicyDocument for an operator that IAM does not have."""
    if not isinstance(block, dict):
        raise AwsError("MalformedPolicyDocument", f"{place}, Condition is an object, not {block!r}.")
    return tuple(
        _condition(operator, key, values, place=f"{place}, Condition, {operator}")
        for operator, keys in block.items()
        for key, values in _keys(keys, f"{place}, Condition, {operator}").items()
    )


def _keys(keys: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(keys, dict) or not keys:
        raise AwsError("MalformedPolicyDocument", f"{place} is an object of condition keys, not {keys!r}.")
    return keys


def _condition(operator: str, key: str, values: Any, *, place: str) -> Condition:
    set_operator, _, name = operator.rpartition(":")
    if set_operator and set_operator not in _SETS:
        raise AwsError("MalformedPolicyDocument", f"{place}: {set_operator} is not one of {', '.join(_SETS)}.")
    if_exists = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    listed = tuple(_text(value) for value in (values if isinstance(values, list) else [values]))
    if not listed:
        raise AwsError("MalformedPolicyDocument", f"{place}, {key} has no value.")
    if name == "Null":
        if if_exists or set_operator or listed[0].lower() not in ("true", "false"):
            raise AwsError(
                "MalformedPolicyDocument", f"{place} takes true or false, without IfExists and without a set operator."
            )
        return Condition(test=None, key=key.lower(), values=listed)
    negated = name in _NEGATED
    test = _TESTS.get(_NEGATED.get(name, name))
    if test is None:
        raise AwsError("MalformedPolicyDocument", f"{place} is not a condition operator of IAM.")
    _check_values(_NEGATED.get(name, name), listed, place=f"{place}, {key}")
    return Condition(
        test=test, key=key.lower(), values=listed, negated=negated, if_exists=if_exists, set_operator=set_operator
    )


def _check_values(operator: str, values: tuple[str, ...], *, place: str) -> None:
    """Raises AwsError where a value has not the operator's type: a Deny with it would deny nothing."""
    for begin, (read, what) in _VALUES.items():
        for value in values if operator.startswith(begin) else ():
            try:
                if "${" not in value:  # a variable's value comes with the request
                    read(value)
            except ValueError as error:
                raise AwsError("MalformedPolicyDocument", f"{place} takes {what}, not {value!r}.") from error


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _seconds(text: str) -> float:
    """A date as IAM writes it, ISO 8601 or seconds since the epoch; raises ValueError for anything else."""
    try:
        return float(text)
    except ValueError:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _network(text: str) -> object:
    return ipaddress.ip_network(text, strict=False)


def _truth(text: str) -> None:
    if text.lower() not in ("true", "false"):
        raise ValueError(text)


#: Start of an operator's name → what raises ValueError for a value that can never fit, and words for valid values.
_VALUES: Mapping[str, tuple[Callable[[str], object], str]] = {
    "Numeric": (float, "a number"),
    "Date": (_seconds, "a date of ISO 8601 or seconds since 1970"),
    "Bool": (_truth, "true or false"),
    "IpAddress": (_network, "an address or a range of addresses"),
}
