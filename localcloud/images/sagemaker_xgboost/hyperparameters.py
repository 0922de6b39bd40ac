"""The built-in algorithm's hyperparameters: names, types, ranges, and its messages for invalid ones.

From the container's source (github.com/aws/sagemaker-xgboost-container, ``hyperparameter_validation.py``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

Value = int | float | str | list[str]


class UserError(Exception):
    """The user's input is at fault: the job fails with a ClientError."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Numbers from ``low`` to ``high``. ``open_low`` and ``open_high`` exclude the ends."""

    low: float = -math.inf
    high: float = math.inf
    open_low: bool = False
    open_high: bool = False

    def __contains__(self, value: object) -> bool:
        if not isinstance(value, int | float):
            return False
        above = value > self.low if self.open_low else value >= self.low
        below = value < self.high if self.open_high else value <= self.high
        return above and below

    def __str__(self) -> str:
        low = "(-inf" if self.low == -math.inf else f"{'(' if self.open_low else '['}{self.low}"
        high = "+inf)" if self.high == math.inf else f"{self.high}{')' if self.open_high else ']'}"
        return f"{low}, {high}"


@dataclass(frozen=True, slots=True)
class Hyperparameter:
    """``allowed``: what must contain the parsed value, or each value of a list."""

    parse: Callable[[str], Value]
    allowed: Interval | tuple[str, ...] | None = None

    def read(self, name: str, text: str) -> Value:
        try:
            value = self.parse(text)
        except ValueError as error:
            raise UserError(f"Hyperparameter {name}: could not parse value") from error
        if self.allowed is None:
            return value
        if isinstance(value, list):
            if any(each not in self.allowed for each in value):
                allowed = list(self.allowed) if isinstance(self.allowed, tuple) else self.allowed
                raise UserError(f"Hyperparameter {name}: value {value} not in range {allowed}")
        elif value not in self.allowed:
            raise UserError(f"Hyperparameter {name}: {value} is not in {self.allowed}")
        return value


def _integer(low: float = -math.inf, high: float = math.inf) -> Hyperparameter:
    return Hyperparameter(int, Interval(low, high))


def _real(low: float, high: float = math.inf, *, open_low: bool = False, open_high: bool = False) -> Hyperparameter:
    return Hyperparameter(float, Interval(low, high, open_low, open_high))


def _one_of(*values: str) -> Hyperparameter:
    return Hyperparameter(str, values)


def _list(text: str) -> list[str]:
    """As it is written: the container takes no blank after a comma either."""
    return text.split(",")


_OBJECTIVES = [
    "binary:logistic",
    "binary:logitraw",
    "binary:hinge",
    "count:poisson",
    "multi:softmax",
    "multi:softprob",
    "rank:pairwise",
    "rank:ndcg",
    "rank:map",
    "reg:linear",
    "reg:squarederror",
    "reg:logistic",
    "reg:gamma",
    "reg:pseudohubererror",
    "reg:squaredlogerror",
    "reg:absoluteerror",
    "reg:tweedie",
    "survival:aft",
    "survival:cox",
]

#: XGBoost's own metrics. The container computes ``rmse`` and ``mae`` itself.
_METRICS = [
    "auc",
    "aucpr",
    "map",
    "ndcg",
    "aft-nloglik",
    "cox-nloglik",
    "error",
    "gamma-deviance",
    "gamma-nloglik",
    "interval-regression-accuracy",
    "logloss",
    "mae",
    "mape",
    "merror",
    "mlogloss",
    "mphe",
    "poisson-nloglik",
    "rmse",
    "rmsle",
    "tweedie-nloglik",
]
_CONTAINER_METRICS = [
    "accuracy",
    "balanced_accuracy",
    "f1",
    "f1_binary",
    "f1_macro",
    "mse",
    "precision",
    "r2",
    "recall",
    "precision_macro",
    "precision_micro",
    "recall_macro",
    "recall_micro",
]
_THRESHOLD_METRICS = ("error", "ndcg", "map")
#: In which early stopping waits for more. The container knows them without a threshold alone.
MAXIMIZED = ("auc", "aucpr", "map", "ndcg", *(name for name in _CONTAINER_METRICS if name != "mse"))
_GROWING = ("grow_colmaker", "distcol", "grow_histmaker", "grow_quantile_histmaker")
_TREE_UPDATERS = ("grow_colmaker", "distcol", "grow_histmaker", "grow_skmaker", "sync", "refresh", "prune")
_LINEAR_UPDATERS = ("shotgun", "coord_descent")

