"""What a push may change in gate.toml and dataset.toml by itself, and what only a person can agree to: key by key."""

from __future__ import annotations

import json
import typing
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from ml_init.columns import Categories, Column, Dates, Decimals, Integers, Text
from ml_init.dataset import Dataset
from ml_init.split import FirstOf, Shares, Split
from ml_steps.changes import Change, Effect, changes, states_all
from ml_test.gate.answers import KINDS
from ml_test.gate.answers.kind import AnswerKind
from ml_test.gate.answers.labels import Labels
from ml_test.gate.metrics.metric import Metric
from ml_test.gate.rules import Rules

PROJECT = Path(__file__).parents[3]
GATE = (PROJECT / "ml_test" / "credit_default" / "gate.toml").read_text()
DATA = (PROJECT / "ml_init" / "credit_default" / "dataset.toml").read_text()
WORKLOADS = ["car_evaluation", "credit_default"]
SEX = '[[slices.by]]\nfeature = "sex"\nvalues = { 1 = "men", 2 = "women" }\n'


def said(found: list[Change]) -> list[str]:
    return [f"{change.effect}: {change.key} {change.before} → {change.after}" for change in found]


@pytest.mark.parametrize(
    ("found", "written", "expected"),
    [
        ("margin = 0.01", "margin = 0.9", "looser: comparison margin 0.01 → 0.9"),
        ("margin = 0.01", "margin = 0.009", "stricter: comparison margin 0.01 → 0.009"),
        (
            'metric = "auc"\nmargin = 0.01',
            'metric = "accuracy"\nmargin = 0.01',
            'looser: comparison metric "auc" → "accuracy"',
        ),
        ('shown = ["log_loss"]', "", 'neutral: comparison shown ["log_loss"] → []'),
        ("auc = 0.75", "auc = 0.7", "looser: floors auc 0.75 → 0.7"),
        ("auc = 0.75", "auc = 0.76", "stricter: floors auc 0.75 → 0.76"),
        ("\nauc = 0.75", "", "looser: floors auc 0.75 → none"),
        ("auc = 0.75", "auc = 0.75\nrecall = 0.1", "stricter: floors recall none → 0.1"),
        ("log_loss = 0.47", "log_loss = 0.48", "looser: ceilings log_loss 0.47 → 0.48"),
        ("log_loss = 0.47", "log_loss = 0.46", "stricter: ceilings log_loss 0.47 → 0.46"),
        ("\nlog_loss = 0.47", "", "looser: ceilings log_loss 0.47 → none"),
        ('of = "1"', 'of = "0"', 'looser: answers of "1" → "0"'),
        ("missed = 5", "missed = 4", "looser: answers costs missed 5 → 4"),
        ("missed = 5", "missed = 6", "looser: answers costs missed 5 → 6"),
        ("false_alarm = 1", "false_alarm = 2", "looser: answers costs false_alarm 1 → 2"),
        (
            'metric = "auc"\nmargin = 0.03',
            'metric = "accuracy"\nmargin = 0.03',
            'looser: slices metric "auc" → "accuracy"',
        ),
        ("margin = 0.03", "margin = 0.04", "looser: slices margin 0.03 → 0.04"),
        ("margin = 0.03", "margin = 0.02", "stricter: slices margin 0.03 → 0.02"),
        ("floor = 0.65", "floor = 0.64", "looser: slices floor 0.65 → 0.64"),
        ("floor = 0.65", "floor = 0.66", "stricter: slices floor 0.65 → 0.66"),
        ("\nfloor = 0.65", "", "looser: slices floor 0.65 → none"),
        (SEX, "", 'looser: slices by { feature = "sex", values = { 1 = "men", 2 = "women" } } → none'),
        (SEX, SEX + '\n[[slices.by]]\nfeature = "marriage"\n', 'stricter: slices by none → { feature = "marriage" }'),
        ('feature = "sex"', 'feature = "marriage"', None),
        ('{ 1 = "men", 2', "{ 2", 'looser: slices by sex values { 1 = "men", 2 = "women" } → { 2 = "women" }'),
        ("[18, 30, 40,", "[18, 40,", "looser: slices by age bounds [18, 30, 40, 50, 60] → [18, 40, 50, 60]"),
        ("[18, 30,", "[18, 25, 30,", "looser: slices by age bounds [18, 30, 40, 50, 60] → [18, 25, 30, 40, 50, 60]"),
        ("p99_milliseconds = 500", "p99_milliseconds = 501", "looser: latency p99_milliseconds 500 → 501"),
        ("p99_milliseconds = 500", "p99_milliseconds = 499", "stricter: latency p99_milliseconds 500 → 499"),
        ("p99_ratio = 2.0", "p99_ratio = 2.5", "looser: latency p99_ratio 2.0 → 2.5"),
        ("p99_ratio = 2.0", "p99_ratio = 1.5", "stricter: latency p99_ratio 2.0 → 1.5"),
        ("slack_milliseconds = 25", "slack_milliseconds = 26", "looser: latency slack_milliseconds 25 → 26"),
        ("slack_milliseconds = 25", "", "stricter: latency slack_milliseconds 25 → 0.0"),
        ("one_at_a_time = 500", "one_at_a_time = 30", "looser: load one_at_a_time 500 → 30"),
        ("one_at_a_time = 500", "", "stricter: load one_at_a_time 500 → all"),
        ("connections = 4", "connections = 8", "neutral: load connections 4 → 8"),
        ("connections = 4", "connections = 4\nwarm_up = 500", "looser: load warm_up 50 → 500"),
        ("connections = 4", "connections = 4\nwarm_up = 0", "stricter: load warm_up 50 → 0"),
        ("connections = 4", "connections = 4\nlooks = 9", "looser: load looks 3 → 9"),
        ("connections = 4", "connections = 4\nlooks = 1", "stricter: load looks 3 → 1"),
        ("requests = [\n", 'requests = [\n  "1",\n', 'stricter: smoke requests none → "1"'),
        ('  "20000,2', '# "20000,2', 'looser: smoke requests "20000,2,2,1,24,2,2,'),
        ("# As a multiple", "# Another word", None),
    ],
)
def test_a_key_of_gate_toml_is_looser_stricter_or_neutral(found: str, written: str, expected: str | None) -> None:
    """Each key by itself, with its old and its new value; a change that cannot be ordered is looser."""
    assert GATE.count(found) == 1, found
    seen = said(changes(Rules.parse(GATE), Rules.parse(GATE.replace(found, written))))
    if expected is None:
        assert [line.partition(":")[0] for line in seen] == (["looser", "stricter"] if "feature" in found else [])
    else:
        assert len(seen) == 1
        assert seen[0].startswith(expected)


