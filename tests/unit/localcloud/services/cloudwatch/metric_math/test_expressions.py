"""Metric math: the examples of AWS's user guide, and what its grammar and its types refuse."""

from __future__ import annotations

import pytest

from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.services.cloudwatch.metric_math.values import Grid, Series
from localcloud.services.cloudwatch.metric_queries import MetricQueries

#: Points as AWS's guide writes them, oldest first; - is a missing one.
METRICS = {
    "m1": "30 20 0 0",
    "m2": "20 - 20 -",
    "gap": "1 - - 4",
    "none": "- - - -",
    "low": "1 2 3 4",
    "err4xx": "1 1 1 1",
    "err5xx": "2 - 2 2",
}
#: Midnight before Wednesday, 3 January 2024 (UTC), less two periods.
MINUTES = Grid(times=(1704239880.0, 1704239940.0, 1704240000.0, 1704240060.0), period=60)


def points(written: str) -> tuple[float | None, ...]:
    return tuple(None if each == "-" else float(each) for each in written.split())


def queries(expression: str, metrics: dict[str, str]) -> MetricQueries:
    stats = [
        {"Id": id_, "MetricStat": {"Metric": {"MetricName": id_}, "Period": 60, "Stat": "Sum"}, "ReturnData": False}
        for id_ in metrics
    ]
    return MetricQueries([*stats, {"Id": "e1", "Expression": expression}], "cloudwatch:GetMetricData")


def result(expression: str, metrics: dict[str, str] | None = None) -> Series | list[Series]:
    metrics = METRICS if metrics is None else metrics
    return queries(expression, metrics).value(
        "e1", MINUTES, lambda stat, _: points(metrics[stat["Metric"]["MetricName"]])
    )


def one(expression: str, metrics: dict[str, str] | None = None) -> tuple[float | None, ...]:
    found = result(expression, metrics)
    assert isinstance(found, Series)
    return found.points


