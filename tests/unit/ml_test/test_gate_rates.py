"""How often the gate is wrong, by simulation: a part of what `make gate-rates` publishes in docs/gate.md."""

from __future__ import annotations

from collections import Counter

import pytest

from bench.gate_rates import WORKLOADS, block


@pytest.mark.parametrize(
    ("workload", "simulations"), [("car_evaluation", 100), ("credit_default", 40), ("iris", 100), ("dog_breeds", 20)]
)
def test_the_gate_hardly_ever_lets_pass_what_is_worse_by_the_margin(workload: str, simulations: int) -> None:
    """The whole gate promotes at most 5 % of the releases that are worse by the margin."""
    verdicts = Counter(verdict for verdict, _ in block((workload, -1.0, 0, simulations)))
    assert verdicts.total() == simulations
    assert verdicts["PROMOTE"] <= 0.05 * simulations, verdicts


@pytest.mark.parametrize(
    ("workload", "simulations"), [("car_evaluation", 40), ("credit_default", 12), ("iris", 40), ("dog_breeds", 8)]
)
def test_the_gate_mostly_lets_pass_what_is_better(workload: str, simulations: int) -> None:
    """The whole gate promotes three of four releases that are better by a third of the margin."""
    verdicts = Counter(verdict for verdict, _ in block((workload, 1 / 3, 0, simulations)))
    assert verdicts["PROMOTE"] >= 0.75 * simulations, verdicts


def test_every_workload_is_simulated() -> None:
    """Each workload's rules are tried on releases of its own."""
    assert set(WORKLOADS) == {"car_evaluation", "credit_default", "iris", "dog_breeds"}
