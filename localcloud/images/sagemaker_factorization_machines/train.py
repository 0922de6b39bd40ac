"""Trains like SageMaker's built-in algorithm factorization-machines.

It reads RecordIO-protobuf from the channels ``train`` and ``test``, prints its measures as the algorithm's metric
definitions expect them, and writes /opt/ml/model/model_algo-1. After a fault it exits with a non-zero code and leaves
the reason in /opt/ml/output/failure.
"""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any

# Batches are small: on cores shared with other programs, threads wait for each other longer than they compute.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import numpy as np
from built_in import CustomerError, check_channels, run, say, say_configuration, say_metrics
from container import opt_ml
from factorization_machine import BINARY
from fitting import DivergedError, Fitting, Rows
from machine_hyperparameters import DEFAULTS, validated
from measures import measures
from mxnet_model import NAME, write
from record_channels import read_channel
from recordio import CONTENT_TYPE

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

_CHANNELS = ("train", "test")
_CONTENT_TYPES = dict.fromkeys(_CHANNELS, (CONTENT_TYPE,))
_ALGORITHM = "factorization-machines"
#: The same input makes the same model. AWS's algorithm draws anew each time, and has no seed to set.
_SEED = 0


def train(root: Path) -> None:
    """Raises CustomerError for faults that the user can correct."""
    config = root / "input" / "config"
    given = json.loads((config / "hyperparameters.json").read_text())
    say_configuration(given, DEFAULTS)
    values = validated(given)
    channels = json.loads((config / "inputdataconfig.json").read_text())
    check_channels(channels, _CHANNELS, _CONTENT_TYPES)
    host = json.loads((config / "resourceconfig.json").read_text())["current_host"]
    binary = values["predictor_type"] == BINARY
    data = {
        name: read_channel(root / "input" / "data" / name, values["feature_dim"], binary=binary)
        for name in _CHANNELS
        if name in channels
    }
    fitting = Fitting(values, _SEED)
    since = time.time()
    for epoch in range(values["epochs"]):
        _epoch(fitting, data["train"], epoch, values, host)
        done = 100 * (epoch + 1) / values["epochs"]
        say(f"#progress_metric: host={host}, completed {done:g} % of epochs")
    machine = fitting.machine
    _report(values, f"host={host}, train", machine.scores(data["train"].features), data["train"].labels)
    if "test" in data:
        _report_test(values, host, machine.scores(data["test"].features), data["test"].labels)
    else:
        say("Test data is not provided.")
    (root / "model").mkdir(parents=True, exist_ok=True)
    (root / "model" / NAME).write_bytes(write(machine.model({**DEFAULTS, **given}, values["epochs"])))
    say_metrics(_ALGORITHM, host, "training", since, totaltime=1000 * (time.time() - since))


def _epoch(fitting: Fitting, rows: Rows, epoch: int, values: dict[str, Any], host: str) -> None:
    began = time.time()
    scores: list[NDArray[Any]] = []
    labels: list[NDArray[Any]] = []

    def seen(batch: int, batch_scores: NDArray[Any], batch_labels: NDArray[Any]) -> None:
        scores.append(batch_scores)
        labels.append(batch_labels)
        if batch % values["batch_metrics_publish_interval"] == 0:
            _report(
                values,
                f"host={host}, epoch={epoch}, batch={batch} train",
                np.concatenate(scores),
                np.concatenate(labels),
            )

    try:
        fitting.epoch(rows, epoch, seen)
    except DivergedError as error:
        raise CustomerError(f"{error} Lower the learning rates, or set clip_gradient.") from error
    _report(values, f"host={host}, epoch={epoch}, train", np.concatenate(scores), np.concatenate(labels))
    seconds = max(time.time() - began, 1e-9)
    say_metrics(_ALGORITHM, host, "training", began, **{"update.time": 1000 * seconds})
    say(f"#throughput_metric: host={host}, train throughput={len(rows.labels) / seconds} records/second")


def _report(values: dict[str, Any], where: str, scores: NDArray[Any], labels: NDArray[Any]) -> None:
    for name, (kind, value) in measures(values["predictor_type"], scores, labels).items():
        say(f"#quality_metric: {where} {name} <{kind}>={value}")


def _report_test(values: dict[str, Any], host: str, scores: NDArray[Any], labels: NDArray[Any]) -> None:
    found = measures(values["predictor_type"], scores, labels)
    for name, (_, value) in found.items():
        say(f"#test_score ({host}) : {(name, value)}")
    for name, (kind, value) in found.items():
        say(f"#quality_metric: host={host}, test {name} <{kind}>={value}")


if __name__ == "__main__":
    run(train, opt_ml())
