from __future__ import annotations

import hashlib
import random
from pathlib import Path

import pytest

from handover.data import LEARNED
from ml_init.dataset import Dataset
from ml_init.row_identity import identity
from ml_init.table import split_rows
from ml_init.training_rows import RANKS
from ml_test.gate.evidence import Evidence
from ml_test.gate.rules import Rules
from ml_test.gate.slices import groups

PROJECT = Path(__file__).parents[3]
WORKLOAD = PROJECT / "ml_init" / "car_evaluation"
RULES = Rules.read(PROJECT / "ml_test" / "car_evaluation" / "gate.toml")


class TestRows:
    """The real test rows of car_evaluation, as the gate gets them."""

    __test__ = False

    def __init__(self) -> None:
        dataset = Dataset.read(WORKLOAD / "dataset.toml")
        rows = [tuple(line.split(",")) for line in (WORKLOAD / "car.data").read_text().splitlines()]
        parts = split_rows(rows, dataset)
        self.features = [column.name for column in dataset.features]
        self.labels = list(dataset.label.categories)
        self.requests = [",".join(row[:-1]) for row in parts["test"]]
        self.truth = [row[-1] for row in parts["test"]]
        self.train_labels = [row[-1] for row in parts["train"]]
        #: As training reads them; and the identities of the rows to learn, and of the test rows.
        self.training = {name: [RANKS.written(row, dataset) for row in parts[name]] for name in LEARNED}
        self.to_learn = frozenset(identity(row[:-1]) for name in LEARNED for row in parts[name])
        self.identities = [identity(row[:-1]) for row in parts["test"]]

    def with_mistakes(self, count: int) -> list[str]:
        """The truth, but the first ``count`` rows of the commonest class answered ``acc``."""
        wrong = [place for place, label in enumerate(self.truth) if label == "unacc"][:count]
        return ["acc" if place in wrong else label for place, label in enumerate(self.truth)]

    def shuffled(self, seed: int) -> list[str]:
        """What a model of shuffled labels can know: how often each label occurs in training."""
        return random.Random(seed).choices(self.train_labels, k=len(self.truth))  # noqa: S311  (no secret)

    def evidence(
        self,
        answers: list[str],
        milliseconds: float = 3.0,
        champion: list[str] | None = None,
        champion_milliseconds: float = 3.0,
        earlier_decisions: int = 0,
    ) -> Evidence:
        return Evidence(
            requests=self.requests,
            truth=self.truth,
            answers=answers,
            milliseconds=[milliseconds] * len(answers),
            champion=champion,
            champion_milliseconds=[champion_milliseconds] * len(champion or ()),
            labels=self.labels,
            baseline="unacc",
            seed=int(hashlib.sha256(b"data").hexdigest()[:16], 16),
            slices=groups(self.requests, self.features, RULES.cuts),
            earlier_decisions=earlier_decisions,
        )


@pytest.fixture(scope="session")
def rows() -> TestRows:
    return TestRows()
