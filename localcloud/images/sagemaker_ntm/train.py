"""Trains like SageMaker's built-in algorithm ntm.

It reads RecordIO-protobuf or CSV from the channels ``train``, ``validation`` and ``test``, prints its losses as the
algorithm's metric definitions expect them, and the topics as words if the channel ``auxiliary`` has the vocabulary. It
writes /opt/ml/model/model_algo-1. After a fault it exits with a non-zero code and leaves the reason in
/opt/ml/output/failure.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

# The matrices are small: threads would wait for each other longer than they compute. Before numpy is loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from built_in import CustomerError, check_channels, run, say, say_configuration, say_metrics
from container import opt_ml
from mxnet_model import NAME, write
from recordio import CONTENT_TYPE
from topic_artifact import model_of
from topic_documents import CSV, read_channel
from topic_fitting import DivergedError, Fitting, Losses, Patience
from topic_hyperparameters import DEFAULTS, validated
from topic_words import lines, read_vocabulary

if TYPE_CHECKING:
    from pathlib import Path

    from scipy.sparse import csr_matrix

_CHANNELS = ("train", "validation", "test", "auxiliary")
_CONTENT_TYPES = {**dict.fromkeys(_CHANNELS[:3], (CONTENT_TYPE, CSV)), "auxiliary": ("text/plain",)}
_ALGORITHM = "NTM"
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
    folder = root / "input" / "data"
    words = values["feature_dim"]
    vocabulary = read_vocabulary(folder / "auxiliary", words) if "auxiliary" in channels else None
    data = {
        name: read_channel(folder / name, words, channels[name].get("ContentType"))
        for name in _CHANNELS[:3]
        if name in channels
    }
    since = time.time()
    fitting = Fitting(values, _SEED)
    try:
        epochs = _learn(fitting, data, values, host)
    except DivergedError as error:
        raise CustomerError(f"{error} Lower learning_rate, or set clip_gradient.") from error
    if vocabulary is not None:
        for line in lines(fitting.network.parameters["projection_weight"], vocabulary, data["train"]):
            say(line)
    if "test" in data:
        _report_test(fitting.losses(data["test"]), host)
    (root / "model").mkdir(parents=True, exist_ok=True)
    (root / "model" / NAME).write_bytes(write(model_of(fitting.network, {**DEFAULTS, **given}, epochs)))
    say_metrics(_ALGORITHM, host, "training", since, totaltime=1000 * (time.time() - since))


def _learn(fitting: Fitting, data: dict[str, csr_matrix], values: dict[str, Any], host: str) -> int:
    """Returns the number of epochs. Early stopping watches the validation loss if there is one."""
    patience = Patience(values["num_patience_epochs"], values["tolerance"], fitting.warm_up)
    for epoch in range(values["epochs"]):
        began = time.time()
        losses, documents, batches = fitting.epoch(data["train"], epoch)
        say(
            f"# Finished training epoch {epoch + 1} on {documents} examples from {batches} batches, each of size "
            f"{values['mini_batch_size']}."
        )
        watched = losses
        _report("train", "Training", losses, epoch, host)
        if "validation" in data:
            watched = fitting.losses(data["validation"])
            _report("validation", "Validation", watched, epoch, host)
        say(f"#progress_metric: host={host}, completed {100 * (epoch + 1) / values['epochs']:g} % of epochs")
        seconds = max(time.time() - began, 1e-9)
        say_metrics(_ALGORITHM, host, "training", began, **{"epochs": 1, "update.time": 1000 * seconds})
        say(f"#throughput_metric: host={host}, train throughput={documents / seconds} records/second")
        if patience.is_over(epoch, watched.total):
            say(f"patience losses: the loss changed by less than {values['tolerance']:g}. Early stop criterion met.")
            return epoch + 1
    return int(values["epochs"])


def _report(channel: str, title: str, losses: Losses, epoch: int, host: str) -> None:
    say(f"Metrics for {title}:")
    for name, value in asdict(losses).items():
        say(f"Loss (name: value) {name}: {value}")
    say(f"#quality_metric: host={host}, epoch={epoch + 1}, {channel} total_loss <loss>={losses.total}")


def _report_test(losses: Losses, host: str) -> None:
    say("Metrics for Inference:")
    for name, value in asdict(losses).items():
        say(f"Loss (name: value) {name}: {value}")
    say(f"#test_score ({host}) : ('log_perplexity', {losses.logppx})")
    say(f"#quality_metric: host={host}, test total_loss <loss>={losses.total}")


if __name__ == "__main__":
    run(train, opt_ml())
