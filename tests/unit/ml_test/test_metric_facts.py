"""A synthesis reads gate.toml by facts and tables that stand apart from what the gate computes with."""

from __future__ import annotations

import subprocess
import sys

import pytest

from ml_test.gate.answer_tables import TABLES
from ml_test.gate.answers import KINDS
from ml_test.gate.metric_facts import FACTS
from ml_test.gate.metrics import METRICS
from ml_test.gate.metrics.metric import Metric
from ml_test.gate.rules import Rules
from stacks.workloads import WORKLOADS
from tests.clouds import PROJECT


def test_every_kind_has_its_table() -> None:
    """In the same order, which is that of a refusal."""
    assert [kind.__mro__[1] for kind in KINDS] == list(TABLES)
    assert [kind.name for kind in KINDS] == [table.name for table in TABLES]


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_the_facts_of_a_metric_are_what_it_can_do(metric: Metric) -> None:
    """What it may be asked for follows from its class, and its kinds of answers from what it reads."""
    (facts,) = (each for each in FACTS if each.name == metric.name)
    assert facts.use == metric.use
    assert {table.name for table in facts.of} == {kind.name for kind in KINDS if issubclass(kind.view, metric.reads)}
    assert (facts.direction, facts.span, facts.grouped) == (metric.direction, metric.span, metric.grouped)


def test_both_know_the_same_metrics() -> None:
    """In the same order."""
    assert [facts.name for facts in FACTS] == [metric.name for metric in METRICS]


@pytest.mark.parametrize("workload", sorted(WORKLOADS))
def test_rules_are_read_alike(workload: str) -> None:
    """By the tables and facts alone, they are what the gate reads."""
    path = PROJECT / "ml_test" / workload / "gate.toml"
    assert Rules.read(path, kinds=TABLES, metrics=FACTS).document() == Rules.read(path).document()


def test_what_a_synthesis_reads_with_needs_nothing_installed() -> None:
    """The Build stage has neither numpy nor scipy, and a template needs no AWS client."""
    code = (
        "import sys, stacks.workload_files\n"
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'numpy', 'scipy', 'boto3', 'botocore'}))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
