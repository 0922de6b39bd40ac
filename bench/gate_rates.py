"""How often the gate is wrong: simulated challengers, equal to the champion, better, and worse by known amounts.

    python -m bench.gate_rates [--write] [--simulations=1000] [--workload=iris]

Every simulation goes through the whole decision, with the workload's own gate.toml, on its own test rows and groups.
The truth is known exactly: labels are right or wrong with given probabilities; credit_default's scores are binormal, so
that their AUC has a formula, and calibrated. ``--write`` puts the table into docs/gate.md.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from bench import PROJECT

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # one simulation per core
import numpy as np
from numpy.typing import NDArray

from ml_init.contract import check_file
from ml_init.dataset import Dataset
from ml_init.fetch import fetch
from ml_init.table import split_rows
from ml_test.gate.decision import decide
from ml_test.gate.evidence import Evidence
from ml_test.gate.intervals import share
from ml_test.gate.rules import Rules
from ml_test.gate.slices import groups
from scripts.new_workload import power

SIMULATIONS, BLOCKS = 1000, 20
BEGIN, END = "<!-- gate-rates: begin -->", "<!-- gate-rates: end -->"
DOCUMENT = PROJECT / "docs" / "gate.md"
ACCURACY = {  # mean of other splits
    "car_evaluation": 0.985,  # 20 of them (bench/training_quality.py)
    "iris": 0.913,  # 3 of them (bench/script_quality.py)
    "dog_breeds": 0.89,  # 3 seeds on the validation rows (bench/breed_quality.py)
}
#: How sure a calibrated model with this accuracy is: probability of its answer → share of the rows.
CONFIDENCE = {0.99: 0.70, 0.80: 0.15, 0.50: 0.15}
SECOND = (
    0.6  # of what is left, how much goes to the true label if the answer is wrong, and to another one if it is right
)
SHARED_MISTAKES = 0.5  # of the better model's mistakes, how many the other makes too
CREDIT_AUC = 0.783  # mean of 10 other splits
CREDIT_SHARE = 0.221  # of customers who default
CREDIT_SHARED = 0.9  # of the better model's noise variance, how much is common to both
HEAD = (
    "| workload | test rows | challenger | judged | PROMOTE | HOLD | REJECT |",
    "|---|---|---|---|---|---|---|",
)
SCENARIOS = {
    "better by a third of the margin": 1 / 3,
    "equal": 0.0,
    "worse by the margin": -1.0,
    "worse by twice the margin": -2.0,
}

Numbers = NDArray[np.float64]
#: Both models' answers, (champion, challenger), for a challenger whose metric is higher by this much.
Simulate = Callable[["TestSet", float, np.random.Generator], tuple[list[str], list[str]]]


@dataclass(frozen=True, kw_only=True)
class TestSet:
    """The real test rows of a workload as shipped, and its rules; metrics that are only shown are left out."""

    workload: str
    requests: Sequence[str]
    truth: Sequence[str]
    labels: Sequence[str]
    features: Sequence[str]
    #: The name of the label's column.
    label: str
    rules: Rules
    seed: int

    @classmethod
    @cache
    def of(cls, workload: str) -> TestSet:
        folder = PROJECT / "ml_init" / workload
        dataset = Dataset.read(folder / "dataset.toml")
        with tempfile.TemporaryDirectory() as copy:
            rows = check_file(fetch(dataset.file, folder=folder, into=Path(copy)), dataset).rows
        test = split_rows(rows, dataset)["test"]
        rules = Rules.read(PROJECT / "ml_test" / workload / "gate.toml")
        return cls(
            workload=workload,
            requests=[",".join(row[:-1]) for row in test],
            truth=[row[-1] for row in test],
            labels=list(dataset.labels),
            features=[column.name for column in dataset.features],
            label=dataset.label_column().name,
            rules=replace(rules, comparison=replace(rules.comparison, shown=())),
            seed=int(dataset.file.sha256[:16], 16),
        )

    @property
    def positives(self) -> NDArray[np.bool_]:
        return np.array([label == getattr(self.rules.answers, "of", None) for label in self.truth])

    def evidence(self, champion: list[str], challenger: list[str], generator: np.random.Generator) -> Evidence:
        """Both models' latencies come from one distribution."""
        timed = min(len(self.truth), self.rules.load.one_at_a_time or len(self.truth))
        return Evidence(
            requests=self.requests,
            truth=self.truth,
            answers=challenger,
            champion=champion,
            milliseconds=(5 * generator.lognormal(sigma=0.5, size=timed)).tolist(),
            champion_milliseconds=(5 * generator.lognormal(sigma=0.5, size=timed)).tolist(),
            labels=self.labels,
            baseline=self.rules.answers.baseline(self.truth, self.labels),
            seed=self.seed,
            slices=_groups(self.workload),
        )


@cache
def _groups(workload: str) -> dict[str, NDArray[np.bool_]]:
    test = TestSet.of(workload)
    return groups(test.requests, test.features, test.rules.cuts, label=(test.label, test.truth))


def labels(test: TestSet, gain: float, generator: np.random.Generator) -> tuple[list[str], list[str]]:
    """Random mistakes, some of which the two models share."""
    before = 1 - ACCURACY[test.workload]
    after = max(0.0, before - gain)
    both = SHARED_MISTAKES * min(before, after)
    drawn = generator.random(len(test.truth))
    champion = drawn < before
    challenger = (drawn < both) | ((before <= drawn) & (drawn < before + after - both))
    return _with_mistakes(test, champion, generator), _with_mistakes(test, challenger, generator)