_HYPERPARAMETERS = {
    "num_round": _integer(1),
    "csv_weights": _integer(0, 1),
    "early_stopping_rounds": _integer(1),
    "booster": _one_of("gbtree", "gblinear", "dart"),
    "verbosity": _integer(0, 3),
    "nthread": _integer(1),
    "eta": _real(0, 1),
    "gamma": _real(0),
    "max_depth": _integer(0),
    "min_child_weight": _real(0),
    "max_delta_step": _real(0),
    "subsample": _real(0, 1, open_low=True),
    "colsample_bytree": _real(0, 1, open_low=True),
    "colsample_bylevel": _real(0, 1, open_low=True),
    "colsample_bynode": _real(0, 1, open_low=True),
    "lambda": _real(0),
    "alpha": _real(0),
    "tree_method": _one_of("auto", "exact", "approx", "hist"),
    "sketch_eps": _real(0, 1, open_low=True, open_high=True),
    "scale_pos_weight": _real(0, open_low=True),
    "updater": Hyperparameter(_list, (*_TREE_UPDATERS, *_LINEAR_UPDATERS)),
    "dsplit": _one_of("row", "col"),
    "refresh_leaf": _integer(0, 1),
    "process_type": _one_of("default", "update"),
    "grow_policy": _one_of("depthwise", "lossguide"),
    "max_leaves": _integer(0),
    "max_bin": _integer(0),
    "predictor": _one_of("auto", "cpu_predictor", "gpu_predictor"),
    "monotone_constraints": Hyperparameter(str),
    "interaction_constraints": Hyperparameter(str),
    "sample_type": _one_of("uniform", "weighted"),
    "normalize_type": _one_of("tree", "forest"),
    "rate_drop": _real(0, 1),
    "one_drop": _integer(0, 1),
    "skip_drop": _real(0, 1),
    "lambda_bias": _real(0, 1),
    "tweedie_variance_power": _real(1, 2, open_low=True, open_high=True),
    "objective": _one_of(*_OBJECTIVES),
    "num_class": _integer(2),
    "base_score": _real(0),
    "_tuning_objective_metric": Hyperparameter(str),
    "eval_metric": Hyperparameter(_list),
    "seed": _integer(-(2**31) + 1, 2**31 - 2),
    "num_parallel_tree": _integer(1),
    "save_model_on_termination": _one_of("true", "false"),
    "aft_loss_distribution": _one_of("normal", "logistic", "extreme"),
    "aft_loss_distribution_scale": _real(0),
    "deterministic_histogram": _one_of("true", "false"),
    "sampling_method": _one_of("uniform", "gradient_based"),
    "prob_buffer_row": Hyperparameter(int, Interval(1, open_low=True)),
    "_kfold": _integer(2),
    "_num_cv_round": _integer(1),
    "use_dask_gpu_training": _one_of("true", "false"),
}
_ALIASES = {"learning_rate": "eta", "min_split_loss": "gamma", "reg_lambda": "lambda", "reg_alpha": "alpha"}


def validated(given: dict[str, str]) -> dict[str, Value]:
    """The parsed hyperparameters; raises UserError with the one at fault, its value and what is allowed."""
    named = {_ALIASES.get(name, name): text for name, text in given.items()}
    if "num_round" not in named:
        raise UserError("Missing required hyperparameter: num_round")
    values: dict[str, Value] = {}
    for name, text in named.items():
        if name not in _HYPERPARAMETERS:
            raise UserError(f"Extraneous hyperparameter found: {name}")
        values[name] = _HYPERPARAMETERS[name].read(name, text)
    if values.get("objective") in {"multi:softmax", "multi:softprob"} and "num_class" not in values:
        raise UserError("Require input for parameter 'num_class' for multi-classification")
    _check_metrics(values)
    _check_constraints(values)
    _check_updaters(values)
    _check_tuning(values)
    _check_dask(values)
    return values


def _numbers(name: str, text: str, brackets: str) -> list[int]:
    try:
        return [int(part) for part in text.translate(str.maketrans("", "", brackets)).split(",") if part.strip()]
    except ValueError as error:
        raise UserError(f"Hyperparameter {name}: could not parse value") from error


