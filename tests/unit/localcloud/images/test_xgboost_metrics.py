"""The metrics of the container's own, by scikit-learn's values, and the folds of its cross validation."""

from __future__ import annotations

import numpy as np
import pytest
from container_metrics import METRICS, configured
from cross_validation import Predictions, folds
from hyperparameters import UserError

#: Four rows of three classes, of which the second is taken for class 2.
LABELS = np.array([0.0, 1.0, 2.0, 2.0])
SCORES = np.array([[0.6, 0.2, 0.2], [0.1, 0.3, 0.6], [0.1, 0.2, 0.7], [0.2, 0.2, 0.6]])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("accuracy", 0.75),
        ("balanced_accuracy", 2 / 3),
        ("f1", 0.6),
        ("f1_macro", 0.6),
        ("precision_macro", 5 / 9),
        ("precision_micro", 0.75),
        ("recall_macro", 2 / 3),
        ("recall_micro", 0.75),
    ],
)
def test_classes_are_measured(name, value):
    """Each is scikit-learn's number for these rows."""
    assert METRICS[name](LABELS, SCORES) == pytest.approx(value)


@pytest.mark.parametrize(("name", "value"), [("f1_binary", 0.8), ("precision", 2 / 3), ("recall", 1.0)])
def test_class_1_is_measured(name, value):
    """Rows with a positive score are taken for class 1."""
    assert METRICS[name](np.array([0.0, 1.0, 1.0]), np.array([0.5, 0.5, 0.9])) == pytest.approx(value)


@pytest.mark.parametrize(("name", "value"), [("mse", 0.5), ("rmse", 0.5**0.5), ("mae", 0.5), ("r2", -1.0)])
def test_numbers_are_measured(name, value):
    """Each is scikit-learn's number for these rows."""
    assert METRICS[name](np.array([1.0, 2.0]), np.array([2.0, 2.0])) == pytest.approx(value)


def test_labels_all_alike_have_a_determination():
    """It is 0, and 1 where the predictions are right."""
    assert METRICS["r2"](np.array([1.0, 1.0]), np.array([1.0, 2.0])) == 0.0
    assert METRICS["r2"](np.array([1.0, 1.0]), np.array([1.0, 1.0])) == 1.0


@pytest.mark.parametrize(
    ("name", "labels", "scores", "message"),
    [
        ("f1_binary", LABELS, SCORES, "Target is multiclass but average='binary'"),
        ("recall", np.array([0.0, 2.0]), np.array([-1.0, -1.0]), "pos_label=1 is not a valid label"),
        ("accuracy", np.array([0.5, 1.0]), np.array([1.0, 1.0]), "mix of continuous and binary targets"),
        ("rmse", LABELS, SCORES, "different number of output"),
    ],
)
def test_a_metric_that_does_not_fit_is_refused(name, labels, scores, message):
    """In scikit-learn's words."""
    with pytest.raises(ValueError, match=message):
        METRICS[name](labels, scores)


def test_a_round_reports_all_in_order():
    """As XGBoost asks for them: the name and the number of each."""

    class Matrix:
        def get_label(self):
            return np.array([1.0, 3.0])

    assert configured(["mae", "mse"])(np.array([1.0, 1.0]), Matrix()) == [("mae", 1.0), ("mse", 2.0)]


def test_each_row_is_left_out_once_a_round():
    """With stratified folds, each has its share of each label."""
    labels = np.array([0.0] * 6 + [1.0] * 3)
    dealt = list(folds(labels, 3, 2, stratified=True))
    assert len(dealt) == 6
    for turn in (dealt[:3], dealt[3:]):
        assert sorted(np.concatenate([left_out for _, left_out in turn])) == list(range(9))
    for learned, left_out in dealt:
        assert not set(learned) & set(left_out)
        assert labels[left_out].tolist() == [0.0, 0.0, 1.0]


def test_more_folds_than_rows_are_refused():
    """In the words of scikit-learn."""
    with pytest.raises(UserError, match="n_splits=3 cannot be greater"):
        list(folds(np.array([1.0, 2.0]), 3, 1, stratified=False))


def test_predictions_of_the_rounds_are_put_together(tmp_path):
    """A line a row: label, mean probability and commonest class; of numbers the label and their mean."""
    kept = Predictions.none_yet(np.array([1.0, 0.0]), 2, classification=True)
    for turn, probability in enumerate((0.25, 0.75)):
        kept.record(turn, np.array([0, 1]), np.array([probability, 0.25]))
    kept.save(tmp_path / "data")
    assert (
        tmp_path / "data" / "predictions.csv"
    ).read_text() == "1.000000,0.500000,0.000000\n0.000000,0.250000,0.000000\n"
    numbers = Predictions.none_yet(np.array([1.0]), 2, classification=False)
    numbers.record(0, np.array([0]), np.array([1.0]))
    numbers.record(1, np.array([0]), np.array([2.0]))
    numbers.save(tmp_path / "data")
    assert (tmp_path / "data" / "predictions.csv").read_text() == "1.000000,1.500000\n"


def test_the_winning_class_and_its_probability_are_kept(tmp_path):
    """It is the largest of several."""
    kept = Predictions.none_yet(np.array([2.0]), 1, classification=True)
    kept.record(0, np.array([0]), np.array([[0.1, 0.2, 0.7]]))
    kept.save(tmp_path)
    assert (tmp_path / "predictions.csv").read_text() == "2.000000,0.700000,2.000000\n"
