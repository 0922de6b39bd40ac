"""Answers with what SAGEMAKER_INFERENCE_OUTPUT lists, and answers of several models."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import recordio
from selectable_inference import Selection
from votes import together

BINARY = np.array([0.75, 0.25])
SEVERAL = np.array([[0.25, 0.5, 0.25]])


def test_what_is_listed_is_answered_in_its_order():
    """Blanks and capitals in the list do not matter; lists are quoted in CSV."""
    chosen = Selection.of("Probability, predicted_label,probabilities", "binary:logistic", 0)
    assert chosen.answer(BINARY, "text/csv").decode() == '0.75,1,"[0.25, 0.75]"\n0.25,0,"[0.75, 0.25]"'


@pytest.mark.parametrize(
    ("objective", "row", "said"),
    [
        (
            "binary:logitraw",
            -0.5,
            {"predicted_label": 0, "labels": [0, 1], "raw_score": -0.5, "raw_scores": [1.5, -0.5]},
        ),
        ("binary:hinge", 1.0, {"predicted_label": 1.0, "labels": [0, 1], "raw_score": 1.0, "raw_scores": [0.0, 1.0]}),
        (
            "multi:softmax",
            2.0,
            {"predicted_label": 2.0, "labels": [0, 1, 2], "raw_score": 2.0, "raw_scores": [-1.0, 2.0]},
        ),
        ("reg:squarederror", 4.5, {"predicted_score": 4.5}),
    ],
)
def test_each_objective_has_its_own_keys(objective, row, said):
    """As JSON, with the values that AWS's container gives them."""
    answer = json.loads(Selection.of(",".join(said), objective, 3).answer(np.array([row]), "application/json"))
    assert answer == {"predictions": [said]}


def test_several_classes_are_told_by_the_largest():
    """One JSON document a line."""
    keys = "predicted_label,probability,probabilities,raw_score,raw_scores"
    line = json.loads(Selection.of(keys, "multi:softprob", 3).answer(SEVERAL, "application/jsonlines"))
    numbers = [0.25, 0.5, 0.25]
    said = {"predicted_label": 1, "probability": 0.5, "probabilities": numbers, "raw_score": 0.5, "raw_scores": numbers}
    assert line == said


def test_a_key_without_a_value_is_not_a_number():
    """A regression has no label."""
    answer = Selection.of("predicted_label", "reg:squarederror", 0).answer(np.array([1.5]), "application/json")
    assert math.isnan(json.loads(answer)["predictions"][0]["predicted_label"])


def test_records_carry_a_label_for_each_key():
    """RecordIO-protobuf is a format of selectable inference, too."""
    body = Selection.of("probability,labels", "binary:logistic", 0).answer(BINARY[:1], recordio.CONTENT_TYPE)
    (record,) = recordio.read(body)
    assert {name: tensor.values.tolist() for name, tensor in record.label.items()} == {
        "probability": [0.75],
        "labels": [0.0, 1.0],
    }


def test_what_cannot_be_selected_from_is_refused():
    """An objective without keys, and a format that is none of the four."""
    with pytest.raises(ValueError, match="Objective `count:poisson` unsupported"):
        Selection.of("predicted_score", "count:poisson", 0).answer(np.array([1.0]), "text/csv")
    with pytest.raises(ValueError, match="Cannot encode selected predictions into accept type 'application/x-npy'"):
        Selection.of("labels", "binary:hinge", 0).answer(np.array([1.0]), "application/x-npy")


def test_models_answer_together():
    """Numbers by their mean, classes by the majority, and the smallest of several with as many votes."""
    assert together([np.array([1.0, 2.0]), np.array([3.0, 2.0])], "reg:squarederror").tolist() == [2.0, 2.0]
    votes = [np.array([2.0, 1.0]), np.array([2.0, 0.0]), np.array([1.0, 2.0])]
    assert together(votes, "multi:softmax").tolist() == [2.0, 0.0]
