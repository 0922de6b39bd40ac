"""How often the gate is wrong: simulated challengers, equal to the champion, better, and worse by known amounts.

``--write`` puts the table into docs/gate.md. The truth is known exactly: car_evaluation's answers are right or wrong
with given probabilities; credit_default's scores are binormal, so that their AUC has a formula.
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from math import sqrt
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # one simulation a core
PROJECT = Path(__file__).parents[1]
sys.path.insert(0, str(PROJECT))

import numpy as np  # noqa: E402  (the project is no installed package)
from numpy.typing import NDArray  # noqa: E402
from scipy.special import expit, logit, ndtri  # noqa: E402

from ml_init.dataset import Dataset  # noqa: E402
from ml_init.split import split_of  # noqa: E402
from ml_test.gate import resampling  # noqa: E402
from ml_test.gate.comparison import against_champion  # noqa: E402
from ml_test.gate.decision import decide  # noqa: E402
from ml_test.gate.evidence import Evidence  # noqa: E402
from ml_test.gate.intervals import share  # noqa: E402
from ml_test.gate.paired import Rows, gain, paired_figure  # noqa: E402
from ml_test.gate.rules import Rules  # noqa: E402

SIMULATIONS = 1000
BEGIN, END = "<!-- gate-rates: begin -->", "<!-- gate-rates: end -->"
DOCUMENT = PROJECT / "docs" / "gate.md"
RULES = Rules.read(PROJECT / "ml_test" / "car_evaluation" / "gate.toml")
CAR_ACCURACY = 0.985  # mean of 20 salts (bench/training_quality.py)
CAR_SHARED_MISTAKES = 0.5  # of the better model's mistakes, how many the other makes too
CREDIT_ROWS, CREDIT_POSITIVES, CREDIT_AUC, CREDIT_MARGIN = 6000, 1327, 0.78, 0.01
CREDIT_SHARED = 0.9  # of the better model's noise variance, how much is common to both
SCENARIOS = {
    "better by a third of the margin": 1 / 3,
    "equal": 0.0,
    "worse by the margin": -1.0,
    "worse by twice the margin": -2.0,
}

Verdicts = tuple[str, str]


def car_rows() -> tuple[list[str], dict[str, list[str]]]:
    """The real test rows' labels, and their values by column."""
    folder = PROJECT / "ml_init" / "car_evaluation"
    dataset = Dataset.read(folder / "dataset.toml")
    rows = [line.split(",") for line in (folder / dataset.file.name).read_text().splitlines()]
    test = [row for row in rows if split_of(row[:-1], dataset.file.sha256, dataset.shares) == "test"]
    columns = {column.name: [row[place] for row in test] for place, column in enumerate(dataset.features)}
    return [row[-1] for row in test], columns


TRUTH, COLUMNS = car_rows()
LABELS = ["unacc", "acc", "good", "vgood"]


def car_verdicts(gain_of_challenger: float, seed: int) -> Verdicts:
    """(whole gate, comparison alone) for a challenger with so much more accuracy than the champion."""
    generator = np.random.default_rng([seed, 1])
    before, after = 1 - CAR_ACCURACY, 1 - CAR_ACCURACY - gain_of_challenger
    both = CAR_SHARED_MISTAKES * min(before, after)
    drawn = generator.random(len(TRUTH))
    common, only_champion = drawn < both, (both <= drawn) & (drawn < before)
    only_challenger = (before <= drawn) & (drawn < before + after - both)
    evidence = Evidence(
        truth=TRUTH,
        answers=_with_mistakes(common | only_challenger, generator),
        champion=_with_mistakes(common | only_champion, generator),
        milliseconds=[3.0] * len(TRUTH),
        champion_milliseconds=[3.0] * len(TRUTH),
        labels=LABELS,
        majority="unacc",
        seed=seed,
        slices=COLUMNS,
    )
    decision = decide(evidence, RULES)
    compared = next(check for check in decision.checks if check.name == "comparison")
    return decision.verdict.value, compared.outcome.value


def _with_mistakes(wrong: NDArray[np.bool_], generator: np.random.Generator) -> list[str]:
    offsets = generator.integers(1, len(LABELS), size=len(TRUTH))
    places = [(LABELS.index(label) + step * miss) % 4 for label, step, miss in zip(TRUTH, offsets, wrong, strict=True)]
    return [LABELS[place] for place in places]


def credit_verdicts(gain_of_challenger: float, seed: int) -> Verdicts:
    """The comparison alone, in AUC, for a challenger with so much more of it; there are no floors to confuse it."""
    rows = credit_rows(gain_of_challenger, np.random.default_rng([seed, 2]), CREDIT_ROWS)
    bootstrap = resampling.Bootstrap(rows.strata, seed=7)
    bootstrap.want("gain", paired_figure("auc", rows), confidence=0.95)
    compared = gain("auc", rows, confidence=0.95, bounds=bootstrap.bounds()["gain"])
    outcome = against_champion(compared, CREDIT_MARGIN).outcome.value
    return outcome, outcome