def refused(expression: str) -> str:
    with pytest.raises(AwsError) as found:
        result(expression)
    assert found.value.code == "ValidationError"
    return found.value.message


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("m1 < m2", "0 0 1 0"),
        ("m1 >= 30", "1 0 0 0"),
        ("m1 > 15 AND m2 > 15", "1 0 0 0"),
        ("m1 > 15 && m2 > 15 || low == 4", "1 0 0 1"),
        ("m1 != 30", "0 1 1 1"),
        ("m1 + m2", "50 20 20 0"),
        ("m1 - m2 - none", "10 20 -20 0"),
        ("none * none", "- - - -"),
        ("100 * m2 / m1", "66.66666666666667 0 - -"),
        ("-low ^ 2", "-1 -4 -9 -16"),
        ("2 ^ 3 ^ 2 * m1 / m1", "512 512 - -"),
        ("(1 + 2) * 3 - 1e1 + .5 + low", "0.5 1.5 2.5 3.5"),
        ("10 - 2 - low", "7 6 5 4"),
    ],
)
def test_operators_treat_missing_points_as_the_guide_says(expression: str, expected: str) -> None:
    """Between two series a missing point is 0, a number adds none, and a division by zero drops the point."""
    assert one(expression) == points(expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("IF(a, b, c)", "30 0 20 - -"),
        ("IF(a, 5, c)", "5 5 20 - -"),
        ("IF(a, b, 5)", "30 0 5 5 -"),
        ("IF(a, b)", "30 0 - - -"),
        ("IF(a > 0, 1, 0)", "1 1 0 0 -"),
        ("IF(SUM(a) > 1, b, c)", "30 - 0 0 30"),
        ("IF(SUM(a) > 9, b, c)", "0 0 20 - 20"),
        ("IF(SUM(a) > 9, b)", "- - - - -"),
    ],
)
def test_if_chooses_as_in_the_tables_of_the_guide(expression: str, expected: str) -> None:
    """A missing point is 0 where the condition holds, and dropped where it does not."""
    metrics = {"a": "1 1 0 0 -", "b": "30 - 0 0 30", "c": "0 0 20 - 20"}
    grid = Grid(times=(0.0, 60.0, 120.0, 180.0, 240.0), period=60)
    found = queries(expression, metrics).value(
        "e1", grid, lambda stat, _: points(metrics[stat["Metric"]["MetricName"]])
    )
    assert isinstance(found, Series)
    assert found.points == points(expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("ABS(m2 - m1)", "10 20 20 0"),
        ("CEIL(low / 2)", "1 1 2 2"),
        ("FLOOR(low / 2)", "0 1 1 2"),
        ("LOG10(low * 10 ^ 2 / low)", "2 2 2 2"),
        ("LOG(m1 * 0)", "- - - -"),
        ("m2 - AVG(m2)", "10 - 10 -"),
        ("low - MIN(low) + MAX(low)", "4 5 6 7"),
        ("low * 0 + SUM(m2) / DATAPOINT_COUNT(m2)", "20 20 20 20"),
        ("low * STDDEV(err4xx)", "0 0 0 0"),
        ("DIFF(gap)", "- - - 3"),
        ("DIFF_TIME(gap)", "- - - 180"),
        ("RATE(low * 60)", "- 1 1 1"),
        ("RUNNING_SUM(gap)", "1 - - 5"),
        ("low / PERIOD(low) * 60", "1 2 3 4"),
        ("FILL(gap, 9)", "1 9 9 4"),
        ("FILL(gap, low)", "1 2 3 4"),
        ("FILL(gap, REPEAT)", "1 1 1 4"),
        ("FILL(gap, LINEAR)", "1 2 3 4"),
        ("FILL(m2, LINEAR)", "20 20 20 -"),
        ("FILL(none, MIN(low))", "1 1 1 1"),
        ("TIME_SERIES(5 * MAX(low))", "20 20 20 20"),
        ("MINUTE(none)", "58 59 0 1"),
        ("HOUR(none)", "23 23 0 0"),
        ("DAY(none)", "2 2 3 3"),
        ("DATE(none) + MONTH(none) * 100 + YEAR(none)", "2126 2126 2127 2127"),
        ("EPOCH(none)", "1704239880 1704239940 1704240000 1704240060"),
        ('SUM(METRICS("err"))', "3 1 3 3"),
        ('SUM([METRICS("4xx"), METRICS("5xx")])', "3 1 3 3"),
        ("AVG([m1, m2])", "25 10 10 0"),
        ("MAX([m1, m2, low])", "30 20 20 4"),
        ("DATAPOINT_COUNT([m1, m2])", "2 1 2 1"),
        ("SUM(100 / [low, gap])", "200 50 33.333333333333336 50"),
        ("SUM(-[low, gap])", "-2 -2 -3 -8"),
        ("low * 0 + METRIC_COUNT(METRICS())", "7 7 7 7"),
        ("low * 0 + METRIC_COUNT(REMOVE_EMPTY([none, low]))", "1 1 1 1"),
        ("FIRST(SORT([m2, m1, low], SUM, DESC))", "30 20 0 0"),
        ("LAST(SORT([m1, low, m2], MAX, ASC))", "30 20 0 0"),
        ("FIRST(SORT([m2, m1, low], AVG, ASC, 1))", "1 2 3 4"),
        ("LAST(SLICE([m1, m2, low], 0, 2))", "20 - 20 -"),
        ("FIRST(SLICE([m1, m2, low], 2))", "1 2 3 4"),
        ("FIRST(REMOVE_EMPTY([none]))", "- - - -"),
        ('SUM(METRICS("nobody"))', "- - - -"),
    ],
)
def test_each_function_makes_what_the_guide_says(expression: str, expected: str) -> None:
    """One series makes a number or a series, and an array makes a series."""
    assert one(expression) == points(expected)


def test_an_expression_may_be_as_long_as_awss() -> None:
    """A thousand operators have room in 2048 characters."""
    assert one("1+" * 1000 + "low") == points("1001 1002 1003 1004")


