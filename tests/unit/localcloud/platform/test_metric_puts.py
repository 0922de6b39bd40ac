"""Metrics of traffic, as they are put."""

from collections import Counter

from localcloud.platform.metric_puts import Metrics, metric_data


def test_equal_values_are_one_with_a_count() -> None:
    """Percentiles stay real, and a datum has no more than CloudWatch's 150 values."""
    place = (("FunctionName", "f"),)
    counts = {("Duration", place): Counter({float(value): 2 for value in range(151)}), ("Errors", ()): Counter([0.0])}
    metrics = Metrics(namespace="AWS/Lambda", units={"Duration": "Milliseconds", "Errors": "Count"})
    first, second, errors = metric_data(counts, metrics)
    assert (first["Dimensions"], first["Unit"]) == ([{"Name": "FunctionName", "Value": "f"}], "Milliseconds")
    assert (len(first["Values"]), set(first["Counts"]), second["Values"]) == (150, {2.0}, [150.0])
    assert (errors["MetricName"], errors["Dimensions"], errors["Counts"]) == ("Errors", [], [1.0])


def test_a_metric_of_high_resolution_says_so() -> None:
    """CloudWatch keeps the seconds of such a datum, and of no other."""
    metrics = Metrics(namespace="AWS/SageMaker", units=dict.fromkeys("ab", "Count"), high_resolution=frozenset({"a"}))
    fine, coarse = metric_data({("a", ()): Counter([1.0]), ("b", ()): Counter([1.0])}, metrics)
    assert fine["StorageResolution"] == 1
    assert "StorageResolution" not in coarse