def credit_rows(gain_of_challenger: float, generator: np.random.Generator, count: int) -> Rows:
    """Paired probabilities of a test set of that many rows."""
    truth = np.zeros(count, dtype=np.int64)
    truth[-round(count * CREDIT_POSITIVES / CREDIT_ROWS) :] = 1
    variances = [_variance(CREDIT_AUC), _variance(CREDIT_AUC + gain_of_challenger)]
    common = CREDIT_SHARED * min(variances)
    noise = sqrt(common) * generator.normal(size=count)
    champion, challenger = (
        _probabilities(truth + noise + sqrt(variance - common) * generator.normal(size=count), variance)
        for variance in variances
    )
    return Rows(truth=truth, champion=champion, challenger=challenger, labels=2, threshold=0.5)


def _variance(auc: float) -> float:
    """Of the noise of normal scores with means 0 and 1 that have this AUC."""
    return 1 / (2 * float(ndtri(auc)) ** 2)


def _probabilities(scores: NDArray[np.float64], variance: float) -> NDArray[np.float64]:
    """Calibrated, by Bayes."""
    probabilities: NDArray[np.float64] = expit(logit(CREDIT_POSITIVES / CREDIT_ROWS) + (scores - 0.5) / variance)
    return probabilities


def keep_weights() -> None:
    """The gate's seed is the data's hash, so a test split always meets the same resamples: draw them once."""
    kept: dict[tuple[int, ...], list[NDArray[np.float32]]] = {}
    draw = resampling.weights

    def weights(strata: list[int], resamples: int, *, seed: int) -> list[NDArray[np.float32]]:
        key = (*strata, resamples, seed)
        if key not in kept:
            kept[key] = list(draw(strata, resamples, seed=seed))
        return kept[key]

    resampling.weights = weights  # type: ignore[assignment]


WORKLOADS = {
    "car_evaluation": (car_verdicts, RULES.comparison.margin, len(TRUTH)),
    "credit_default": (credit_verdicts, CREDIT_MARGIN, CREDIT_ROWS),
}


def block(task: tuple[str, float, int, int]) -> list[Verdicts]:
    name, factor, start, count = task
    simulate, margin, _ = WORKLOADS[name]
    return [simulate(factor * margin, seed) for seed in range(start, start + count)]


def rates() -> tuple[list[str], bool]:
    """The table's lines, and whether false accepts of a model worse by the margin stay within 5 %."""
    lines = [
        "| workload | test rows | challenger | judged | PROMOTE | HOLD | REJECT |",
        "|---|---|---|---|---|---|---|",
    ]
    kept = True
    with ProcessPoolExecutor(max_workers=os.cpu_count(), initializer=keep_weights) as pool:
        for name, (_, _, rows) in WORKLOADS.items():
            for scenario, factor in SCENARIOS.items():
                tasks = [(name, factor, start, SIMULATIONS // 10) for start in range(0, SIMULATIONS, SIMULATIONS // 10)]
                verdicts = [entry for part in pool.map(block, tasks) for entry in part]
                for place, judged in enumerate(("whole gate", "comparison alone")):
                    if place == 0 and name == "credit_default":
                        continue
                    counts = Counter(entry[place] for entry in verdicts)
                    cells = [_rate(counts[verdict], len(verdicts)) for verdict in ("PROMOTE", "HOLD", "REJECT")]
                    lines.append(f"| {name} | {rows} | {scenario} | {judged} | {' | '.join(cells)} |")
                    print(lines[-1], flush=True)
                    kept &= factor > -1 or counts["PROMOTE"] <= 0.05 * len(verdicts)
    return lines, kept


def _rate(count: int, of: int) -> str:
    estimate = share(count, of)
    return f"{100 * estimate.value:.1f} % ({100 * estimate.low:.1f} to {100 * estimate.high:.1f})"


def write(lines: list[str], begin: str, end: str) -> None:
    """Between the markers of docs/gate.md."""
    text = DOCUMENT.read_text()
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    DOCUMENT.write_text(f"{before}{begin}\n" + "\n".join(lines) + f"\n{end}{after}")


def main() -> int:
    started = time.monotonic()
    lines, kept = rates()
    print(f"{SIMULATIONS} simulations each, {time.monotonic() - started:.0f} s, {os.cpu_count()} cores")
    print(f"false accepts of a model worse by the margin at most 5 %: {'kept' if kept else 'MISSED'}")
    if "--write" in sys.argv:
        write(lines, BEGIN, END)
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
