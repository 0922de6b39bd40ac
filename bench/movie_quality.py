"""How good the movie recommender is, by training.toml: on rows to choose by, and on the gate's test rows.

    python -m bench.movie_quality [--test]

It needs MovieLens' u.data in a folder of GATEHOUSE_DATASETS or in ../shared/data. Choose hyperparameters without
``--test``: then only the training and validation rows are read, and of each user five rows are left out, twice. With
``--test`` the pipeline's own split is learned with three seeds and measured on the test rows, which is for the very
end. The algorithm is the local cloud's image, in this process; AWS's own is another one.
"""

from __future__ import annotations

import importlib
import os
import sys
import time
import tomllib
from collections import Counter
from typing import TYPE_CHECKING, Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import numpy as np

from bench import PROJECT
from handover.data import TEST, TRAIN, VALIDATION
from ml_init.contract import check
from ml_init.dataset import Dataset
from ml_init.table import Row, split_rows
from ml_init.training_rows import ONE_HOT
from ml_test.gate.delong import auc
from ml_test.gate.metrics.log_loss import log_loss
from ml_test.gate.metrics.ndcg import ndcg
from scripts.datasets import found

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Numbers = NDArray[Any]

WORKLOAD = "movie_recommender"
SEEDS, LEFT_OUT, FOLDS = 3, 5, 2
TARGETS = {"accuracy": 0.7147, "AUC": 0.775}


def rows_by_split() -> dict[str, list[Row]]:
    dataset = contract()
    content = found(dataset.file)
    if content is None:
        raise SystemExit(f"{dataset.file.name} is in no folder of GATEHOUSE_DATASETS, nor in ../shared/data.")
    return split_rows(check(dataset.file.name, content, dataset).rows, dataset)


def contract() -> Dataset:
    return Dataset.read(PROJECT / "ml_init" / WORKLOAD / "dataset.toml")


class Machine:
    """The image's algorithm, by training.toml."""

    def __init__(self) -> None:
        for folder in ("container_library", "sagemaker_factorization_machines"):
            sys.path.insert(0, str(PROJECT / "localcloud" / "images" / folder))
        names = ("recordio", "fitting", "record_channels", "machine_hyperparameters")
        self._recordio, self._fitting, self._channels, hyperparameters = map(importlib.import_module, names)
        training = tomllib.loads((PROJECT / "ml_training" / WORKLOAD / "training.toml").read_text())
        given = {name: str(value) for name, value in training["hyperparameters"].items()}
        self._values = hyperparameters.validated(given)

    def scores(self, learned: Sequence[Row], asked: Sequence[Row], seed: int) -> Numbers:
        """The probabilities of the asked rows, after it learned the others."""
        fitting, data = self._fitting.Fitting(self._values, seed), self._rows(learned)
        for epoch in range(self._values["epochs"]):
            fitting.epoch(data, epoch, lambda *_: None)
        answers: Numbers = fitting.machine.scores(self._rows(asked).features).astype(float)
        return answers

    def _rows(self, rows: Sequence[Row]) -> Any:
        records = list(self._recordio.read(ONE_HOT.encode(rows, contract())))
        labels = np.array([record.label["values"].values[0] for record in records])
        features = [record.features["values"] for record in records]
        return self._fitting.Rows(self._channels.matrix(features, self._values["feature_dim"]), labels)


def figures(answers: Numbers, asked: Sequence[Row]) -> dict[str, float]:
    truth, users = (
        np.array([row[2] == "yes" for row in asked], dtype=np.int64),
        np.array([int(row[0]) for row in asked]),
    )
    return {
        "accuracy": float(((answers >= 0.5) == (truth == 1)).mean()),
        "AUC": auc(truth, answers),
        "log loss": float(log_loss(truth, answers).mean()),
        "NDCG@10": float(ndcg(users, answers, truth).mean()),
    }


def of_movies(learned: Sequence[Row], asked: Sequence[Row]) -> dict[str, Numbers]:
    """What knows the movie alone: how many users like it, and which share of them does (with five rows of the mean)."""
    rows, likes = Counter(row[1] for row in learned), Counter(row[1] for row in learned if row[2] == "yes")
    share = likes.total() / rows.total()
    return {
        "likes of the movie": np.array([likes[row[1]] / max(likes.values()) for row in asked]),
        "share of likes": np.array([(likes[row[1]] + 5 * share) / (rows[row[1]] + 5) for row in asked]),
    }


def folds(rows: Sequence[Row]) -> list[tuple[list[Row], list[Row]]]:
    """(learned, asked) pairs: of each user that has enough rows, five other rows are asked in each."""
    made = []
    total = Counter(row[0] for row in rows)
    for fold in range(FOLDS):
        seen: Counter[str] = Counter()
        learned: list[Row] = []
        asked: list[Row] = []
        for row in rows:
            place = seen[row[0]]
            seen[row[0]] += 1
            out = LEFT_OUT * fold <= place < LEFT_OUT * (fold + 1) and total[row[0]] >= LEFT_OUT * (fold + 2)
            (asked if out else learned).append(row)
        made.append((learned, asked))
    return made


def show(name: str, found: dict[str, float]) -> None:
    print(f"{name:<34}" + "  ".join(f"{key} {value:.4f}" for key, value in found.items()), flush=True)


def main(arguments: list[str]) -> int:
    parts, began = rows_by_split(), time.process_time()
    known = [*parts[TRAIN], *parts[VALIDATION]]
    kept, machine = True, Machine()
    pairs = [(parts[TRAIN], parts[TEST])] if "--test" in arguments else folds(known)
    for number, (learned, asked) in enumerate(pairs):
        print(
            f"{len(learned)} rows learned, {len(asked)} asked ({'test' if '--test' in arguments else f'fold {number}'})"
        )
        for seed in range(SEEDS):
            measured = figures(machine.scores(learned, asked, seed), asked)
            show(f"  factorization machine, seed {seed}", measured)
            kept &= "--test" not in arguments or all(measured[name] >= least for name, least in TARGETS.items())
        for name, answers in of_movies(learned, asked).items():
            show(f"  {name}", figures(answers, asked))
    print(f"{time.process_time() - began:.0f} s of processor time; targets on test rows {'kept' if kept else 'MISSED'}")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