def _check_constraints(values: dict[str, Value]) -> None:
    monotone, interaction = values.get("monotone_constraints"), values.get("interaction_constraints")
    method = values.get("tree_method")
    for name, given, methods in (
        ("monotone_constraints", monotone, ("exact", "hist")),
        ("interaction_constraints", interaction, ("exact", "hist", "approx")),
    ):
        if given is not None and method not in methods:
            raise UserError(f"{name} can be used only when the tree_method parameter is set to one of {methods}")
    if monotone is not None:
        wrong = [each for each in _numbers("monotone_constraints", str(monotone), "()[] ") if each not in (-1, 0, 1)]
        if wrong:
            raise UserError(f"Hyperparameter monotone_constraints: value {wrong[0]} not in range [-1, 0, 1]")
    if interaction is not None:
        wrong = [each for each in _numbers("interaction_constraints", str(interaction), "[] ") if each < 1]
        if wrong:
            raise UserError(f"Hyperparameter interaction_constraints: value {wrong[0]} not in range [1, +inf)")


def _check_updaters(values: dict[str, Value]) -> None:
    updaters = values.get("updater")
    if not isinstance(updaters, list):
        return
    if values.get("booster") == "gblinear":
        if len(updaters) != 1 or updaters[0] not in _LINEAR_UPDATERS:
            raise UserError(f"Linear updater should be one of these options: {', '.join(_LINEAR_UPDATERS)}.")
    elif values.get("process_type") == "update":
        if not {"refresh", "prune"}.issuperset(updaters):
            raise UserError("process_type 'update' can only be used with updater 'refresh' and 'prune'")
    elif not set(_TREE_UPDATERS).issuperset(updaters):
        raise UserError(f"Tree updater should be selected from these options: {', '.join(_TREE_UPDATERS)}.")
    elif sum(each in _GROWING for each in updaters) > 1:
        raise UserError(f"Only one tree grow plugin can be selected. Choose one from the following: {_GROWING}")


def _check_tuning(values: dict[str, Value]) -> None:
    wanted = values.get("_tuning_objective_metric")
    allowed = [f"validation:{each}" for each in (*_METRICS, *_CONTAINER_METRICS)]
    if wanted is not None and wanted not in allowed:
        raise UserError(f"Hyperparameter _tuning_objective_metric: value {wanted} is not in [{', '.join(allowed)}]")


def _check_metrics(values: dict[str, Value]) -> None:
    metrics = values.get("eval_metric")
    if not isinstance(metrics, list):
        return
    for metric in metrics:
        if "@" in metric:
            _check_threshold(metric)
        elif metric not in _METRICS and metric not in _CONTAINER_METRICS:
            raise UserError(f"Hyperparameter eval_metric: value {metrics} not in range {_METRICS + _CONTAINER_METRICS}")
    if "objective" not in values:
        # The container looks it up without asking whether it is there.
        raise KeyError("objective: eval_metric is checked against it, and it has no default there")
    objective = str(values["objective"])
    if "auc" in metrics and not objective.startswith(("binary:", "rank:")):
        raise UserError("Metric 'auc' can only be applied for classification and ranking problems.")
    if "aft-nloglik" in metrics and objective != "survival:aft":
        raise UserError("Metric 'aft-nloglik' can only be applied for 'survival:aft' objective.")


def _check_threshold(metric: str) -> None:
    name, threshold = (part.strip() for part in metric.split("@")[:2])
    if name not in _THRESHOLD_METRICS:
        raise UserError(
            f"Metric '{metric}' is not supported. Parameter 'eval_metric' with customized threshold should "
            "be one of these options: 'error', 'ndcg', 'map'."
        )
    try:
        float(threshold)
    except ValueError as error:
        raise UserError(f"Threshold value 't' in '{name}@t' expects float input.") from error


def _check_dask(values: dict[str, Value]) -> None:
    """No instance of the local cloud has a GPU, without which AWS refuses it as well."""
    if values.get("use_dask_gpu_training") == "true":
        raise UserError(
            "Some configurations unsuitable for Dask GPU training were found: Dask training is only available for "
            "`hist` (or `gpu_hist`) training on GPU instances."
        )
