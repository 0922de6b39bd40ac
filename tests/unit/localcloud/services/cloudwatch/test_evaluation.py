"""When an alarm goes off: AWS's published tables, row by row."""

import pytest

from localcloud.services.cloudwatch.evaluation import ALARM, INSUFFICIENT_DATA, OK, Rule, evaluate

RETAIN = None
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")
#: Datapoints as AWS writes them (newest on the right; X breaches), datapoints to alarm → the state by treatment.
TABLES = {
    ("0 - X - X", 3): (OK, OK, OK, OK),
    ("0 - - - -", 3): (OK, OK, OK, OK),
    ("- - - - -", 3): (INSUFFICIENT_DATA, RETAIN, ALARM, OK),
    ("0 X X - X", 3): (ALARM, ALARM, ALARM, ALARM),
    ("- - X - -", 3): (ALARM, RETAIN, ALARM, OK),
    ("0 - X - X", 2): (ALARM, ALARM, ALARM, ALARM),
    ("0 0 X 0 X", 2): (ALARM, ALARM, ALARM, ALARM),
    ("0 - X - -", 2): (OK, OK, ALARM, OK),
    ("- - - - 0", 2): (OK, OK, ALARM, OK),
    ("- - - X -", 2): (ALARM, RETAIN, ALARM, OK),
}


def _datapoints(written: str) -> list[float | None]:
    return [{"0": 0.0, "X": 9.0, "-": None}[mark] for mark in reversed(written.split())]


def _rule(treatment: str = "missing", *, of: int = 3, to_alarm: int = 3) -> Rule:
    return Rule(
        comparison="GreaterThanThreshold",
        threshold=5,
        evaluation_periods=of,
        datapoints_to_alarm=to_alarm,
        treat_missing_data=treatment,
    )


@pytest.mark.parametrize("treatment", TREATMENTS)
@pytest.mark.parametrize(("written", "to_alarm"), TABLES)
def test_missing_data_is_treated_as_awss_tables_say(written: str, to_alarm: int, treatment: str) -> None:
    """Both tables of the user guide hold: three of three and two of three, with a range of five."""
    expected = TABLES[written, to_alarm][TREATMENTS.index(treatment)]
    assert evaluate(_rule(treatment, to_alarm=to_alarm), _datapoints(written)).state == expected


@pytest.mark.parametrize("written", ["- - - - X", "- - - X -"])
def test_a_first_breach_is_no_alarm_yet(written: str) -> None:
    """An alarm of three of three waits after a first breach for what comes next."""
    assert evaluate(_rule(), _datapoints(written)).state is RETAIN


def test_what_is_older_than_the_range_is_not_seen() -> None:
    """Data that ended long ago decides nothing."""
    assert evaluate(_rule(), [None] * 5 + [9.0] * 3).state == INSUFFICIENT_DATA


def test_one_of_one_is_the_last_datapoint() -> None:
    """A later good datapoint ends an alarm; a missing one repeats the last."""
    rule = _rule("notBreaching", of=1, to_alarm=1)
    assert [evaluate(rule, _datapoints(written)).state for written in ("0 0 X", "0 X -", "X - -", "0 X 0")] == [
        ALARM,
        ALARM,
        ALARM,
        OK,
    ]


@pytest.mark.parametrize(
    ("comparison", "breaching"),
    [
        ("GreaterThanThreshold", [6]),
        ("GreaterThanOrEqualToThreshold", [5, 6]),
        ("LessThanThreshold", [4]),
        ("LessThanOrEqualToThreshold", [4, 5]),
    ],
)
def test_comparisons(comparison: str, breaching: list[int]) -> None:
    """Each operator breaches on its side of the threshold, and on it where its name says so."""
    rule = Rule(comparison=comparison, threshold=5, evaluation_periods=1, datapoints_to_alarm=1)
    assert [value for value in (4, 5, 6) if evaluate(rule, [value]).state == ALARM] == breaching
