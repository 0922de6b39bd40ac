"""How long the gate takes: 10,000 paired rows of probabilities, 2,000 resamples, 10 groups, and the report."""

from __future__ import annotations

import os
import sys
import time

import numpy as np

from ml_test.gate import report
from ml_test.gate.answers.probability import Probability
from ml_test.gate.decision import decide
from ml_test.gate.evidence import Evidence
from ml_test.gate.rules import Comparison, Latency, Rules, SliceRule

ROWS, GROUPS, LIMIT_SECONDS, REPEATS = 10_000, 10, 2.0, 5
# The most that a gate.toml can ask for: both resampled metrics decide or are shown, and AUC in every group.
RULES = Rules(
    comparison=Comparison(metric="log_loss", margin=0.01, shown=("auc",)),
    floors={"auc": 0.7, "accuracy": 0.5},
    ceilings={"log_loss": 0.6, "calibration_error": 0.1},
    slices=SliceRule(metric="auc", margin=0.03, floor=0.6),
    latency=Latency(p99_milliseconds=250, p99_ratio=2),
    answers=Probability(of="1"),
)


def main() -> int:
    evidence = made()
    times = []
    for _ in range(REPEATS):
        started, used = time.perf_counter(), time.process_time()
        decision = decide(evidence, RULES)
        times.append((time.perf_counter() - started, time.process_time() - used))
    started = time.perf_counter()
    origin = {"workload": "bench", "commit": "0", "champion": {"endpoint": "prod", "model_package_arn": "arn"}}
    page = report.html(report.document(decision, evidence, RULES, origin))
    print(f"{ROWS} rows, {len(decision.slices.judged)} groups, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    walls = sorted(wall for wall, _ in times)
    print(
        f"decide: {walls[0]:.2f} s at best, {walls[REPEATS // 2]:.2f} s in the median, "
        f"{walls[-1]:.2f} s at worst (processor {min(used for _, used in times):.2f} s); limit {LIMIT_SECONDS} s"
    )
    print(f"report: {time.perf_counter() - started:.2f} s, {len(page)} bytes")
    return 0 if walls[0] < LIMIT_SECONDS else 1


def made() -> Evidence:
    """Two calibrated models for one signal."""
    generator = np.random.default_rng(1)
    chance = generator.beta(0.8, 2.4, ROWS)
    truth = generator.random(ROWS) < chance
    answers = [np.clip(chance + generator.normal(scale=0.03, size=ROWS), 0.001, 0.999) for _ in range(2)]
    group = generator.integers(GROUPS, size=ROWS)
    return Evidence(
        requests=["1,2,3"] * ROWS,
        truth=[str(int(value)) for value in truth],
        answers=[f"{value:.6f}" for value in answers[0]],
        champion=[f"{value:.6f}" for value in answers[1]],
        milliseconds=generator.gamma(2, size=ROWS).tolist(),
        champion_milliseconds=generator.gamma(2, size=ROWS).tolist(),
        labels=["0", "1"],
        baseline="0.25",
        seed=1,
        slices={f"group {number}": group == number for number in range(GROUPS)},
    )


if __name__ == "__main__":
    sys.exit(main())
