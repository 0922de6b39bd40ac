"""The rounds of a training job: their metrics, their early end, and the models that they leave."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, Any, TypeVar

import container_metrics
import numpy as np
import xgboost
from channels import without_trace
from cross_validation import Predictions, folds
from hyperparameters import MAXIMIZED, UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    History = Mapping[str, Mapping[str, Sequence[float]]]

Result = TypeVar("Result")

MODEL_NAME = "xgboost-model"
#: What the container takes for the user's fault in a message of XGBoost or of a metric.
_CUSTOMER_ERRORS = (
    "label must be in [0,1] for logistic regression",
    "label must be in [0, num_class)",
    "Target is multiclass but average='binary'",
    "feature_names mismatch",
    "Check failed: preds.size() == info.labels_.size()",
    "Check failed: !auc_error AUC: the dataset only contains pos or neg samples",
    "Check failed: base_score > 0.0f && base_score < 1.0f base_score must be in (0,1) for logistic loss",
    "Check failed: label_correct PoissonRegression: label must be nonnegative",
    "Check failed: label_correct TweedieRegression: label must be nonnegative",
    "Parameter reg_lambda should be greater equal to 0",
)


class AlgorithmError(Exception):
    """The algorithm ended by a fault that is not known to be the user's."""


class MetricLines(xgboost.callback.TrainingCallback):  # type: ignore[misc]  # it is in the image alone
    """Prints one line in each round, in the form that the algorithm's metric definitions expect."""

    def after_iteration(self, _: xgboost.Booster, epoch: int, evals_log: History) -> bool:
        _say(epoch, {f"{on}-{name}": log[-1] for on, metrics in evals_log.items() for name, log in metrics.items()})
        return False


def _say(epoch: int, values: Mapping[str, float]) -> None:
    print(f"[{epoch}]{''.join(f'#011{name}:{value:.5f}' for name, value in values.items())}", flush=True)


class SavedEachRound(xgboost.callback.TrainingCallback):  # type: ignore[misc]
    """``save_model_on_termination``: a job that is stopped leaves the model of its last round."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def before_training(self, model: xgboost.Booster) -> xgboost.Booster:
        signal.signal(signal.SIGTERM, lambda *_: self._leave())
        return model

    def _leave(self) -> None:
        """A job that is told to end ends at once, and leaves no half of a model."""
        for path in self._path.parent.iterdir():
            if not path.name.startswith(MODEL_NAME):
                path.unlink()
        os._exit(0)

    def after_iteration(self, model: xgboost.Booster, epoch: int, _: History) -> bool:
        del epoch
        _save(model, self._path)
        return False


def _save(model: xgboost.Booster, path: Path) -> None:
    """Whole or not at all. XGBoost takes the format from the name's ending, and the model's has none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    written = path.parent / f".{path.name}.ubj"
    model.save_model(written)
    written.rename(path)


class Boosting:
    """``values``: the hyperparameters; ``data``: a matrix for each channel, the training data first."""

    def __init__(self, root: Path, values: Mapping[str, Any], data: Mapping[str, xgboost.DMatrix]) -> None:
        self._root, self._data = root, data
        given = dict(values)
        self._rounds = int(given.pop("num_round"))
        self._patience = given.pop("early_stopping_rounds", None)
        self._saves_each = given.pop("save_model_on_termination", "false") == "true"
        self._parts, self._turns = given.pop("_kfold", 0), given.pop("_num_cv_round", 1)
        wanted = [str(given.pop("_tuning_objective_metric", "")).partition(":")[2]]
        metrics = list(given.pop("eval_metric", []))
        #: What early stopping watches.
        self._watched = next(iter(wanted if wanted[0] else metrics[-1:]), None)
        if wanted[0]:
            metrics = sorted({*metrics, *wanted}) if metrics else wanted
        self._own = [name for name in metrics if name in container_metrics.METRICS]
        of_xgboost = [name for name in metrics if name not in container_metrics.METRICS]
        self._parameters = {
            **{name: ",".join(value) if isinstance(value, list) else value for name, value in given.items()},
            **({"eval_metric": of_xgboost} if of_xgboost else {}),
        }

    def one_model(self) -> None:
        model = _by_users_fault(lambda: self._boost(self._data["train"], MODEL_NAME, {}))
        _save(model, self._root / "model" / MODEL_NAME)

    def folds(self, rows: xgboost.DMatrix) -> None:
        """A model for each fold of ``rows``, and the predictions of the rows that each of them has not seen."""
        models = _by_users_fault(lambda: self._models_of_folds(rows))
        for number, model in enumerate(models):
            _save(model, self._root / "model" / f"{MODEL_NAME}-{number}")

    def _models_of_folds(self, rows: xgboost.DMatrix) -> list[xgboost.Booster]:
        labels = rows.get_label()
        objective, classes = self._parameters.get("objective"), self._parameters.get("num_class")
        if objective is None and classes is None:
            raise AttributeError("_kfold needs an objective")  # which the container asks for its beginning
        classification = classes is not None or str(objective).startswith("binary:")
        print(f"Run {self._turns}-round of {self._parts}-fold cross validation with {len(labels)} rows", flush=True)
        predictions = Predictions.none_yet(labels, self._turns, classification=classification)
        models: list[xgboost.Booster] = []
        logs: list[dict[str, dict[str, list[float]]]] = []
        for learned, left_out in folds(labels, self._parts, self._turns, stratified=classification):
            log: dict[str, dict[str, list[float]]] = {}
            model = self._boost(rows.slice(learned), f"{MODEL_NAME}-{len(models)}", log)
            predictions.record(len(models) // self._parts, left_out, model.predict(rows.slice(left_out)))
            models.append(model)
            logs.append(log)
            if len(models) % self._parts == 0:
                self._say_means(logs[-self._parts :])
        predictions.save(self._root / "output" / "data")
        if self._turns > 1:
            self._say_means(logs)
        return models

    def _say_means(self, logs: Sequence[History]) -> None:
        means = {
            f"{on}-{metric}": float(np.mean([log[on][metric][-1] for log in logs]))
            for metric in logs[0]["train"]
            for on in logs[0]
        }
        _say(self._rounds, means)

    def _boost(self, rows: xgboost.DMatrix, name: str, log: dict[str, dict[str, list[float]]]) -> xgboost.Booster:
        callbacks: list[xgboost.callback.TrainingCallback] = [MetricLines()]
        if self._saves_each:
            callbacks.append(SavedEachRound(self._root / "model" / name))
        if self._patience and self._watched and "validation" in self._data:
            callbacks.append(
                xgboost.callback.EarlyStopping(
                    rounds=self._patience,
                    data_name="validation",
                    metric_name=self._watched,
                    maximize=self._watched in MAXIMIZED,
                    save_best=True,
                )
            )
        return xgboost.train(
            self._parameters,
            rows,
            num_boost_round=self._rounds,
            evals=[(matrix, channel) for channel, matrix in self._data.items()],
            custom_metric=container_metrics.configured(self._own) if self._own else None,
            evals_result=log,
            callbacks=callbacks,
            verbose_eval=False,
        )


def _by_users_fault(work: Callable[[], Result]) -> Result:
    """What ``work`` returns; UserError for a fault that the container takes for the user's."""
    try:
        return work()
    except UserError:
        raise
    except Exception as error:
        message = without_trace(error)
        if any(words in message for words in _CUSTOMER_ERRORS):
            raise UserError(message) from error
        raise AlgorithmError(f"XGB train call failed with exception:\n {message}") from error
