"""Metrics of traffic, as they are put."""

from collections import Counter

from localcloud.platform.metric_puts import metric_data


def test_equal_values_are_one_with_a_count() -> None:
    """Percentiles stay real, and a datum has no more than CloudWatch's 150 values."""
    place = (("FunctionName", "f"),)
    counts = {("Duration", place): Counter({float(value): 2 for value in range(151)}), ("Errors", ()): Counter([0.0])}
    first, second, errors = metric_data(counts, {"Duration": "Milliseconds", "Errors": "Count"})
    assert (first["Dimensions"], first["Unit"]) == ([{"Name": "FunctionName", "Value": "f"}], "Milliseconds")
    assert (len(first["Values"]), set(first["Counts"]), second["Values"]) == (150, {2.0}, [150.0])
    assert (errors["MetricName"], errors["Dimensions"], errors["Counts"]) == ("Errors", [], [1.0])
