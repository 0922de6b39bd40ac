"""AlarmRule: its grammar, and which alarms decide."""

from __future__ import annotations

import pytest

from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.services.cloudwatch.composite_rules.rule import Verdict, children, evaluate, parse

STATES = {"hot": "ALARM", "cold": "OK", "new": "INSUFFICIENT_DATA", "Two (words)": "ALARM", 'a"b': "ALARM"}


@pytest.mark.parametrize(
    ("rule", "holds", "witnesses"),
    [
        ("ALARM(hot)", True, "hot"),
        ('ALARM("hot")', True, "hot"),
        ("OK(hot)", False, "hot"),
        ("INSUFFICIENT_DATA ( new )", True, "new"),
        ('ALARM("Two (words)")', True, "Two (words)"),
        (r'ALARM("a\"b")', True, 'a"b'),
        ("ALARM(arn:aws:cloudwatch:us-east-1:123456789012:alarm:hot)", True, "hot"),
        ("NOT ALARM(hot)", False, "hot"),
        ("TRUE", True, ""),
        ("False", False, ""),
        ("ALARM(hot) OR ALARM(cold)", True, "hot"),
        ("ALARM(cold) OR ALARM(new)", False, "cold new"),
        ("ALARM(hot) AND OK(cold)", True, "hot cold"),
        ("ALARM(hot) AND ALARM(cold) AND ALARM(new)", False, "cold new"),
        ("ALARM(hot) OR ALARM(hot) AND FALSE", True, "hot"),
        ("(ALARM(hot) OR TRUE) AND FALSE", False, ""),
        ("NOT (ALARM(cold) OR ALARM(new))", True, "cold new"),
        ("NOT ALARM(cold) AND\n ALARM(hot)", True, "cold hot"),
    ],
)
def test_a_rule_says_whether_it_holds_and_who_decided(rule: str, holds: bool, witnesses: str) -> None:
    """NOT binds most and OR least; an alarm that made no difference is no witness."""
    found = evaluate(parse(rule), STATES.get)
    assert (found.holds, " ".join(found.witnesses)) == (holds, witnesses)


def test_an_alarm_that_is_not_there_is_in_no_state() -> None:
    """A rule over an alarm that is gone does not hold, and does not fail."""
    assert evaluate(parse("OK(gone)"), STATES.get) == Verdict(holds=False, witnesses=("gone",))


def test_children_are_named_once() -> None:
    """Names and ARNs of one alarm are one child."""
    assert children(parse("ALARM(a) OR OK(b) AND ALARM(arn:aws:cloudwatch:r:1:alarm:a)")) == ("a", "b")


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("", "leading or trailing whitespace or be null"),
        (" TRUE", "leading or trailing whitespace or be null"),
        ("ALARM(a) AND", "at its end"),
        ("ALARM(a) ALARM(b)", "at ALARM"),
        ("ALARM()", "at position 0"),
        ("(TRUE", "at its end"),
        ("TRUE)", "at )"),
        ("WARM(a)", "at position 0: WARM(a)"),
        ("AND TRUE", "at AND"),
        (" OR ".join(f"ALARM(a{number})" for number in range(101)), "names 101 alarms"),
        (" OR ".join(["TRUE"] * 501), "501 elements"),
        ("(" * 101 + "TRUE" + ")" * 101, "lie in each other"),
    ],
)
def test_what_is_no_rule_is_refused(rule: str, words: str) -> None:
    """AWS's code, and where the rule is wrong."""
    with pytest.raises(AwsError) as found:
        parse(rule)
    assert found.value.code == "ValidationError"
    assert words in found.value.message


def test_at_least_is_refused_by_name() -> None:
    """AWS counts alarms with AT_LEAST; here nothing does."""
    with pytest.raises(UnsupportedError, match="AT_LEAST"):
        parse("AT_LEAST(2, ALARM, (a, b, c))")
