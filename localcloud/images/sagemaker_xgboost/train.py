"""Trains like AWS's image sagemaker-xgboost:3.2-0 in algorithm mode.

It reads /opt/ml/input, prints a line of metrics in each round, and writes /opt/ml/model/xgboost-model. After a fault it
exits with a non-zero code and leaves the reason in /opt/ml/output/failure.
"""

from __future__ import annotations

import json
import sys
import traceback
from typing import TYPE_CHECKING, Any

import xgboost
from channels import read_channel
from container import opt_ml
from hyperparameters import MAXIMIZED, UserError, validated

if TYPE_CHECKING:
    from pathlib import Path

MODEL_NAME = "xgboost-model"
#: XGBoost's messages when data or parameters are at fault, not the algorithm.
_CUSTOMER_ERRORS = (
    "label must be in [0,1] for logistic regression",
    "label must be in [0, num_class)",
    "label must be discrete values in the range of [0, num_class)",
    "feature_names mismatch",
    "AUC: the dataset only contains pos or neg samples",
    "base_score must be in (0,1)",
    "label must be nonnegative",
)


class MetricLines(xgboost.callback.TrainingCallback):
    """Prints one line in each round, in the form that the algorithm's metric definitions expect."""

    def after_iteration(self, _: xgboost.Booster, epoch: int, evals_log: dict[str, dict[str, list[float]]]) -> bool:
        scores = [
            f"#011{channel}-{metric}:{history[-1]:.5f}"
            for channel, metrics in evals_log.items()
            for metric, history in metrics.items()
        ]
        print(f"[{epoch}]{''.join(scores)}", flush=True)
        return False


def train(root: Path) -> None:
    """Raises UserError for faults that the user can correct."""
    config = root / "input" / "config"
    values = validated(json.loads((config / "hyperparameters.json").read_text()))
    channels = json.loads((config / "inputdataconfig.json").read_text())
    unknown = sorted(set(channels) - {"train", "validation"})
    if unknown:
        raise UserError(f"Extraneous channel found: {unknown[0]}; the algorithm takes train and validation")
    if "train" not in channels:
        raise UserError("Missing required channel: train")
    weighted = values.pop("csv_weights", 0) == 1
    data = {
        name: read_channel(root / "input" / "data" / name, channels[name].get("ContentType"), weighted=weighted)
        for name in ("train", "validation")
        if name in channels
    }
    for name, matrix in data.items():
        print(f"{name.capitalize()} matrix has {matrix.num_row()} rows and {matrix.num_col()} columns", flush=True)
    booster = _boost(values, data)
    (root / "model").mkdir(parents=True, exist_ok=True)
    booster.save_model(root / "model" / f"{MODEL_NAME}.ubj")
    (root / "model" / f"{MODEL_NAME}.ubj").rename(root / "model" / MODEL_NAME)


def _boost(values: dict[str, Any], data: dict[str, xgboost.DMatrix]) -> xgboost.Booster:
    rounds = int(values.pop("num_round"))
    patience = values.pop("early_stopping_rounds", None)
    objective_metric = values.pop("_tuning_objective_metric", None)
    values.pop("save_model_on_termination", None)
    metrics = list(values.pop("eval_metric", []))
    if objective_metric:
        # Last, because early stopping watches the last one.
        wanted = str(objective_metric).partition(":")[2]
        metrics = [*(metric for metric in metrics if metric != wanted), wanted]
    callbacks: list[xgboost.callback.TrainingCallback] = [MetricLines()]
    if patience and metrics and "validation" in data:
        callbacks.append(
            xgboost.callback.EarlyStopping(
                rounds=patience,
                data_name="validation",
                metric_name=metrics[-1],
                maximize=metrics[-1].partition("@")[0] in MAXIMIZED,
                save_best=True,
            )
        )
    parameters = {name: ",".join(value) if isinstance(value, list) else value for name, value in values.items()}
    try:
        return xgboost.train(
            {**parameters, **({"eval_metric": metrics} if metrics else {})},
            data["train"],
            num_boost_round=rounds,
            evals=[(matrix, name) for name, matrix in data.items()],
            callbacks=callbacks,
            verbose_eval=False,
        )
    except xgboost.core.XGBoostError as error:
        message = str(error).partition("\nStack trace:")[0]  # addresses in a library tell a user nothing
        if any(words in message for words in _CUSTOMER_ERRORS):
            raise UserError(message) from error
        raise


def main() -> None:
    root = opt_ml()
    try:
        train(root)
    except Exception as error:  # noqa: BLE001  (whatever it is, it belongs in the failure file)
        if isinstance(error, UserError):
            reason = f"ClientError: {error}"
            print(reason, file=sys.stderr, flush=True)
        else:
            message = str(error).partition("\nStack trace:")[0]
            reason = f"AlgorithmError: XGB train call failed with exception:\n {message}"
            traceback.print_exc()
        (root / "output").mkdir(parents=True, exist_ok=True)
        (root / "output" / "failure").write_text(reason)
        sys.exit(1)


if __name__ == "__main__":
    main()
