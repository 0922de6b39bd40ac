from __future__ import annotations

import numpy as np
import pytest

from ml_test.gate.metrics import accuracy, confusion_matrix, macro_f1

LABELS = ["a", "b"]


def test_answers_that_are_no_label_are_wrong() -> None:
    """They stand in the last column, whatever the truth is."""
    matrix = confusion_matrix(["a", "a", "b"], ["a", "error 400: no", ""], LABELS)
    assert matrix.tolist() == [[1, 0, 1], [0, 0, 1]]
    assert accuracy(matrix) == pytest.approx(1 / 3)


def test_macro_f1_of_a_known_matrix() -> None:
    """F1 of a: 2·3/(4+4); of b: 2·1/(2+2)."""
    matrix = np.array([[3, 1, 0], [1, 1, 0]])
    assert macro_f1(matrix) == pytest.approx((6 / 8 + 2 / 4) / 2)


def test_figures_keep_leading_dimensions() -> None:
    """A stack of resampled matrices gives a figure for each."""
    stack = np.array([[[3, 1, 0], [1, 1, 0]], [[4, 0, 0], [0, 2, 0]]])
    assert accuracy(stack).tolist() == pytest.approx([4 / 6, 1.0])
    assert macro_f1(stack).tolist() == pytest.approx([0.625, 1.0])


def test_unknown_true_label_is_named() -> None:
    """A test row with a label that the model cannot answer is a fault of the data, not of the model."""
    with pytest.raises(ValueError, match=r"labels that the model does not know: \['c'\]"):
        confusion_matrix(["c"], ["a"], LABELS)
