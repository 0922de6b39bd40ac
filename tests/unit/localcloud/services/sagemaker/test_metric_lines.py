"""Metrics read from a log by regular expressions."""

import pytest

from localcloud.images.registry import image_of
from localcloud.platform.errors import AwsError
from localcloud.services.sagemaker.metric_lines import MetricLines

LINE = "[3]#011train-mlogloss:0.10000#011train-merror:0.01000#011validation-mlogloss:0.20000#011validation-merror:0.05"


def test_the_built_in_definitions_read_all_four_numbers_of_a_line():
    """XGBoost's own definitions find each channel's metrics in a line as the algorithm writes it."""
    image = image_of("683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-0")
    metrics = MetricLines(image.description.training.metrics)
    metrics.read(LINE)
    assert {item["MetricName"]: item["Value"] for item in metrics.final()} == {
        "train:mlogloss": 0.1,
        "train:merror": 0.01,
        "validation:mlogloss": 0.2,
        "validation:merror": 0.05,
    }


def test_the_final_value_is_the_last():
    """FinalMetricDataList has each metric's last value, however often it was written."""
    metrics = MetricLines([("loss", r"loss=([0-9.]+)")])
    for line in ("loss=3", "loss=2", "nothing", "loss=1"):
        metrics.read(line)
    assert [item["Value"] for item in metrics.final()] == [1.0]
    assert [reading.value for reading in metrics.readings()] == [3.0, 2.0, 1.0]


def test_what_is_not_a_number_is_no_metric():
    """A regular expression that catches a word finds nothing."""
    metrics = MetricLines([("loss", r"loss=(\S+)")])
    metrics.read("loss=huge")
    assert metrics.final() == []


def test_a_broken_regular_expression_is_named():
    """An invalid regex refuses the job, with the metric's name."""
    with pytest.raises(AwsError, match="of loss is invalid"):
        MetricLines([("loss", "loss=(")])
