"""Entry conditions of a stage: where a rule does not hold, the stage is skipped or fails.

Source: "Configure conditions for a stage" and the rule reference ``VariableCheck`` of the CodePipeline user guide. A
condition holds if all of its rules succeed. Otherwise its result applies. AWS does not document a rule whose variable
was never set. Here the stage then fails, whatever the result is, so that nothing is skipped for lack of a value.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.services.codepipeline.variables import UnresolvedVariableError, references, resolve_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Declaration = dict[str, Any]

_RULE_TYPE = ("Rule", "AWS", "VariableCheck", "1")
_CONFIGURATION = frozenset({"Variable", "Value", "Operator"})
#: Operator → whether a variable's text fits the rule's.
_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "EQ": lambda text, value: text == value,
    "NE": lambda text, value: text != value,
    "CONTAINS": lambda text, value: value in text,
    "MATCHES": lambda text, value: re.fullmatch(value, text) is not None,
}
_WORDS = {"EQ": "is", "NE": "is not", "CONTAINS": "contains", "MATCHES": "matches"}


@dataclass(frozen=True, kw_only=True, slots=True)
class RuleResult:
    """One evaluated rule. ``error``: why it could not be evaluated."""

    name: str
    succeeded: bool
    summary: str
    resolved: Mapping[str, str]
    error: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """The evaluation of a stage's entry condition for one execution."""

    result: str
    """SKIP or FAIL, for a rule that does not hold."""
    rules: tuple[RuleResult, ...]

    @property
    def status(self) -> str:
        if any(rule.error for rule in self.rules):
            return "Errored"
        return "Succeeded" if all(rule.succeeded for rule in self.rules) else "Failed"

    @property
    def admits(self) -> bool:
        return self.status == "Succeeded"

    @property
    def skips(self) -> bool:
        return self.status == "Failed" and self.result == "SKIP"

    @property
    def summary(self) -> str:
        """The rules that do not hold, or all rules if all hold."""
        failed = [rule.summary for rule in self.rules if not rule.succeeded]
        return "; ".join(failed or [rule.summary for rule in self.rules])


def evaluate(stage: Declaration, variables: Mapping[str, Mapping[str, str]]) -> Entry | None:
    """The evaluated condition; None for a stage without one."""
    for condition in stage.get("beforeEntry", {}).get("conditions", []):
        rules = tuple(_evaluated(rule, variables) for rule in condition["rules"])
        return Entry(result=condition["result"], rules=rules)
    return None


def _evaluated(rule: Declaration, variables: Mapping[str, Mapping[str, str]]) -> RuleResult:
    name = rule["name"]
    try:
        found = resolve_all(rule["configuration"], variables)
    except UnresolvedVariableError as error:
        return RuleResult(name=name, succeeded=False, summary=f"{name}: {error}", resolved={}, error=str(error))
    text, value, operator = found["Variable"], found["Value"], found["Operator"]
    holds = _OPERATORS[operator](text, value)
    asked = f"{rule['configuration']['Variable']} {_WORDS[operator]} {value!r}"
    summary = f"{name}: {asked} {'holds' if holds else f'does not hold: it is {text!r}'}"
    return RuleResult(name=name, succeeded=holds, summary=summary, resolved=found)


def check(stage: Declaration) -> None:
    """Raises AwsError or UnsupportedError for a condition that cannot be evaluated."""
    for name in ("blockers", "onSuccess"):
        if stage.get(name):
            raise UnsupportedError(f"codepipeline: {name} of stage {stage['name']}")
    for condition in stage.get("beforeEntry", {}).get("conditions", []):
        result, rules = condition.get("result"), condition.get("rules", [])
        if result not in {"FAIL", "SKIP"}:
            raise _structure(
                f"The beforeEntry condition of stage {stage['name']} has the result {result}; it must be FAIL or SKIP"
            )
        if not rules:
            raise _structure(f"The beforeEntry condition of stage {stage['name']} has no rules")
        for rule in rules:
            _check_rule(rule, stage["name"])


def _check_rule(rule: Declaration, stage: str) -> None:
    where = f"rule {rule['name']} of stage {stage}"
    given = rule["ruleTypeId"]
    rule_type = (given["category"], given.get("owner", "AWS"), given["provider"], given.get("version", "1"))
    if rule_type != _RULE_TYPE:
        raise UnsupportedError(f"codepipeline: rule type {'/'.join(rule_type)} of {where}")
    for name in ("commands", "inputArtifacts", "region", "roleArn", "timeoutInMinutes"):
        if rule.get(name):
            raise UnsupportedError(f"codepipeline: {name} of {where}")
    configuration = rule.get("configuration", {})
    if configuration.keys() != _CONFIGURATION:
        raise _structure(
            f"The configuration of {where} has {', '.join(sorted(configuration)) or 'nothing'}; "
            f"VariableCheck takes {', '.join(sorted(_CONFIGURATION))}"
        )
    if configuration["Operator"] not in _OPERATORS:
        raise _structure(f"Operator {configuration['Operator']} of {where} is not one of {', '.join(_OPERATORS)}")
    if configuration["Operator"] == "MATCHES":
        _check_expression(configuration["Value"], where)
    if not list(references(configuration["Variable"])):
        raise _structure(
            f"Variable {configuration['Variable']!r} of {where} does not refer to a variable, as #{{Name.NAME}} does"
        )


def _check_expression(expression: str, where: str) -> None:
    try:
        re.compile(expression)
    except re.error as error:
        raise _structure(f"Value {expression!r} of {where} is not a regular expression: {error}") from error


def used_variables(stage: Declaration) -> Iterator[tuple[str, str, str]]:
    """The rule, namespace and name of every variable in the entry condition."""
    for condition in stage.get("beforeEntry", {}).get("conditions", []):
        for rule in condition.get("rules", []):
            for text in rule.get("configuration", {}).values():
                for namespace, name in references(text):
                    yield rule["name"], namespace, name


def _structure(message: str) -> AwsError:
    return AwsError("InvalidStructureException", message)
