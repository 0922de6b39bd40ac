"""Which change of a rule makes the rules looser, for every way in which a field can say so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from ml_steps.changes import (
    CEILINGS,
    FLOORS,
    ITS_OWN_FIELDS,
    LOOSER_IF_CHANGED,
    LOOSER_IF_FEWER,
    LOOSER_IF_LESS,
    LOOSER_IF_LESS_THAN_ALL,
    LOOSER_IF_MORE,
    NEUTRAL,
    Effect,
    called,
    changes,
    of,
    states_all,
    strictest,
    tables,
)


@dataclass(frozen=True, kw_only=True)
class Inner:
    name: str = field(default="a", metadata=LOOSER_IF_CHANGED)
    most: float = field(default=1.0, metadata=LOOSER_IF_MORE)


@dataclass(frozen=True, kw_only=True)
class Other:
    name: str = field(default="a", metadata=LOOSER_IF_CHANGED)


@dataclass(frozen=True, kw_only=True)
class Rule:
    least: float | None = field(default=5, metadata=LOOSER_IF_LESS)
    most: float | None = field(default=5, metadata=called("file most", LOOSER_IF_MORE))
    rows: int | None = field(default=100, metadata=LOOSER_IF_LESS_THAN_ALL)
    unit: str = field(default="ms", metadata=LOOSER_IF_CHANGED)
    shown: str = field(default="auc", metadata=NEUTRAL)
    inner: object = field(default=Inner(), metadata=ITS_OWN_FIELDS)
    floors: Mapping[str, float] = field(default_factory=lambda: {"auc": 0.7}, metadata=FLOORS)
    ceilings: Mapping[str, float] = field(default_factory=lambda: {"loss": 0.7}, metadata=CEILINGS)
    requests: tuple[str, ...] = field(default=("x", "y"), metadata=LOOSER_IF_FEWER)
    cuts: tuple[Inner, ...] = field(
        default=(Inner(), Inner(name="b")), metadata=tables(by="name", added=Effect.STRICTER)
    )
    columns: tuple[Inner, ...] = field(
        default=(Inner(), Inner(name="b")), metadata=tables(by="name", added=Effect.LOOSER, ordered=True)
    )
    forgotten: int = 1


OTHER = '{ kind = "other", name = "a" }'
A, B, C = Inner(), Inner(name="b"), Inner(name="c")


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (Rule(), []),
        (Rule(least=4), ["looser: least 5 → 4"]),
        (Rule(least=6), ["stricter: least 5 → 6"]),
        (Rule(least=None), ["looser: least 5 → none"]),
        (Rule(most=6), ["looser: file most 5 → 6"]),
        (Rule(most=4.5), ["stricter: file most 5 → 4.5"]),
        (Rule(most=None), ["looser: file most 5 → none"]),
        (Rule(rows=99), ["looser: rows 100 → 99"]),
        (Rule(rows=None), ["stricter: rows 100 → all"]),
        (Rule(unit="s"), ['looser: unit "ms" → "s"']),
        (Rule(shown="f1"), ['neutral: shown "auc" → "f1"']),
        (Rule(inner=Inner(most=2)), ["looser: inner most 1.0 → 2"]),
        (Rule(inner=None), ['looser: inner { name = "a", most = 1.0 } → none']),
        (Rule(inner=A), []),
        (Rule(inner=Other()), ['looser: inner { kind = "inner", name = "a", most = 1.0 } → ' + OTHER]),
        (Rule(floors={}), ["looser: floors auc 0.7 → none"]),
        (Rule(floors={"auc": 0.6, "f1": 0.1}), ["looser: floors auc 0.7 → 0.6", "stricter: floors f1 none → 0.1"]),
        (Rule(ceilings={"loss": 0.8}), ["looser: ceilings loss 0.7 → 0.8"]),
        (Rule(ceilings={}), ["looser: ceilings loss 0.7 → none"]),
        (Rule(requests=("y", "x")), []),
        (Rule(requests=("y", "z")), ['looser: requests "x" → none', 'stricter: requests none → "z"']),
        (Rule(cuts=(B, A)), []),
        (Rule(cuts=(A,)), ['looser: cuts { name = "b", most = 1.0 } → none']),
        (Rule(cuts=(A, B, C)), ['stricter: cuts none → { name = "c", most = 1.0 }']),
        (Rule(cuts=(A, A, B)), ['stricter: cuts none → { name = "a", most = 1.0 }']),
        (Rule(cuts=(A, Inner(name="b", most=3))), ["looser: cuts b most 1.0 → 3"]),
        (Rule(columns=(B, A)), ['looser: columns order ["a", "b"] → ["b", "a"]']),
        (Rule(columns=(A, B, C)), ['looser: columns none → { name = "c", most = 1.0 }']),
        (Rule(forgotten=2), ["looser: forgotten 1 → 2"]),
    ],
)  # fmt: skip
def test_a_change_is_looser_stricter_or_neutral(after: Rule, said: list[str]) -> None:
    """Each change has its key, its old and its new value; what states nothing, and what has no order, is looser."""
    assert [f"{change.effect}: {change.sentence}" for change in changes(Rule(), after)] == said


def test_a_first_table_is_stricter() -> None:
    """A table of rules where none was asks for more."""
    (change,) = changes(Rule(inner=None), Rule(inner=Inner()), "gate")
    assert (change.effect, change.key, change.before) == (Effect.STRICTER, "gate inner", "none")


def test_the_strictest_of_both_is_known_by_field() -> None:
    """Each number is the stricter one, and what has no order is the other's."""
    one, other = Rule(least=7, most=None, rows=10, unit="ms"), Rule(least=6, most=3, rows=None, unit="s")
    found = strictest(one, other)
    assert (found.least, found.most, found.rows, found.unit) == (7, 3, None, "s")
    assert strictest(other, one) == Rule(least=7, most=3, rows=None, unit="ms")


def test_no_text_of_a_push_disguises_a_change() -> None:
    """Long values are cut in a sentence and kept in full beside it; line breaks and reversed text are escaped."""
    (change,) = changes(Rule(), Rule(unit="x" * 900 + "\n"))
    assert (len(change.sentence) < 120, len(change.after) > 900, "\n" in change.after) == (True, True, False)
    (change,) = changes(Rule(), Rule(unit="\u202e1 → 2"))
    assert change.after == '"\\u202e1 \\u2192 2"'
    (change,) = changes(Rule(), Rule(floors={"auc": 0.7, "a\x1b[2J b": 1}))
    assert change.key == 'floors "a\\u001b[2J b"'


def test_a_field_that_states_nothing_is_found() -> None:
    """A walk over a table's fields finds the one that was forgotten."""
    assert states_all(Rule) == ["forgotten"]
    assert states_all(Inner) == []


def test_changes_are_told_apart_by_effect() -> None:
    """The looser ones of a list of changes can be taken out."""
    found = changes(Rule(), Rule(least=4, most=4))
    assert [change.key for change in of(found, Effect.LOOSER)] == ["least"]
