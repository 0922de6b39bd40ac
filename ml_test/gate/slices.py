"""Judges each group of rows: a model that is good overall may be bad, or worse than the champion, for one group."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from handover.plain_text import number
from ml_test.gate.gains import Gain, Pair, closed_gain
from ml_test.gate.verdict import Check, Verdict
from ml_test.gate.wording import percent

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from ml_test.gate.bootstrap import Bounds
    from ml_test.gate.intervals import Estimate
    from ml_test.gate.metrics.metric import ClosedForm
    from ml_test.gate.rules import Cut, SliceRule

CORRECTION = "Bonferroni, each group's interval has the confidence 1 - (1 - confidence) / number of groups"


@dataclass(frozen=True, kw_only=True, slots=True)
class Slice:
    """One group. own: the challenger's figure.

    gain: on the rows that are new to both models; None if these are too few. suspected: its interval without correction
    for many groups.
    """

    name: str
    own: Estimate
    gain: Gain | None
    suspected: Bounds | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Slices:
    judged: tuple[Slice, ...] = ()
    too_small: tuple[str, ...] = ()


def groups(
    requests: Sequence[str],
    features: Sequence[str],
    cuts: Sequence[Cut],
    learned: Sequence[Sequence[str]] = (),
    label: tuple[str, Sequence[str]] | None = None,
) -> dict[str, NDArray[np.bool_]]:
    """The rows of each group, by the group's name: masks of shape (rows,).

    learned: the training rows, whose features come first. label: its column's name, and each row's. ValueError for an
    unknown feature, and for two groups with one name.
    """
    if not cuts:
        return {}
    columns = dict(zip(features, zip(*(request.split(",") for request in requests), strict=True), strict=True))
    if label is not None:
        columns[label[0]] = tuple(label[1])
    unknown = sorted({cut.feature for cut in cuts} - set(columns))
    if unknown:
        raise ValueError(f"gate.toml slices by {unknown}, but the rows have the columns {list(columns)}")
    found: dict[str, NDArray[np.bool_]] = {}
    for cut in cuts:
        for name, rows in _groups_of(cut, columns[cut.feature], features, learned):
            _add(found, name, rows)
    return found


def _groups_of(
    cut: Cut, column: Sequence[str], features: Sequence[str], learned: Sequence[Sequence[str]]
) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Name and rows of each group of a cut. column: its values, one a row."""
    if cut.training_rows:
        if cut.feature not in features:
            raise ValueError(f"gate.toml counts training rows by {cut.feature!r}, which is no feature")
        place = features.index(cut.feature)
        counts = Counter(row[place] for row in learned)
        known = np.array([counts[value] for value in column])
        for low, high in pairwise([*cut.training_rows, np.inf]):
            yield f"{cut.feature} with {_count(low, high)} training rows", (known >= low) & (known < high)
    elif cut.bounds:
        numbers = _numbers(column, cut.feature)
        for low, high in pairwise([*cut.bounds, np.inf]):
            yield f"{cut.feature} {_band(low, high)}", (numbers >= low) & (numbers < high)
    else:
        kept = [_beginning(value, cut.up_to) for value in column] if cut.up_to else column
        named = cut.values or {value: f"{cut.feature} {value}" for value in sorted({*kept} - {None})}
        for value, name in named.items():
            yield name, np.array([each == value for each in kept])


def _beginning(value: str, text: str) -> str | None:
    """What of the value stands before the text. Without it, the value is in no group."""
    return value.partition(text)[0] if text in value else None


def _add(found: dict[str, NDArray[np.bool_]], name: str, rows: NDArray[np.bool_]) -> None:
    """ValueError for a name that two groups have: the second one would take the place of the first."""
    if name in found:
        raise ValueError(f"gate.toml has two groups of rows with the name {name!r}")
    found[name] = rows


def _numbers(values: Sequence[str], feature: str) -> NDArray[np.float64]:
    """The feature's values, shape (rows,); a missing one is in no group. ValueError for one that is no number."""
    found = [number(value) if value else np.nan for value in values]
    if None in found:
        raise ValueError(f"gate.toml has bounds for {feature}, and {values[found.index(None)]!r} is no number")
    return np.array(found, dtype=np.float64)


def _count(low: float, high: float) -> str:
    """The whole numbers from ``low`` to below ``high``, in words."""
    if high == np.inf:
        return f"{low} or more"
    return f"{low}" if low == high - 1 else f"{low} to {high - 1}"


def _band(low: float, high: float) -> str:
    """The values from ``low`` to below ``high``, in words: whole numbers for whole bounds."""
    if high == np.inf:
        return f"from {low}"
    whole = isinstance(low, int) and isinstance(high, int)
    return f"{low} to {high - 1}" if whole else f"{low} to below {high}"


