"""The hyperparameters of ntm: types, ranges and defaults.

From AWS's page "NTM Hyperparameters"; those with an underscore are the service's own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from built_in import Choice, CustomerError, Hyperparameter, Text, configuration, integer, real
from optimizers import OPTIMIZERS
from topic_network import ACTIVATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

REQUIRED = ("feature_dim", "num_topics")


@dataclass(frozen=True, slots=True)
class Layers:
    """The sizes of hidden layers; None for ``auto``."""

    def read(self, name: str, text: str) -> tuple[int, ...] | None:
        if not re.fullmatch(r"auto|[1-9][0-9]*(,\s*[1-9][0-9]*)*", text):
            raise CustomerError(
                f"The value '{text}' is not valid for the '{name}' hyperparameter which expects one of the following: "
                "'auto'; or a comma-separated list of positive integers (caused by ValidationError)"
            )
        return None if text == "auto" else tuple(int(size) for size in text.split(","))


KNOWN: dict[str, Hyperparameter] = {
    "feature_dim": integer(1, 1_000_000),
    "num_topics": integer(2, 1000),
    "batch_norm": Choice(("true", "false")),
    "clip_gradient": real(1e-3),
    "encoder_layers": Layers(),
    "encoder_layers_activation": Choice(tuple(ACTIVATIONS)),
    "epochs": integer(),
    "learning_rate": real(1e-6, 1.0),
    "mini_batch_size": integer(1, 10_000),
    "num_patience_epochs": integer(),
    "optimizer": Choice(tuple(OPTIMIZERS)),
    "rescale_gradient": real(1e-3, 1.0),
    "sub_sample": real(0.0, 1.0),
    "tolerance": real(1e-6, 0.1),
    "weight_decay": real(0.0, 1.0),
    **{
        name: Text()
        for name in (
            "_tuning_objective_metric",
            "_log_level",
            "_kvstore",
            "_num_gpus",
            "_num_kv_servers",
            "_data_format",
        )
    },
}
DEFAULTS = {
    "batch_norm": "false",
    "encoder_layers": "auto",
    "encoder_layers_activation": "sigmoid",
    "epochs": "50",
    "learning_rate": "0.001",
    "mini_batch_size": "256",
    "num_patience_epochs": "3",
    "optimizer": "adadelta",
    "rescale_gradient": "1.0",
    "sub_sample": "1.0",
    "tolerance": "0.001",
    "weight_decay": "0.0",
    "_log_level": "info",
    "_kvstore": "auto_gpu",
    "_num_gpus": "auto",
    "_num_kv_servers": "auto",
    "_tuning_objective_metric": "",
}


def validated(given: Mapping[str, str]) -> dict[str, Any]:
    """All values, defaults included; raises CustomerError. ``encoder_layers`` are the sizes also for ``auto``."""
    values = configuration(given, KNOWN, required=REQUIRED, defaults=DEFAULTS)
    values["encoder_layers"] = values["encoder_layers"] or (3 * values["num_topics"], 2 * values["num_topics"])
    values["batch_norm"] = values["batch_norm"] == "true"
    return values
