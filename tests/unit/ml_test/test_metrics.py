"""The figures of a model that answers with labels."""

from __future__ import annotations

import numpy as np
import pytest

from ml_test.gate.answers.labels import Labels
from ml_test.gate.metrics.accuracy import Accuracy
from ml_test.gate.metrics.macro_f1 import macro_f1
from ml_test.gate.metrics.recall import Recall

LABELS = ["a", "b"]


def test_answers_that_are_no_label_are_wrong() -> None:
    """An answer that is no label counts in the last column, whatever the truth is."""
    answered = Labels().read(["a", "error 400: no", ""], ["a", "a", "b"], LABELS)
    assert answered.matrix.tolist() == [[1, 0, 1], [0, 0, 1]]
    assert answered.unusable.tolist() == [False, True, True]
    assert Accuracy().value(answered) == pytest.approx(1 / 3)


def test_recall_is_each_labels() -> None:
    """Two of three rows of a, one of one of b."""
    answered = Labels().read(["a", "a", "b", "b"], ["a", "a", "a", "b"], LABELS)
    found = {name: (estimate.value, estimate.rows) for name, estimate in Recall().figures(answered, seed=0).items()}
    assert found == {"recall of a": (pytest.approx(2 / 3), 3), "recall of b": (1.0, 1)}


def test_macro_f1_of_a_known_matrix() -> None:
    """The mean of 2·3/(4+4) and 2·1/(2+2) is the macro-F1."""
    matrix = np.array([[3, 1, 0], [1, 1, 0]])
    assert macro_f1(matrix) == pytest.approx((6 / 8 + 2 / 4) / 2)


def test_unknown_true_label_is_named() -> None:
    """A test row's label that the model cannot answer is named as a fault of the data."""
    with pytest.raises(ValueError, match=r"labels that the model does not know: \['c'\]"):
        Labels().read(["a"], ["c"], LABELS)
