"""Which difference between two models so many test rows can tell, before there is a model.

The number is (z of 97.5 % + z of 80 %) standard errors of the paired difference. It answers two questions at once: how
large a loss proves a challenger worse in four of five cases, and what is the smallest margin with which an equal
challenger is promoted in four of five cases. With a smaller margin the gate holds most of the time.
"""

from __future__ import annotations

from math import ceil, floor, log10, sqrt
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit, logit, ndtri

from ml_test.gate.answers.labels import Labels
from ml_test.gate.answers.probability import Probability
from ml_test.gate.delong import Placements
from ml_test.gate.gains import Pair, closed_gain
from ml_test.gate.intervals import CONFIDENCE
from ml_test.gate.metrics.accuracy import Accuracy
from ml_test.gate.metrics.auc import Auc

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

REACH = float(ndtri(0.975) + ndtri(0.8))
#: What is assumed of a model that nobody has trained: how often it is right, and its area under the ROC curve.
ASSUMED = 0.9
#: Of what makes one model wrong, how much does so to the other one.
SHARED_MISTAKES, SHARED_NOISE = 0.5, 0.9
SIMULATIONS = 50


def accuracy_detected(rows: int, accuracy: float = ASSUMED, shared: float = SHARED_MISTAKES) -> float:
    """Equal models that share so many of their mistakes differ on the others of each."""
    return REACH * sqrt(2 * (1 - accuracy) * (1 - shared) / rows)


def auc_detected(rows: int, share: float, auc: float = ASSUMED, shared: float = SHARED_NOISE) -> float:
    """By DeLong's standard error for two simulated models. share: of the rows, those with the event."""
    generator = np.random.default_rng(rows)
    truth = (np.arange(rows) < rows * share).astype(np.int64)
    errors = []
    for _ in range(SIMULATIONS):
        champion, challenger = paired_scores(truth.astype(float), (auc, auc), shared, generator)
        errors.append(Placements.of(truth, challenger).minus(Placements.of(truth, champion)).error)
    return REACH * float(np.mean(errors))


def paired_scores(
    truth: Numbers, aucs: tuple[float, float], shared: float, generator: np.random.Generator
) -> tuple[Numbers, Numbers]:
    """Calibrated probabilities of two models with these areas that share part of their noise."""
    variances = [_variance(auc) for auc in aucs]
    common = shared * min(variances)
    noise = sqrt(common) * generator.normal(size=len(truth))
    scores = [truth + noise + sqrt(one - common) * generator.normal(size=len(truth)) for one in variances]
    # Bayes: the odds of normal scores with means 0 and 1
    champion, challenger = (
        expit(logit(truth.mean()) + (score - 0.5) / variance) for score, variance in zip(scores, variances, strict=True)
    )
    return champion, challenger


def accuracy_margin(truth: Sequence[str], labels: Sequence[str]) -> float:
    """The smallest round margin with which an equal model, and an unchanged one, is promoted on these test rows."""
    wrong = round((1 - ASSUMED) * len(truth))
    answers = [labels[(labels.index(true) + (place < wrong)) % len(labels)] for place, true in enumerate(truth)]
    same = Labels().read(answers, truth, labels)
    low = closed_gain(Accuracy(), Pair(champion=same, challenger=same), confidence=CONFIDENCE).low
    return rounded_up(max(accuracy_detected(len(truth)), -low))


def auc_margin(truth: Sequence[str], event: str, labels: Sequence[str]) -> float:
    """As ``accuracy_margin``, in the area under the ROC curve of the probability of ``event``."""
    is_event = np.array([label == event for label in truth], dtype=float)
    scores, _ = paired_scores(is_event, (ASSUMED, ASSUMED), SHARED_NOISE, np.random.default_rng(len(truth)))
    same = Probability(of=event).read([f"{score:.8f}" for score in scores], truth, labels)
    low = closed_gain(Auc(), Pair(champion=same, challenger=same), confidence=CONFIDENCE).low
    return rounded_up(max(auc_detected(len(truth), float(is_event.mean())), -low))


def rounded_up(value: float) -> float:
    """The next of 0.01, 0.015, 0.02, 0.025, …: no less, so that what is promised holds. At least 0.005."""
    size = 10.0 ** floor(log10(value)) if value > 0 else 0.01
    return max(0.005, float(f"{ceil(value / size * 2 - 1e-9) / 2 * size:.12g}"))


def _variance(auc: float) -> float:
    """The variance of the noise of normal scores with means 0 and 1 that have this AUC."""
    return 1 / (2 * float(ndtri(auc)) ** 2)