def classes(test: TestSet, gain: float, generator: np.random.Generator) -> tuple[list[str], list[str]]:
    """The same mistakes, with the probabilities of all labels: calibrated, if the accuracy is the expected one."""
    answered = labels(test, gain, generator)
    champion, challenger = (_with_confidence(test, answers, generator) for answers in answered)
    return champion, challenger


def _with_confidence(test: TestSet, answers: list[str], generator: np.random.Generator) -> list[str]:
    values, shares = np.array(list(CONFIDENCE)), np.array(list(CONFIDENCE.values()))
    of_right, of_wrong = ((weights / weights.sum()).cumsum() for weights in (shares * values, shares * (1 - values)))
    found = []
    for answer, truth, drawn in zip(answers, test.truth, generator.random(len(answers)), strict=True):
        sure = float(values[np.searchsorted(of_right if answer == truth else of_wrong, drawn)])
        place, true = test.labels.index(answer), test.labels.index(truth)
        second = true if true != place else (place + 1) % len(test.labels)
        rest = [(1 - sure) * (1 - SECOND) / (len(test.labels) - 2)] * len(test.labels)
        rest[place], rest[second] = sure, (1 - sure) * SECOND
        found.append(json.dumps(rest))
    return found


def _with_mistakes(test: TestSet, wrong: NDArray[np.bool_], generator: np.random.Generator) -> list[str]:
    steps = generator.integers(1, len(test.labels), size=len(test.truth)) * wrong
    places = [test.labels.index(label) for label in test.truth]
    return [test.labels[(place + step) % len(test.labels)] for place, step in zip(places, steps, strict=True)]


def probabilities(test: TestSet, gain: float, generator: np.random.Generator) -> tuple[list[str], list[str]]:
    both = paired_scores(test.positives.astype(float), gain, generator)
    champion, challenger = ([f"{value:.8f}" for value in answer] for answer in both)
    return champion, challenger


def paired_scores(truth: Numbers, gain: float, generator: np.random.Generator) -> tuple[Numbers, Numbers]:
    """Calibrated probabilities of two models that share part of their noise, (champion, challenger)."""
    return power.paired_scores(truth, (CREDIT_AUC, CREDIT_AUC + gain), CREDIT_SHARED, generator)


WORKLOADS: dict[str, Simulate] = {
    "car_evaluation": labels,
    "credit_default": probabilities,
    "iris": labels,
    "dog_breeds": classes,
}


def block(task: tuple[str, float, int, int]) -> list[tuple[str, str]]:
    """(verdict, the comparison's outcome) for some simulations."""
    workload, factor, start, count = task
    test = TestSet.of(workload)
    found = []
    for seed in range(start, start + count):
        generator = np.random.default_rng([seed, len(workload)])
        answers = WORKLOADS[workload](test, factor * test.rules.comparison.margin, generator)
        decision = decide(test.evidence(*answers, generator), test.rules)
        compared = next(check for check in decision.checks if check.name == "comparison")
        found.append((decision.verdict.value, compared.outcome.value))
    return found


def rates(simulations: int, workloads: Sequence[str]) -> tuple[list[str], bool]:
    """The table's lines, and whether at most 5 % of models that are worse by the margin are accepted."""
    lines: list[str] = []
    kept, size = True, simulations // BLOCKS
    with ProcessPoolExecutor() as pool:
        for workload in workloads:
            rows = len(TestSet.of(workload).truth)
            for scenario, factor in SCENARIOS.items():
                tasks = [(workload, factor, start, size) for start in range(0, simulations, size)]
                verdicts = [entry for part in pool.map(block, tasks) for entry in part]
                for place, judged in enumerate(("whole gate", "comparison alone")):
                    counts = Counter(entry[place] for entry in verdicts)
                    cells = [_rate(counts[verdict], len(verdicts)) for verdict in ("PROMOTE", "HOLD", "REJECT")]
                    lines.append(f"| {workload} | {rows:,} | {scenario} | {judged} | {' | '.join(cells)} |")
                    print(lines[-1], flush=True)
                    kept &= factor > -1 or counts["PROMOTE"] <= 0.05 * len(verdicts)
    return lines, kept


def _rate(count: int, of: int) -> str:
    found = share(count, of)
    return f"{100 * found.value:.1f} % ({100 * found.low:.1f} to {100 * found.high:.1f})"


def write(lines: list[str], begin: str, end: str) -> None:
    """Between the markers of docs/gate.md."""
    text = DOCUMENT.read_text()
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    DOCUMENT.write_text(f"{before}{begin}\n" + "\n".join(lines) + f"\n{end}{after}")


def with_others(lines: list[str], workloads: Sequence[str]) -> list[str]:
    """The whole table: the lines of other workloads stay as they are in the document."""
    _, _, rest = DOCUMENT.read_text().partition(BEGIN)
    before = [line for line in rest.partition(END)[0].strip().splitlines() if line.startswith("| ")][1:]
    kept = [line for line in before if line.split(" | ")[0].removeprefix("| ") not in workloads]
    return [*HEAD, *sorted([*kept, *lines], key=lambda line: list(WORKLOADS).index(line.split(" | ")[0][2:]))]


def main(arguments: list[str]) -> int:
    given = dict(argument.removeprefix("--").partition("=")[::2] for argument in arguments)
    simulations, started = int(given.get("simulations", SIMULATIONS)), time.monotonic()
    workloads = [given["workload"]] if "workload" in given else list(WORKLOADS)
    lines, kept = rates(simulations, workloads)
    print(f"{simulations} simulations each, {time.monotonic() - started:.0f} s, {os.cpu_count()} cores")
    print(f"false accepts of a model worse by the margin at most 5 %: {'kept' if kept else 'MISSED'}")
    if "write" in given:
        write(with_others(lines, workloads), BEGIN, END)
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
