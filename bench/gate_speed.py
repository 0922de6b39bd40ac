"""How long the gate takes: 10,000 paired rows of probabilities, 2,000 resamples, 10 slices, and the report."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

PROJECT = Path(__file__).parents[1]
sys.path.insert(0, str(PROJECT))

import numpy as np  # noqa: E402  (the project is no installed package)

from bench import gate_rates as assumed  # noqa: E402
from ml_test.gate import report  # noqa: E402
from ml_test.gate.decision import decide  # noqa: E402
from ml_test.gate.evidence import Evidence  # noqa: E402
from ml_test.gate.rules import Comparison, Latency, Rules  # noqa: E402

ROWS, LIMIT_SECONDS = 10_000, 2.0
RULES = Rules(
    comparison=Comparison(
        metric="auc", margin=0.01, slice_metric="log_loss", slice_margin=0.02, slices=("a", "b", "c")
    ),
    floors={"auc": 0.7},
    ceilings={"calibration_error": 0.05},
    latency=Latency(p99_milliseconds=250, p99_ratio=2),
)


def main() -> int:
    evidence = made()
    times = []
    for _ in range(3):
        started, used = time.perf_counter(), time.process_time()
        decision = decide(evidence, RULES)
        times.append((time.perf_counter() - started, time.process_time() - used))
    started = time.perf_counter()
    requests = ["1,2,3"] * ROWS
    page = report.html(report.document(decision, evidence, requests, RULES, {"workload": "bench", "commit": "0"}))
    wall, processor = min(times)
    print(f"{ROWS} rows, {len(decision.slices)} slices, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"decide: {wall:.2f} s (processor {processor:.2f} s); limit {LIMIT_SECONDS} s")
    print(f"report: {time.perf_counter() - started:.2f} s, {len(page)} bytes")
    return 0 if wall < LIMIT_SECONDS else 1


def made() -> Evidence:
    generator = np.random.default_rng(1)
    rows = assumed.credit_rows(0.0, generator, ROWS)
    levels = {"a": 2, "b": 4, "c": 4}
    return Evidence(
        truth=[str(value) for value in rows.truth],
        answers=[f"{value:.6f}" for value in rows.challenger],
        champion=[f"{value:.6f}" for value in rows.champion],
        milliseconds=generator.gamma(2, size=ROWS).tolist(),
        champion_milliseconds=generator.gamma(2, size=ROWS).tolist(),
        labels=["0", "1"],
        majority="0",
        positive="1",
        base_rate=0.22,
        seed=1,
        slices={name: generator.integers(count, size=ROWS).astype(str).tolist() for name, count in levels.items()},
    )


if __name__ == "__main__":
    sys.exit(main())