def test_groups_and_kind_as_a_whole() -> None:
    """Without groups it is looser, with first groups stricter; another kind of answers is looser, with all its keys."""
    rules = Rules.parse(GATE)
    without = replace(rules, slices=None)
    assert [change.effect for change in changes(rules, without)] == [Effect.LOOSER]
    assert [change.effect for change in changes(without, rules)] == [Effect.STRICTER]
    labels = replace(
        rules, answers=Labels(), slices=None, floors={}, ceilings={}, comparison=replace(rules.comparison, shown=(),
        metric="accuracy")
    )  # fmt: skip
    rest = 'of = "1", costs = { missed = 5, false_alarm = 1 }, tolerance = 0.0 }'
    kind = f'answers {{ kind = "probability", grouped_by = "", {rest} → {{ kind = "labels", grouped_by = "" }}'
    assert said(changes(rules, labels))[0] == f"looser: {kind}"


@pytest.mark.parametrize(
    ("found", "written", "expected"),
    [
        ('"023eb2c3', '"123eb2c3', None),
        ('sources = ["UCI', 'sources = ["https://example.org/UCI', None),
        ("max_bytes = 5_000_000", "max_bytes = 6_000_000", None),
        ("licence =", "licence = 'CC0' #", None),
        ('header = "ID,X1,X2', 'header = "ID,X2,X1', "looser: file header"),
        ("train_share = 0.70", "train_share = 0.80", "looser: rows train_share 0.7 → 0.8"),
        ("train_share = 0.70", "train_share = 0.60", "looser: rows train_share 0.7 → 0.6"),
        ("validation_share = 0.15", "validation_share = 0.2", "looser: rows validation_share 0.15 → 0.2"),
        ("bad_share_allowed = 0.0", "bad_share_allowed = 0.2", "looser: rows bad_share_allowed 0.0 → 0.2"),
        ('identifier = "ID"', "", 'looser: rows identifier "ID" → none'),
        (
            'categories = ["1", "2"]\ndescription = "Sex"\nmeanings = { 1 = "male", 2 = "female" }',
            'categories = ["1"]',
            'looser: features sex categories ["1", "2"] → ["1"]',
        ),
        (
            'categories = ["1", "2"]\ndescription = "Sex',
            'categories = ["2", "1"]\ndescription = "Sex',
            'looser: features sex categories ["1", "2"] → ["2", "1"]',
        ),
        ("rows_allowed = 14", "rows_allowed = 140", "looser: features education recoded 0 rows_allowed 14 → 140"),
        ("rows_allowed = 14", "rows_allowed = 13", "stricter: features education recoded 0 rows_allowed 14 → 13"),
        (
            'code = "5", taken_for = "4"',
            'code = "5", taken_for = "1"',
            'looser: features education recoded 5 taken_for "4" → "1"',
        ),
        ('  { code = "5"', '# { code = "5"', 'looser: features education recoded { code = "5", '),
        (
            "rows_allowed = 54 }",
            'rows_allowed = 54 }, { code = "9", taken_for = "3", rows_allowed = 1 }',
            'looser: features marriage recoded none → { code = "9", ',
        ),
        ("low = 18", "low = 0", "looser: features age low 18 → 0"),
        ("high = 110", "high = 60", "looser: features age high 110 → 60"),
        ("low = 18\nhigh = 110", "low = 18.0\nhigh = 110", "looser: features age {"),
        ('name = "age"', 'name = "years"', "looser: features {"),
        ("share = 0.60", "share = 0.30", "looser: associations repayment_september share 0.6 → 0.3"),
        ("share = 0.60", "share = 0.65", "stricter: associations repayment_september share 0.6 → 0.65"),
        ("at_least = 2", "at_least = 1", "looser: associations repayment_september at_least 2 → 1"),
        ('label = "1"', 'label = "0"', 'looser: associations repayment_september label "1" → "0"'),
        ('categories = ["0", "1"]', 'categories = ["1", "0"]', 'looser: label categories ["0", "1"] → ["1", "0"]'),
        ('unit = "years"', 'unit = "months"', None),
        ('2 = "female"', '2 = "woman"', None),
        ('name = "default"', 'name = "paid"', 'looser: label name "default" → "paid"'),
    ],
)
def test_a_key_of_dataset_toml_is_contract_or_data(found: str, written: str, expected: str | None) -> None:
    """Another file is new data and passes; the split, and what a value means and may be, are the contract."""
    assert found in DATA
    text = DATA.replace(found, written) if DATA.count(found) == 1 else written.join(DATA.rsplit(found, 1))
    seen = said(changes(Dataset.parse(DATA), Dataset.parse(text)))
    if expected is None:
        assert [line.partition(":")[0] for line in seen] == ["neutral"]
    else:
        assert seen
        assert seen[0].startswith(expected)


