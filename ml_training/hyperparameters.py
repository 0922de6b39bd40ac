"""The hyperparameters of SageMaker's built-in algorithms: names, types and ranges, as AWS documents them.

A synthesis refuses another one with file and line, before a job is paid for. The algorithms judge by themselves again.
Of a version or an algorithm that is not here, nothing is checked.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from handover.nearness import did_you_mean
from ml_steps.strict import Fault
from ml_training.tuning import Categorical

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ml_training.tuning import Range, Tuning

_WHOLE = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")


class Allowed(Protocol):
    """The values of one hyperparameter."""

    def has(self, text: str) -> bool:
        """Whether the algorithm takes it. SageMaker hands on every value as a text."""

    def __str__(self) -> str:
        """After "expected": ``a whole number from 1``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Number:
    """A number from ``low`` to ``high``. ``above``: without ``low`` itself; ``below``: without ``high`` itself."""

    low: float = -math.inf
    high: float = math.inf
    whole: bool = False
    above: bool = False
    below: bool = False

    def has(self, text: str) -> bool:
        if not (_WHOLE if self.whole else _NUMBER).fullmatch(text):
            return False
        value = float(text)
        above = value > self.low if self.above else value >= self.low
        return above and (value < self.high if self.below else value <= self.high)

    def __str__(self) -> str:
        said = "a whole number" if self.whole else "a number"
        if math.isfinite(self.low):
            said += f" {'above' if self.above else 'from'} {self.low:g}"
        if math.isfinite(self.high):
            said += f"{' and' if self.above and self.below else ''} {'below' if self.below else 'to'} {self.high:g}"
        return said


@dataclass(frozen=True, kw_only=True, slots=True)
class OneOf:
    values: tuple[str, ...]

    def has(self, text: str) -> bool:
        return text in self.values

    def __str__(self) -> str:
        return " or ".join(self.values)


@dataclass(frozen=True, kw_only=True, slots=True)
class Several:
    """Values joined by commas, without blanks. ``@`` and a threshold may follow a value."""

    values: tuple[str, ...]

    def has(self, text: str) -> bool:
        return all(each.partition("@")[0] in self.values for each in text.split(","))

    def __str__(self) -> str:
        return f"one or several of {', '.join(self.values)}, joined by commas without blanks"


@dataclass(frozen=True, kw_only=True, slots=True)
class Text:
    """A text that matches ``pattern``; ``called``: what it is."""

    pattern: str = ".*"
    called: str = "a text"

    def has(self, text: str) -> bool:
        return re.fullmatch(self.pattern, text) is not None

    def __str__(self) -> str:
        return self.called


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """An algorithm's hyperparameters. versions: those that have just these. required: without a default."""

    versions: tuple[str, ...]
    allowed: Mapping[str, Allowed]
    required: tuple[str, ...]
    #: Another name → the one above.
    aliases: Mapping[str, str] = field(default_factory=dict)

    def named(self, name: str) -> Allowed | None:
        return self.allowed.get(self.aliases.get(name, name))


def as_text(value: object) -> str:
    """As SageMaker hands on a hyperparameter."""
    return value if isinstance(value, str) else json.dumps(value)


def check(
    algorithm: str, version: str, given: Mapping[str, Any], of_data: Mapping[str, str], tuning: Tuning | None
) -> None:
    """Fault for the first hyperparameter that the algorithm does not have, does not take, or misses."""
    known = ALGORITHMS.get(algorithm)
    if known is None or version not in known.versions:
        return
    ranges = tuning.ranges if tuning else {}
    for name, value in given.items():
        _check_name(known, name, f"[hyperparameters] {name} = {value!r}", given, name)
        if not _has(known, name, value):
            raise Fault(f"[hyperparameters] {name} = {value!r}: expected {known.named(name)}", given, name)
    for name in of_data:
        _check_name(known, name, f"[of_data] {name}", ("of_data",), name)
    for name, values in ranges.items():
        path = ("tuning", "ranges", name)
        _check_name(known, name, f"[tuning.ranges.{name}]", path, None)
        for key, value in _tried(values):
            if not _has(known, name, value):
                raise Fault(f"[tuning.ranges.{name}] {key} = {value!r}: expected {known.named(name)}", path, key)
    there = {known.aliases.get(name, name) for name in (*given, *of_data, *ranges)}
    if missing := [name for name in known.required if name not in there]:
        raise Fault(f"[hyperparameters] must have {', '.join(missing)}: {algorithm} has no default of it", given)


