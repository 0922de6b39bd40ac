"""``_kfold`` and ``_num_cv_round``: which rows make up the folds, and what is written of the rows' predictions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from hyperparameters import UserError
from votes import most_common

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    Numbers = NDArray[Any]

PREDICTIONS_FILE = "predictions.csv"


def folds(labels: Numbers, parts: int, rounds: int, *, stratified: bool) -> Iterator[tuple[Numbers, Numbers]]:
    """Training rows and validation rows of each fold, dealt out by chance in each round.

    stratified: each fold has its share of each label.
    """
    most = max(np.unique(labels, return_counts=True)[1]) if stratified else len(labels)
    if most < parts:
        raise UserError(f"n_splits={parts} cannot be greater than the number of members in each class.")
    chance = np.random.default_rng()
    for _ in range(rounds):
        order = chance.permutation(len(labels))
        if stratified:
            order = order[np.argsort(labels[order], kind="stable")]
        fold_of_row = np.empty(len(labels), dtype=int)
        fold_of_row[order] = np.arange(len(labels)) % parts
        for part in range(parts):
            yield np.flatnonzero(fold_of_row != part), np.flatnonzero(fold_of_row == part)


@dataclass(frozen=True, slots=True)
class Predictions:
    """Each row's prediction in each round, by the model that has not learned from it."""

    labels: Numbers
    #: Rows by rounds: a number, or the winning class and its probability.
    predicted: Numbers
    probable: Numbers | None

    @classmethod
    def none_yet(cls, labels: Numbers, rounds: int, *, classification: bool) -> Predictions:
        shape = (len(labels), rounds)
        return cls(labels, np.zeros(shape), np.zeros(shape) if classification else None)

    def record(self, turn: int, rows: Numbers, predictions: Numbers) -> None:
        """``turn``: the round, counted from 0."""
        if self.probable is None:
            self.predicted[rows, turn] = predictions
        elif predictions.ndim > 1:
            self.predicted[rows, turn] = np.argmax(predictions, axis=-1)
            self.probable[rows, turn] = predictions.max(axis=-1)
        else:
            self.predicted[rows, turn] = predictions > 0.5
            self.probable[rows, turn] = predictions

    def save(self, folder: Path) -> None:
        """A line a row: its label, and the mean of the predictions, or the mean probability and the commonest class."""
        if self.probable is None:
            columns = [self.labels, self.predicted.mean(axis=1)]
        else:
            columns = [self.labels, self.probable.mean(axis=1), most_common(self.predicted)]
        folder.mkdir(parents=True, exist_ok=True)
        np.savetxt(folder / PREDICTIONS_FILE, np.vstack(columns).T, delimiter=",", fmt="%f")
