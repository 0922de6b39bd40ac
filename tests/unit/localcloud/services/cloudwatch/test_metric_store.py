"""Where CloudWatch keeps samples of metrics."""

import sys
import time
from pathlib import Path

import pytest

from localcloud.platform.errors import AwsError
from localcloud.platform.store import Store
from localcloud.services.cloudwatch.metric_store import KEPT_SECONDS, MetricStore
from localcloud.services.cloudwatch.samples import Metric

LATENCY = {"MetricName": "Latency", "Dimensions": [{"Name": "b", "Value": "2"}, {"Name": "a", "Value": "1"}]}
METRIC = Metric("N", "Latency", (("a", "1"), ("b", "2")))


def test_samples_are_read_back_after_a_restart(tmp_path: Path) -> None:
    """A new store has the metrics and samples that an earlier one took, values and counts included."""
    first = MetricStore(Store(tmp_path / "s"))
    first.put("N", [{**LATENCY, "Values": [1.0, 2.5], "Counts": [3.0, 1.0], "Unit": "Seconds"}])
    first.put("N", [{**LATENCY, "StatisticValues": {"SampleCount": 2.0, "Sum": 4.0, "Minimum": 1.0, "Maximum": 3.0}}])

    again = MetricStore(Store(tmp_path / "s"))

    now = time.time()
    values, statistics = again.samples(METRIC, now - 600, now + 600)
    assert (values.values, values.count, values.unit) == (((1.0, 3.0), (2.5, 1.0)), 4.0, "Seconds")
    assert (statistics.count, statistics.total, statistics.values) == (2.0, 4.0, ())
    assert again.samples(METRIC, now - 600, now + 600, "Seconds") == [values]
    assert list(again.metrics()) == [METRIC]


def test_a_put_with_a_wrong_datum_leaves_nothing(tmp_path: Path) -> None:
    """A put is stored as a whole or not at all."""
    samples = MetricStore(Store(tmp_path / "s"))
    with pytest.raises(AwsError, match="needs one of"):
        samples.put("N", [{**LATENCY, "Value": 1.0}, LATENCY])
    assert list(samples.metrics()) == []


def test_samples_take_no_memory(tmp_path: Path) -> None:
    """The values of a thousand puts are in the file and not in memory; all of them are read back."""
    samples = MetricStore(Store(tmp_path / "s"))
    samples.put("N", [{**LATENCY, "Value": 0.5}])
    before = sys.getallocatedblocks()
    for number in range(1_000):
        samples.put("N", [{**LATENCY, "Values": [number + part / 100 for part in range(100)]}])
    assert sys.getallocatedblocks() - before < 1_000
    now = time.time()
    found = samples.samples(METRIC, now - 3_600, now + 600)
    assert sum(sample.count for sample in found) == 1 + 1_000 * 100


def test_old_samples_are_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is older than the hours that are kept goes with a later put."""
    samples = MetricStore(Store(tmp_path / "s"))
    began = time.time()
    samples.put("N", [{**LATENCY, "Value": 1.0}])
    monkeypatch.setattr(time, "time", lambda: began + KEPT_SECONDS + 60)
    samples.put("N", [{**LATENCY, "Value": 2.0}])
    assert [sample.total for sample in samples.samples(METRIC, 0.0, began + 2 * KEPT_SECONDS)] == [2.0]


def test_what_an_earlier_version_kept_is_taken_over(tmp_path: Path) -> None:
    """Puts that are kept as documents become samples, once."""
    earlier = Store(tmp_path / "s").table("cloudwatch.metric_data")
    earlier.put("1", {"Namespace": "N", "MetricData": [{**LATENCY, "Value": 7.0, "Timestamp": 5.0}]})
    for _ in range(2):
        samples = MetricStore(Store(tmp_path / "s"))
        assert [sample.total for sample in samples.samples(METRIC, 0.0, 9.0)] == [7.0]
    assert Store(tmp_path / "s").table("cloudwatch.metric_data").names() == []
