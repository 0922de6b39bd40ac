"""The metrics that AWS's container adds to XGBoost's, with scikit-learn's values (``metrics/custom_metrics.py`` there).

They get what XGBoost 3 hands to a metric of the caller's: predictions that are already transformed. The container still
takes the class of one number by its sign, as if it were a margin. So for ``binary:logistic`` each row counts as class 1
there, and here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Numbers = NDArray[Any]
    Measure = Callable[[Numbers, Numbers], float]


def configured(names: Sequence[str]) -> Callable[[Numbers, Any], list[tuple[str, float]]]:
    """What XGBoost calls in each round: the metrics of these names, in this order."""

    def measured(predictions: Numbers, matrix: Any) -> list[tuple[str, float]]:
        labels = matrix.get_label()
        return [(name, float(METRICS[name](labels, predictions))) for name in names]

    return measured


def classes(predictions: Numbers) -> Numbers:
    """The class of each row: of several numbers the place of the largest, of one number whether it is positive."""
    return np.argmax(predictions, axis=-1) if predictions.ndim > 1 else (predictions > 0.0).astype(int)


def _of_classes(measure: Measure) -> Measure:
    def measured(labels: Numbers, predictions: Numbers) -> float:
        if (labels % 1).any():
            raise ValueError("Classification metrics can't handle a mix of continuous and binary targets")
        return measure(labels, classes(predictions))

    return measured


def _of_numbers(measure: Measure) -> Measure:
    def measured(labels: Numbers, predictions: Numbers) -> float:
        if predictions.ndim > 1:
            raise ValueError(
                f"y_true and y_pred have different number of output (1!={predictions.shape[1]}): the metric is one of "
                "regression"
            )
        return measure(labels.astype(float), predictions.astype(float))

    return measured


def _r2(labels: Numbers, predictions: Numbers) -> float:
    rest, all_of_it = ((labels - predictions) ** 2).sum(), ((labels - labels.mean()) ** 2).sum()
    if all_of_it == 0:
        return 1.0 if rest == 0 else 0.0
    return float(1 - rest / all_of_it)


def _hits(labels: Numbers, predicted: Numbers) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """The classes that either of the two has; of each, how many rows are right, predicted, and there."""
    names = np.union1d(labels, predicted)
    right = np.array([((labels == name) & (predicted == name)).sum() for name in names])
    said = np.array([(predicted == name).sum() for name in names])
    there = np.array([(labels == name).sum() for name in names])
    return names, right, said, there


def _share(part: Numbers, whole: Numbers) -> Numbers:
    """Zero where there is nothing to take a share of."""
    return np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)


def _precision(right: Numbers, said: Numbers, _: Numbers) -> Numbers:
    return _share(right, said)


def _recall(right: Numbers, _: Numbers, there: Numbers) -> Numbers:
    return _share(right, there)


def _f1(right: Numbers, said: Numbers, there: Numbers) -> Numbers:
    return _share(2 * right, said + there)


def _macro(of_each: Callable[[Numbers, Numbers, Numbers], Numbers]) -> Measure:
    return _of_classes(lambda labels, predicted: float(of_each(*_hits(labels, predicted)[1:]).mean()))


def _binary(of_each: Callable[[Numbers, Numbers, Numbers], Numbers]) -> Measure:
    """The value of class 1; ValueError where there are more than two classes, or two others."""

    def measured(labels: Numbers, predicted: Numbers) -> float:
        names, *counts = _hits(labels, predicted)
        if len(names) > 2:
            raise ValueError("Target is multiclass but average='binary'. Please choose another average setting.")
        if 1 not in names:
            if len(names) > 1:
                raise ValueError(f"pos_label=1 is not a valid label. It should be one of {names.tolist()}")
            return 0.0
        return float(of_each(*counts)[names.tolist().index(1)])

    return _of_classes(measured)


def _accuracy(labels: Numbers, predicted: Numbers) -> float:
    return float((labels == predicted).mean())


def _balanced(labels: Numbers, predicted: Numbers) -> float:
    """The mean recall of the classes that the labels have."""
    _, right, _, there = _hits(labels, predicted)
    return float((right[there > 0] / there[there > 0]).mean())


METRICS: dict[str, Measure] = {
    "accuracy": _of_classes(_accuracy),
    "balanced_accuracy": _of_classes(_balanced),
    "f1": _macro(_f1),
    "f1_binary": _binary(_f1),
    "f1_macro": _macro(_f1),
    "mse": _of_numbers(lambda labels, predictions: float(((labels - predictions) ** 2).mean())),
    "rmse": _of_numbers(lambda labels, predictions: float(((labels - predictions) ** 2).mean() ** 0.5)),
    "mae": _of_numbers(lambda labels, predictions: float(abs(labels - predictions).mean())),
    "precision": _binary(_precision),
    "precision_macro": _macro(_precision),
    "precision_micro": _of_classes(_accuracy),
    "r2": _of_numbers(_r2),
    "recall": _binary(_recall),
    "recall_macro": _macro(_recall),
    "recall_micro": _of_classes(_accuracy),
}
