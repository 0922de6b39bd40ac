"""The hyperparameters of factorization-machines: types, ranges and defaults.

From AWS's page "Factorization Machines Hyperparameters"; those with an underscore are the service's own.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from built_in import Choice, CustomerError, Hyperparameter, Text, configuration, integer, real
from factorization_machine import BINARY, REGRESSOR

if TYPE_CHECKING:
    from collections.abc import Mapping

_METHODS = Choice(("normal", "uniform", "constant"))
_TRUTH = Choice(("true", "false"))
_PARTS = ("bias", "linear", "factors")
REQUIRED = ("feature_dim", "num_factors", "predictor_type")
KNOWN: dict[str, Hyperparameter] = {
    "feature_dim": integer(),
    "num_factors": integer(),
    "predictor_type": Choice((BINARY, REGRESSOR)),
    "epochs": integer(),
    "mini_batch_size": integer(),
    "clip_gradient": real(),
    "eps": real(),
    "rescale_grad": real(),
    "use_bias": _TRUTH,
    "use_linear": _TRUTH,
    "batch_metrics_publish_interval": integer(),
    **{f"{part}_lr": real() for part in _PARTS},
    **{f"{part}_wd": real() for part in _PARTS},
    **{f"{part}_init_method": _METHODS for part in _PARTS},
    **{f"{part}_init_scale": real() for part in _PARTS},
    **{f"{part}_init_sigma": real() for part in _PARTS},
    **{f"{part}_init_value": real(-math.inf) for part in _PARTS},
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
    "epochs": "1",
    "mini_batch_size": "1000",
    "use_bias": "true",
    "use_linear": "true",
    "bias_lr": "0.1",
    "linear_lr": "0.001",
    "factors_lr": "0.0001",
    "bias_wd": "0.01",
    "linear_wd": "0.001",
    "factors_wd": "0.00001",
    "bias_init_method": "normal",
    "bias_init_sigma": "0.01",
    "linear_init_method": "normal",
    "linear_init_sigma": "0.01",
    "factors_init_method": "normal",
    "factors_init_sigma": "0.001",
    "batch_metrics_publish_interval": "500",
    "_log_level": "info",
    "_kvstore": "auto",
    "_num_gpus": "auto",
    "_num_kv_servers": "auto",
    "_tuning_objective_metric": "",
}
#: What a method of initialization needs besides its name.
_NEEDED = {"uniform": "scale", "constant": "value"}


def validated(given: Mapping[str, str]) -> dict[str, Any]:
    """All values, defaults included; raises CustomerError."""
    values = configuration(given, KNOWN, required=REQUIRED, defaults=DEFAULTS)
    for part in _PARTS:
        method = values[f"{part}_init_method"]
        needed = _NEEDED.get(method)
        if needed and f"{part}_init_{needed}" not in values:
            raise CustomerError(
                f"No value(s) were specified for '{part}_init_{needed}' which are required hyperparameter(s) with "
                f"{part}_init_method {method} (caused by ValidationError)"
            )
    return values
