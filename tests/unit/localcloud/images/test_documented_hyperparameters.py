"""What a synthesis allows of a hyperparameter, the stand-in of the algorithm allows as well, and nothing else."""

from __future__ import annotations

import hyperparameters as xgboost
import machine_hyperparameters as machines
import pytest
import topic_hyperparameters as topics
from built_in import CustomerError

from ml_training.hyperparameters import ALGORITHMS, OneOf, Several

NUMBERS = (
    "-1",
    "0",
    "1",
    "2",
    "3",
    "4",
    "1.5",
    "0.5",
    "1e-7",
    "0.0005",
    "1000",
    "1001",
    "10001",
    "1000001",
    "3000000000",
)
OTHERS = ("true", "auto", "16,8", "no such value")
STAND_INS = {"xgboost": xgboost._HYPERPARAMETERS, "ntm": topics.KNOWN, "factorization-machines": machines.KNOWN}


def taken(known, name: str, text: str) -> bool:
    """Whether the stand-in reads the text."""
    try:
        known[name].read(name, text)
    except (xgboost.UserError, CustomerError):
        return False
    return True


@pytest.mark.parametrize("algorithm", sorted(STAND_INS))
def test_the_names_are_the_same(algorithm):
    """The same ones must be given, too, and have the same other names."""
    ours = ALGORITHMS[algorithm]
    assert set(ours.allowed) == set(STAND_INS[algorithm])
    required = {"xgboost": ("num_round",), "ntm": topics.REQUIRED, "factorization-machines": machines.REQUIRED}
    assert sorted(ours.required) == sorted(required[algorithm])
    assert ours.aliases == (xgboost._ALIASES if algorithm == "xgboost" else {})


@pytest.mark.parametrize("algorithm", sorted(STAND_INS))
def test_the_values_are_the_same(algorithm):
    """Numbers around each bound, and every text that one of the two knows."""
    known, compared = STAND_INS[algorithm], 0
    for name, allowed in ALGORITHMS[algorithm].allowed.items():
        if name not in known or isinstance(allowed, Several):
            continue
        texts = allowed.values if isinstance(allowed, OneOf) else ()
        for text in (*NUMBERS, *OTHERS, *texts, *getattr(getattr(known[name], "allowed", None), "values", ())):
            assert allowed.has(text) is taken(known, name, text), f"{algorithm} {name} = {text}"
            compared += 1
    assert compared > 300


def test_the_metrics_are_the_same():
    """Those of the container's own, too."""
    assert set(ALGORITHMS["xgboost"].allowed["eval_metric"].values) == {*xgboost._METRICS, *xgboost._CONTAINER_METRICS}
    assert set(ALGORITHMS["xgboost"].allowed["objective"].values) == set(xgboost._OBJECTIVES)
