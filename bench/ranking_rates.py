"""How often the gate is wrong about rankings: simulated recommenders on the movie recommender's test rows.

    python -m bench.ranking_rates [--write] [--simulations=100]

It needs MovieLens' u.data in a folder of GATEHOUSE_DATASETS or in ../shared/data. Truth, users and groups are the real
ones. A model's probability comes of the user's share of likes, and of a score of the movie: 1 for a liked movie, 0 for
another, and normal noise. Part of the noise is common to both models, and some users are noisier than others, so that
the rows of one user belong together. The more noise, the lower is NDCG@10; which noise makes which figure is found on
the same rows beforehand. AUC, accuracy and log loss are then about those of the real model. Every pair goes through the
whole decision by the workload's own gate.toml. ``--write`` puts the table into docs/workloads/movie_recommender.md.
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from bench import PROJECT

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # one simulation per core
import numpy as np
from scipy.special import expit, logit

from bench.gate_rates import SCENARIOS, _rate
from handover.data import TEST, TRAIN
from ml_init.contract import check
from ml_init.dataset import Dataset
from ml_init.table import split_rows
from ml_test.archives import Archives
from ml_test.evaluation import by_rules
from ml_test.gate.decision import decide
from ml_test.gate.evidence import Evidence
from ml_test.gate.metrics.ndcg import ndcg
from ml_test.gate.rules import Rules
from ml_test.known_data import KnownData
from scripts.datasets import found

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

WORKLOAD = "movie_recommender"
SIMULATIONS, BLOCKS = 100, 10
BEGIN, END = "<!-- ranking-rates: begin -->", "<!-- ranking-rates: end -->"
DOCUMENT = PROJECT / "docs" / "workloads" / f"{WORKLOAD}.md"
#: The champion's figure (bench/movie_quality.py), and how much of the models' noise variance is common to both.
CHAMPION, SHARED = 0.885, 0.8
#: The standard deviations of the noise that are tried for the figures between them.
_NOISES = np.linspace(0.6, 2.4, 25)
_DRAWS = 6


@dataclass(frozen=True, kw_only=True)
class World:
    """The test rows with all but the answers, by the workload's rules."""

    evidence: Evidence
    rules: Rules
    truth: NDArray[np.int64]
    users: NDArray[np.int64]
    #: Of each row: the log odds of its user's share of likes.
    odds: Numbers

    @classmethod
    def of(cls, data: KnownData, rules: Rules) -> World:
        rules = replace(rules, comparison=replace(rules.comparison, shown=()))
        truth = np.array([label == "yes" for label in data.truth or ()], dtype=np.int64)
        asked, known = data.column("user", TEST), [*data.parts[TRAIN], *data.parts[TEST]]
        rows = Counter(row[0] for row in known)
        likes = Counter(row[0] for row in known if row[-1] == "yes")
        share = np.array([(likes[user] + 5 * truth.mean()) / (rows[user] + 5) for user in asked])
        blank = Evidence(
            requests=data.requests, truth=data.truth, answers=["0.5"] * len(truth), milliseconds=[], baseline="",
            seed=data.seed, labels=data.labels,
        )  # fmt: skip
        users = np.unique(asked, return_inverse=True)[1].reshape(-1)
        return cls(
            evidence=by_rules(rules, blank, data, Archives()), rules=rules, truth=truth, users=users, odds=logit(share)
        )

    def pair(self, gain: float, generator: np.random.Generator) -> Evidence:
        """Both models' answers, and times of one distribution. gain: of the challenger's NDCG@10."""
        noises = [self.noise(CHAMPION), self.noise(CHAMPION + gain)]
        common = SHARED * min(noises) ** 2
        shared = np.sqrt(common) * self._normal(generator)
        champion, challenger = (
            self._answers(shared + np.sqrt(noise**2 - common) * self._normal(generator), noise) for noise in noises
        )
        times = [(5 * generator.lognormal(sigma=0.5, size=500)).tolist() for _ in noises]
        return replace(
            self.evidence, answers=challenger, champion=champion, milliseconds=times[0], champion_milliseconds=times[1]
        )

    def noise(self, figure: float) -> float:
        """The standard deviation of the noise that makes this NDCG@10."""
        return float(np.interp(-figure, -self._figures, _NOISES))

    @property
    def _figures(self) -> Numbers:
        return _figures_of(self)

    def _normal(self, generator: np.random.Generator) -> Numbers:
        """Noise of variance 1, of which some users have more than others."""
        by_user = generator.gamma(4.0, 0.25, size=int(self.users.max()) + 1)
        drawn: Numbers = np.sqrt(by_user)[self.users] * generator.normal(size=len(self.truth))
        return drawn

    def _answers(self, noise: Numbers, deviation: float) -> list[str]:
        # Bayes: the odds of normal scores with means 0 and 1
        probabilities = expit(self.odds + (self.truth + noise - 0.5) / deviation**2)
        return [f"{value:.8f}" for value in probabilities]

    def __hash__(self) -> int:
        return id(self)


