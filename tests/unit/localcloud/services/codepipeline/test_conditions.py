"""Entry conditions: when they admit, skip and fail, and what of them is refused."""

from typing import Any

import pytest

from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.services.codepipeline.conditions import check, evaluate, used_variables

VARIABLES = {"Gate": {"VERDICT": "HOLD"}}


def rule(operator: str = "EQ", value: str = "HOLD", **changes: Any) -> dict[str, Any]:
    return {
        "name": "Verdict",
        "ruleTypeId": {"category": "Rule", "owner": "AWS", "provider": "VariableCheck", "version": "1"},
        "configuration": {"Variable": "#{Gate.VERDICT}", "Value": value, "Operator": operator},
    } | changes


def stage(*rules: dict[str, Any], result: str | None = "SKIP", **changes: Any) -> dict[str, Any]:
    condition = {"rules": list(rules)} | ({"result": result} if result else {})
    return {"name": "Approve", "actions": [], "beforeEntry": {"conditions": [condition]}} | changes


@pytest.mark.parametrize(
    ("operator", "value", "admitted"),
    [
        ("EQ", "HOLD", True),
        ("EQ", "HO", False),
        ("NE", "PROMOTE", True),
        ("NE", "HOLD", False),
        ("CONTAINS", "OL", True),
        ("CONTAINS", "ol", False),
        ("MATCHES", "H.*|R.*", True),
        ("MATCHES", "OL", False),
    ],
)
def test_operators(operator: str, value: str, *, admitted: bool) -> None:
    """The operators compare as AWS documents them; a regular expression has to match the whole value."""
    entry = evaluate(stage(rule(operator, value)), VARIABLES)

    assert entry is not None
    assert (entry.admits, entry.skips) == (admitted, not admitted)
    assert entry.status == ("Succeeded" if admitted else "Failed")
    assert entry.rules[0].resolved == {"Variable": "HOLD", "Value": value, "Operator": operator}


def test_one_rule_that_does_not_hold_is_enough() -> None:
    """The summary names it, with the value seen."""
    entry = evaluate(stage(rule(), rule("EQ", "REJECT", name="Other"), result="FAIL"), VARIABLES)

    assert entry is not None
    assert (entry.admits, entry.skips) == (False, False)
    assert entry.summary == "Other: #{Gate.VERDICT} is 'REJECT' does not hold: it is 'HOLD'"


def test_a_variable_that_was_never_put_out_fails_the_stage_and_skips_nothing() -> None:
    """The condition is Errored and names the variable; the stage is neither admitted nor skipped."""
    entry = evaluate(stage(rule()), {"Gate": {}})

    assert entry is not None
    assert (entry.status, entry.admits, entry.skips) == ("Errored", False, False)
    assert "#{Gate.VERDICT}" in (entry.rules[0].error or "")


def test_a_stage_without_a_condition_has_none() -> None:
    """A stage without an entry condition is not evaluated."""
    assert evaluate({"name": "Approve", "actions": []}, VARIABLES) is None


def test_what_a_condition_refers_to() -> None:
    """The variables of a rule are found with rule, namespace and name."""
    assert list(used_variables(stage(rule()))) == [("Verdict", "Gate", "VERDICT")]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (stage(rule(), result=None), "has the result None; it must be FAIL or SKIP"),
        (stage(rule(), result="ROLLBACK"), "has the result ROLLBACK"),
        (stage(), "has no rules"),
        (stage(rule("LT")), "Operator LT of rule Verdict of stage Approve is not one of EQ, NE, CONTAINS, MATCHES"),
        (stage(rule("MATCHES", "(")), r"is not a regular expression"),
        (stage(rule(configuration={"Variable": "#{Gate.VERDICT}"})), "has Variable; VariableCheck takes"),
        (
            stage(rule(configuration={"Variable": "HOLD", "Value": "HOLD", "Operator": "EQ"})),
            "does not refer to a variable",
        ),
    ],
)
def test_conditions_that_are_none(given: dict[str, Any], words: str) -> None:
    """The error says what is wrong, and where."""
    with pytest.raises(AwsError) as raised:
        check(given)
    assert raised.value.code == "InvalidStructureException"
    assert words in raised.value.message


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (stage(rule(ruleTypeId={"category": "Rule", "provider": "LambdaInvoke"})), "rule type Rule/AWS/LambdaInvoke/1"),
        (stage(rule(commands=["true"])), "commands of rule Verdict"),
        (stage(rule(inputArtifacts=[{"name": "a"}])), "inputArtifacts of rule Verdict"),
        ({"name": "s", "onSuccess": {"conditions": []}}, "onSuccess of stage s"),
    ],
)
def test_what_is_refused_by_name(given: dict[str, Any], words: str) -> None:
    """The refusal names the rule, or the stage, and what of it is not supported."""
    with pytest.raises(UnsupportedError) as raised:
        check(given)
    assert words in str(raised.value)