def _check_name(
    known: Known, name: str, said: str, values: Mapping[str, Any] | tuple[str, ...], key: str | None
) -> None:
    if known.named(name) is None:
        names = [each for each in (*known.allowed, *known.aliases) if not each.startswith("_")]
        close = did_you_mean(name, names)
        raise Fault(f"{said} is not known here; allowed are {', '.join(names)}{close}", values, key)


def _has(known: Known, name: str, value: Any) -> bool:
    allowed = known.named(name)
    return allowed is not None and allowed.has(as_text(value))


def _tried(values: Range) -> list[tuple[str, Any]]:
    """The ends of a range, or all of its values, each with its key."""
    if isinstance(values, Categorical):
        return [("values", value) for value in values.values]
    return [(key, getattr(values, key)) for key in ("low", "high")]


_COUNT = Number(low=1, whole=True)
_SWITCH = Number(low=0, high=1, whole=True)
_SHARE = Number(low=0, high=1)
_PART = Number(low=0, high=1, above=True)
_POSITIVE = Number(low=0)
_TRUTH = OneOf(values=("true", "false"))
_SERVICE: Mapping[str, Allowed] = {
    f"_{name}": Text()
    for name in ("tuning_objective_metric", "log_level", "kvstore", "num_gpus", "num_kv_servers", "data_format")
}

XGBOOST = Known(
    versions=("3.2-0",),
    required=("num_round",),
    aliases={"learning_rate": "eta", "min_split_loss": "gamma", "reg_lambda": "lambda", "reg_alpha": "alpha"},
    allowed={
        **dict.fromkeys(("num_round", "early_stopping_rounds", "nthread", "num_parallel_tree"), _COUNT),
        **dict.fromkeys(("csv_weights", "refresh_leaf", "one_drop"), _SWITCH),
        **dict.fromkeys(("eta", "rate_drop", "skip_drop", "lambda_bias"), _SHARE),
        **dict.fromkeys(("subsample", *(f"colsample_by{part}" for part in ("tree", "level", "node"))), _PART),
        **dict.fromkeys(("gamma", "min_child_weight", "max_delta_step", "lambda", "alpha", "base_score"), _POSITIVE),
        **dict.fromkeys(("max_depth", "max_leaves", "max_bin"), Number(low=0, whole=True)),
        "aft_loss_distribution_scale": _POSITIVE,
        "verbosity": Number(low=0, high=3, whole=True),
        "sketch_eps": Number(low=0, high=1, above=True, below=True),
        "scale_pos_weight": Number(low=0, above=True),
        "tweedie_variance_power": Number(low=1, high=2, above=True, below=True),
        "num_class": Number(low=2, whole=True),
        "seed": Number(low=-(2**31) + 1, high=2**31 - 2, whole=True),
        "booster": OneOf(values=("gbtree", "gblinear", "dart")),
        "tree_method": OneOf(values=("auto", "exact", "approx", "hist")),
        "dsplit": OneOf(values=("row", "col")),
        "process_type": OneOf(values=("default", "update")),
        "grow_policy": OneOf(values=("depthwise", "lossguide")),
        "predictor": OneOf(values=("auto", "cpu_predictor", "gpu_predictor")),
        "sample_type": OneOf(values=("uniform", "weighted")),
        "normalize_type": OneOf(values=("tree", "forest")),
        "aft_loss_distribution": OneOf(values=("normal", "logistic", "extreme")),
        "sampling_method": OneOf(values=("uniform", "gradient_based")),
        **dict.fromkeys(("save_model_on_termination", "deterministic_histogram", "use_dask_gpu_training"), _TRUTH),
        **dict.fromkeys(("monotone_constraints", "interaction_constraints"), Text()),
        "updater": Several(
            values=(
                *("grow_colmaker", "distcol", "grow_histmaker", "grow_skmaker", "sync", "refresh", "prune"),
                *("shotgun", "coord_descent"),
            )
        ),
        "_tuning_objective_metric": Text(),
        "prob_buffer_row": Number(low=1, whole=True, above=True),
        "_kfold": Number(low=2, whole=True),
        "_num_cv_round": _COUNT,
        "objective": OneOf(
            values=(
                *("binary:logistic", "binary:logitraw", "binary:hinge", "count:poisson"),
                *("multi:softmax", "multi:softprob", "rank:pairwise", "rank:ndcg", "rank:map"),
                *("reg:linear", "reg:squarederror", "reg:logistic", "reg:gamma", "reg:pseudohubererror"),
                *("reg:squaredlogerror", "reg:absoluteerror", "reg:tweedie", "survival:aft", "survival:cox"),
            )
        ),
        "eval_metric": Several(
            values=(
                *("auc", "aucpr", "map", "ndcg", "aft-nloglik", "cox-nloglik", "error", "gamma-deviance"),
                *("gamma-nloglik", "interval-regression-accuracy", "logloss", "mae", "mape", "merror", "mlogloss"),
                *("mphe", "poisson-nloglik", "rmse", "rmsle", "tweedie-nloglik"),
                *("accuracy", "balanced_accuracy", "f1", "f1_binary", "f1_macro", "mse", "precision", "r2", "recall"),
                *("precision_macro", "precision_micro", "recall_macro", "recall_micro"),
            )
        ),
    },
)

