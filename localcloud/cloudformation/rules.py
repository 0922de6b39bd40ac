"""A template's Rules: assertions on parameters, such as the CDK's on the version of its bootstrap stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError

if TYPE_CHECKING:
    from localcloud.cloudformation.evaluation import Evaluation


def check(evaluation: Evaluation) -> None:
    """Raises AwsError with the descriptions of the assertions that do not hold."""
    for name, rule in evaluation.template.section("Rules").items():
        assertions = rule.get("Assertions") if isinstance(rule, dict) else None
        if not isinstance(assertions, list) or not all(
            isinstance(each, dict) and "Assert" in each for each in assertions
        ):
            raise AwsError("ValidationError", f"Template format error: Rule {name} has no list of Assertions.")
    failed = [
        assertion.get("AssertDescription", f"rule {name}")
        for name, rule in evaluation.template.section("Rules").items()
        if "RuleCondition" not in rule or evaluation.truth(rule["RuleCondition"])
        for assertion in rule["Assertions"]
        if not evaluation.truth(assertion["Assert"])
    ]
    if failed:
        raise AwsError("ValidationError", f"Template error: {'; '.join(failed)}")