def test_an_array_keeps_its_series_and_their_names() -> None:
    """Arithmetic and functions of each series answer an array with the labels of its metrics."""
    found = result("FILL([gap, low] * 2, 0)")
    assert isinstance(found, list)
    assert [(each.label, each.points) for each in found] == [
        ("gap", points("2 0 0 8")),
        ("low", points("2 4 6 8")),
    ]


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("m1 +", "Unexpected token: end of the expression"),
        ("m1 m2", "Unexpected token: m2"),
        ("m1 # 2", "Unexpected character at position 2: #"),
        ("(m1", "Unexpected token: end of the expression"),
        ("m9 + 1", "Unresolved identifier 'm9'"),
        ("ANOMALY_DETECTOR(m1)", "Function 'ANOMALY_DETECTOR' not found"),
        ("avg(m1)", "Function 'avg' not found"),
        ("AVG(m1)", "The result is a number"),
        ("5", "The result is a number"),
        ("METRICS() + METRICS()", "Unsupported operand type(s) for +: 'TS[]' and 'TS[]'"),
        ("METRICS() > 1", "Unsupported operand type(s) for >: 'TS[]' and 'S'"),
        ("SUM(3)", "Function SUM does not take the arguments (S)"),
        ("SUM(m1, m2)", "Function SUM does not take the arguments (TS, TS)"),
        ("IF(1, 2, 3) * m1", "Function IF does not take the arguments (S, S, S)"),
        ("MINUTE([m1])", "Function MINUTE does not take the arguments (TS[])"),
        ("m1 / PERIOD(m1 * 2)", "takes a metric"),
        ("FILL(m1, ZERO)", "not ZERO"),
        ("SORT([m1], STDDEV, ASC)", "STDDEV, ASC"),
        ("[m1, 3]", "An array holds time series, not 'S'"),
        ("METRICS(m1)", "METRICS takes nothing, or a text"),
        ("REPEAT + m1", "Unexpected token: REPEAT"),
        ('"text"', 'Unexpected token: "text"'),
        ("e1 + m1", "Circular dependency e1 -> e1"),
        ("(" * 200 + "m1" + ")" * 200, "lie in each other"),
    ],
)
def test_what_an_expression_may_not_be_is_said(expression: str, words: str) -> None:
    """AWS's code and the query's Id, and what is wrong."""
    message = refused(expression)
    assert message.startswith("Error in expression 'e1': ")
    assert words in message


@pytest.mark.parametrize(
    "name", ["SEARCH", "ANOMALY_DETECTION_BAND", "INSIGHT_RULE_METRIC", "SERVICE_QUOTA", "LAMBDA", "DB_PERF_INSIGHTS"]
)
def test_what_is_not_calculated_here_is_refused_by_name(name: str) -> None:
    """Functions that need what the local cloud has not, as queries of Metrics Insights."""
    with pytest.raises(UnsupportedError, match=f"the function {name}"):
        result(f"{name}('{{AWS/EC2,InstanceId}} CPU', 'Average', 300)")
    with pytest.raises(UnsupportedError, match="Metrics Insights"):
        result('SELECT AVG(CPUUtilization) FROM SCHEMA("AWS/EC2", InstanceId)')


def test_expressions_use_each_other_in_any_order_but_not_in_a_circle() -> None:
    """e1 may stand before what it uses; what comes back to itself is refused with the way."""
    stat = {"Metric": {"MetricName": "m1"}, "Period": 60, "Stat": "Sum"}
    metric = {"Id": "m1", "MetricStat": stat}
    asked = [{"Id": "e1", "Expression": "e2 * 2"}, {"Id": "e2", "Expression": "m1 + 1"}, metric]
    found = MetricQueries(asked, "x").value("e1", MINUTES, lambda *_: points("1 2 - 4"))
    assert isinstance(found, Series)
    assert found.points == points("4 6 - 10")
    with pytest.raises(AwsError, match="Circular dependency e1 -> e2 -> e1"):
        MetricQueries([asked[0], {"Id": "e2", "Expression": "e1"}], "x")


def test_a_query_has_one_period_and_one_kind() -> None:
    """Ids are unique and begin with a small letter; an expression needs one period, of its metrics or its own."""
    stat = {"Metric": {"MetricName": "m"}, "Period": 60, "Stat": "Sum"}
    one_, five = {"Id": "m1", "MetricStat": stat}, {"Id": "m5", "MetricStat": {**stat, "Period": 300}}
    for wrong, words in [
        ([one_, one_], "not unique"),
        ([{**one_, "Id": "M1"}], "pattern"),
        ([{**one_, "Expression": "1"}], "both a MetricStat and an Expression"),
        ([{"Id": "m1"}], "neither a MetricStat nor an Expression"),
        ([{**one_, "Id": f"m{number}"} for number in range(501)], "limit of 500"),
    ]:
        with pytest.raises(AwsError, match=words):
            MetricQueries(wrong, "x")
    assert MetricQueries([{"Id": "e1", "Expression": "TIME_SERIES(1)", "Period": 300}], "x").period("e1") == 300
    with pytest.raises(AwsError, match="Period must not be null"):
        MetricQueries([{"Id": "e1", "Expression": "TIME_SERIES(1)"}], "x").period("e1")
    with pytest.raises(UnsupportedError, match="different periods 60, 300"):
        MetricQueries([one_, five, {"Id": "e1", "Expression": "m1 + m5"}], "x").period("e1")