def compare(
    masks: Mapping[str, NDArray[np.bool_]],
    pair: Pair[Any],
    metric: ClosedForm[Any],
    confidence: float,
    *,
    seed: int,
    comparable: NDArray[np.bool_] | None = None,
) -> Slices:
    """Each group's figure and gain. The more groups there are, the higher is the confidence of each interval.

    comparable: the rows that are new to both models, on which the gain is measured; None for all.
    """
    parts = {name: pair.where(mask) for name, mask in masks.items()}
    small = {name: lack for name, part in parts.items() if (lack := metric.too_few(part.challenger)) is not None}
    kept = {name: part for name, part in parts.items() if name not in small}
    corrected = 1 - (1 - confidence) / max(len(kept), 1)
    judged = []
    for name, part in kept.items():
        both = part if comparable is None else pair.where(masks[name] & comparable)
        enough = metric.too_few(both.challenger) is None
        judged.append(
            Slice(
                name=name,
                own=metric.estimate(part.challenger, seed=seed),
                gain=closed_gain(metric, both, confidence=corrected) if enough else None,
                suspected=_bounds(closed_gain(metric, both, confidence=confidence)) if enough else None,
            )
        )
    return Slices(
        judged=tuple(judged),
        too_small=tuple(f"{name} ({lack})" for name, lack in small.items()),
    )


def _bounds(gain: Gain) -> Bounds:
    return gain.low, gain.high


def judge(slices: Sequence[Slice], metric: ClosedForm[Any], rule: SliceRule, *, compared: bool) -> list[Check]:
    """A check of the groups' own figures and, where there is a champion (``compared``), of their gains."""
    if not slices:
        return []
    checks = [] if rule.limit is None else [_against_limit(slices, metric, rule.limit)]
    beside = [(entry, entry.gain, entry.suspected) for entry in slices]
    known = [Beside(name=e.name, gain=gain, suspected=plain) for e, gain, plain in beside if gain and plain]
    return [*checks, _against_champion(known, metric, rule)] if compared and known else checks


def _against_limit(slices: Sequence[Slice], metric: ClosedForm[Any], limit: float) -> Check:
    """HOLD where a figure breaks the limit, REJECT where its whole interval does.

    The limit applies to the figure and not to its bound: a small group's bound depends more on its size than on the
    model.
    """
    unit, way = metric.unit, metric.direction
    broken = [entry for entry in slices if way.sign * entry.own.value < way.sign * limit]
    worst = min(slices, key=lambda entry: way.sign * entry.own.value)
    sentence = "; ".join(
        f"{metric.called} of {entry.name} {entry.own.value:.4f} (95 % interval {entry.own.low:.4f} to "
        f"{entry.own.high:.4f}, {entry.own.rows} rows), {way.limit} {limit:.4f}"
        for entry in broken or [worst]
    )
    value = unit.figure(worst.own.value)
    if not broken:
        plain = f"no group is {way.broken} {unit.figure(limit)}: the worst is {worst.name}, {value}"
        return Check(name="groups", outcome=Verdict.PROMOTE, plain=plain, sentence=sentence)
    plain = f"its {metric.called} for {worst.name} is {value}, but {way.required} {unit.figure(limit)} is required"
    best_ends = (entry.own.high if way.sign > 0 else entry.own.low for entry in broken)
    if any(way.sign * end < way.sign * limit for end in best_ends):
        return Check(name="groups", outcome=Verdict.REJECT, plain=plain, sentence=sentence)
    return Check(
        name="groups",
        outcome=Verdict.HOLD,
        plain=f"{plain}; with so few rows, that may be chance",
        sentence=sentence,
        look_at=f"The wrong answers for {worst.name} ({worst.own.rows} test rows): is there a pattern?",
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Beside:
    """A group that is compared with the champion."""

    name: str
    gain: Gain
    suspected: Bounds


def _against_champion(slices: Sequence[Beside], metric: ClosedForm[Any], rule: SliceRule) -> Check:
    """REJECT where a group is certainly worse, and by more than the margin; HOLD where it may be.

    It is certain if the corrected interval lies below 0. If only the uncorrected one does, it may be chance, because
    many groups are compared; then a person looks.
    """
    allowed = metric.unit.amount(rule.margin)
    bad = [entry for entry in slices if entry.gain.value < -rule.margin]
    proven = [entry for entry in bad if entry.gain.high < 0]
    named = proven or [entry for entry in bad if entry.suspected[1] < 0]
    if not named:
        sentence = f"none of the {len(slices)} groups is worse by more than {allowed} and beyond chance"
        plain = "no group of rows is clearly worse than with the champion"
        return Check(name="group by group", outcome=Verdict.PROMOTE, plain=plain, sentence=sentence)
    worst = min(named, key=lambda entry: entry.gain.value)
    sentence = "; ".join(_sentence(entry, metric) for entry in named)
    plain = (
        f"for {worst.name} it is worse than the champion by {metric.unit.amount(-worst.gain.value)} "
        f"({worst.gain.rows} test rows), and {allowed} are allowed"
    )
    if proven:
        return Check(name="group by group", outcome=Verdict.REJECT, plain=plain, sentence=sentence)
    return Check(
        name="group by group",
        outcome=Verdict.HOLD,
        plain=f"{plain}; that may be chance, because {len(slices)} groups were compared",
        sentence=sentence,
        look_at=f"The wrong answers for {worst.name}: is there a pattern?",
    )


def _sentence(entry: Beside, metric: ClosedForm[Any]) -> str:
    gain = entry.gain
    return (
        f"{entry.name}: {metric.called} {gain.challenger:.4f} against {gain.champion:.4f} "
        f"({percent(gain.confidence)} interval of the gain {gain.low:+.4f} to {gain.high:+.4f}, {gain.rows} rows)"
    )