def test_columns_are_compared_by_name_and_order() -> None:
    """A column more or less, and two that change places, are changes of the contract; so is an association less."""
    contract = Dataset.parse(DATA)
    fewer = replace(contract, features=contract.features[1:])
    swapped = replace(contract, features=(*contract.features[1:2], *contract.features[:1], *contract.features[2:]))
    unlinked = replace(contract, associations=())
    for before, after, effect in (
        (contract, fewer, Effect.LOOSER),
        (fewer, contract, Effect.LOOSER),
        (contract, swapped, Effect.LOOSER),
        (contract, unlinked, Effect.LOOSER),
        (unlinked, contract, Effect.STRICTER),
    ):
        assert [change.effect for change in changes(before, after)] == [effect]


@pytest.mark.parametrize("workload", WORKLOADS)
def test_a_report_keeps_rules_and_contract_exactly(workload: str) -> None:
    """What gate.json holds makes equal rules and an equal contract: the next release is judged by them."""
    rules = Rules.read(PROJECT / "ml_test" / workload / "gate.toml")
    assert Rules.of(json.loads(json.dumps(rules.document()))) == rules
    finer = replace(rules, comparison=replace(rules.comparison, margin=1e-9 / 3))
    assert Rules.of(json.loads(json.dumps(finer.document()))) == finer
    contract = Dataset.read(PROJECT / "ml_init" / workload / "dataset.toml")
    assert Dataset.of(json.loads(json.dumps(contract.document()))) == contract


def dataclasses_of(kind: Any) -> Iterator[type[Any]]:
    """The dataclass, and all that its fields' types name."""
    if is_dataclass(kind):
        yield kind
        named = {"AnswerKind": AnswerKind, "Column": Column, "Metric": Metric, "Split": Split}
        hints = typing.get_type_hints(kind, localns=named)
        for each in fields(kind):
            yield from dataclasses_of(hints[each.name])
    for part in typing.get_args(kind):
        yield from dataclasses_of(part)


@pytest.mark.parametrize("kind", [Rules, Dataset, *KINDS, Categories, Integers, Decimals, Dates, Text, Shares, FirstOf])
def test_every_key_states_what_its_change_means(kind: type[Any]) -> None:
    """No key of gate.toml and dataset.toml is without a direction, so a new one cannot be forgotten."""
    found = {part.__name__: states_all(part) for part in dataclasses_of(kind)}
    assert {name: forgotten for name, forgotten in found.items() if forgotten} == {}
    assert len(found) >= {Rules: 6, Dataset: 4}.get(kind, 1)