@cache
def _figures_of(world: World) -> Numbers:
    """NDCG@10 by the noise, falling."""
    generator = np.random.default_rng(0)
    draws = [world._normal(generator) for _ in range(_DRAWS)]  # noqa: SLF001  (it is the world's own)
    means = [
        np.mean([ndcg(world.users, world.truth + noise * drawn, world.truth).mean() for drawn in draws])
        for noise in _NOISES
    ]
    return np.minimum.accumulate(np.array(means))


@cache
def movielens() -> World:
    dataset = Dataset.read(PROJECT / "ml_init" / WORKLOAD / "dataset.toml")
    content = found(dataset.file)
    if content is None:
        raise SystemExit(f"{dataset.file.name} is in no folder of GATEHOUSE_DATASETS, nor in ../shared/data.")
    rows = check(dataset.file.name, content, dataset).rows
    data = KnownData(dataset=dataset, parts=split_rows(rows, dataset))
    return World.of(data, Rules.read(PROJECT / "ml_test" / WORKLOAD / "gate.toml"))


def simulate(world: World, factor: float, seeds: range) -> list[tuple[str, str]]:
    """(verdict, the comparison's outcome) for some simulations."""
    verdicts = []
    for seed in seeds:
        generator = np.random.default_rng([seed, 7])
        decision = decide(world.pair(factor * world.rules.comparison.margin, generator), world.rules)
        compared = next(check for check in decision.checks if check.name == "comparison")
        verdicts.append((decision.verdict.value, compared.outcome.value))
    return verdicts


def _block(task: tuple[float, range]) -> list[tuple[str, str]]:
    return simulate(movielens(), *task)


def main(arguments: list[str]) -> int:
    given = [argument.partition("=")[2] for argument in arguments if argument.startswith("--simulations=")]
    simulations, began = int(given[0]) if given else SIMULATIONS, time.monotonic()
    lines = ["| challenger | judged | PROMOTE | HOLD | REJECT |", "|---|---|---|---|---|"]
    kept, size = True, max(1, simulations // BLOCKS)
    with ProcessPoolExecutor() as pool:
        for scenario, factor in SCENARIOS.items():
            tasks: list[Any] = [(factor, range(start, start + size)) for start in range(0, simulations, size)]
            verdicts = [entry for part in pool.map(_block, tasks) for entry in part]
            for place, judged in enumerate(("whole gate", "comparison alone")):
                counts = Counter(entry[place] for entry in verdicts)
                cells = [_rate(counts[verdict], len(verdicts)) for verdict in ("PROMOTE", "HOLD", "REJECT")]
                lines.append(f"| {scenario} | {judged} | {' | '.join(cells)} |")
                print(lines[-1], flush=True)
                kept &= factor > -1 or counts["PROMOTE"] <= 0.05 * len(verdicts)
    print(f"{simulations} simulations each, {time.monotonic() - began:.0f} s, {os.cpu_count()} cores")
    print(f"false accepts of a model worse by the margin at most 5 %: {'kept' if kept else 'MISSED'}")
    if "--write" in arguments:
        before, _, rest = DOCUMENT.read_text().partition(BEGIN)
        DOCUMENT.write_text(f"{before}{BEGIN}\n" + "\n".join(lines) + f"\n{END}{rest.partition(END)[2]}")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