NTM = Known(
    versions=("1",),
    required=("feature_dim", "num_topics"),
    allowed={
        "feature_dim": Number(low=1, high=1_000_000, whole=True),
        "num_topics": Number(low=2, high=1000, whole=True),
        "batch_norm": _TRUTH,
        "clip_gradient": Number(low=1e-3),
        "encoder_layers": Text(
            pattern=r"auto|[1-9][0-9]*(,\s*[1-9][0-9]*)*", called="auto, or positive whole numbers joined by commas"
        ),
        "encoder_layers_activation": OneOf(values=("sigmoid", "tanh", "relu")),
        **dict.fromkeys(("epochs", "num_patience_epochs"), _COUNT),
        "mini_batch_size": Number(low=1, high=10_000, whole=True),
        "learning_rate": Number(low=1e-6, high=1),
        "optimizer": OneOf(values=("sgd", "adam", "adagrad", "adadelta", "rmsprop")),
        "rescale_gradient": Number(low=1e-3, high=1),
        **dict.fromkeys(("sub_sample", "weight_decay"), _SHARE),
        "tolerance": Number(low=1e-6, high=0.1),
        **_SERVICE,
    },
)

_PARTS = ("bias", "linear", "factors")
FACTORIZATION_MACHINES = Known(
    versions=("1",),
    required=("feature_dim", "num_factors", "predictor_type"),
    allowed={
        **dict.fromkeys(("feature_dim", "num_factors", "epochs", "mini_batch_size"), _COUNT),
        "batch_metrics_publish_interval": _COUNT,
        "predictor_type": OneOf(values=("binary_classifier", "regressor")),
        **dict.fromkeys(("clip_gradient", "eps", "rescale_grad"), _POSITIVE),
        **dict.fromkeys(("use_bias", "use_linear"), _TRUTH),
        **{f"{part}_{name}": _POSITIVE for part in _PARTS for name in ("lr", "wd", "init_scale", "init_sigma")},
        **{f"{part}_init_method": OneOf(values=("normal", "uniform", "constant")) for part in _PARTS},
        **{f"{part}_init_value": Number() for part in _PARTS},
        **_SERVICE,
    },
)

ALGORITHMS: Mapping[str, Known] = {"xgboost": XGBOOST, "ntm": NTM, "factorization-machines": FACTORIZATION_MACHINES}
