"""Is the challenger bad, or worse than the champion, in one group of rows, though not on the whole?"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from ml_test.gate.delong import auc_estimate
from ml_test.gate.intervals import Estimate, share
from ml_test.gate.paired import Gain, Pair, closed_bounds, closed_gain
from ml_test.gate.verdict import Check, Verdict
from ml_test.gate.wording import NAMES, amount, figure, percent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from ml_test.gate.bootstrap import Bounds
    from ml_test.gate.rules import Cut, SliceRule

CORRECTION = "Bonferroni: each group's interval at 1 - (1 - confidence) / number of groups"
# Fewer rows (for AUC: of either label) cannot tell anything at a corrected level: such a group is named, not judged.
FEWEST_ROWS = {"accuracy": 20, "auc": 30}


@dataclass(frozen=True, kw_only=True, slots=True)
class Slice:
    """One group. own: the challenger's figure alone. suspected: the gain's interval that knows no correction."""

    name: str
    own: Estimate
    gain: Gain
    suspected: Bounds


@dataclass(frozen=True, kw_only=True, slots=True)
class Slices:
    judged: tuple[Slice, ...]
    too_small: tuple[str, ...]


def groups(requests: Sequence[str], features: Sequence[str], cuts: Sequence[Cut]) -> dict[str, NDArray[np.bool_]]:
    """Which rows belong to which group, by name. ValueError for a feature that the rows do not have."""
    unknown = sorted({cut.feature for cut in cuts} - set(features))
    if unknown:
        raise ValueError(f"gate.toml slices by {unknown}, but the rows have the columns {list(features)}")
    columns = dict(zip(features, zip(*(request.split(",") for request in requests), strict=True), strict=True))
    found: dict[str, NDArray[np.bool_]] = {}
    for cut in cuts:
        values = np.array(columns[cut.feature])
        if cut.bounds:
            numbers = values.astype(float)
            for low, high in pairwise([*cut.bounds, np.inf]):
                name = f"{low} to {high - 1}" if high < np.inf else f"from {low}"
                found[f"{cut.feature} {name}"] = (numbers >= low) & (numbers < high)
        named = cut.values or {value: f"{cut.feature} {value}" for value in sorted(set(values)) if not cut.bounds}
        found |= {name: values == value for value, name in named.items()}
    return found


def compare(masks: Mapping[str, NDArray[np.bool_]], pair: Pair, rule: SliceRule, confidence: float) -> Slices:
    """Each group with its own figure and its gain, at the confidence that their number leaves."""
    parts = {name: pair.where(mask) for name, mask in masks.items()}
    small = {name: count for name, part in parts.items() if (count := _too_few(part, rule.metric)) is not None}
    kept = {name: part for name, part in parts.items() if name not in small}
    corrected = 1 - (1 - confidence) / max(len(kept), 1)
    return Slices(
        judged=tuple(
            Slice(
                name=name,
                own=_own(part, rule.metric),
                gain=closed_gain(rule.metric, part, confidence=corrected),
                suspected=closed_bounds(rule.metric, part, confidence),
            )
            for name, part in kept.items()
        ),
        too_small=tuple(f"{name} ({count})" for name, count in small.items()),
    )


def _too_few(part: Pair, metric: str) -> str | None:
    rows, events = len(part.truth), int((part.truth == 1).sum())
    counted = rows if metric == "accuracy" else min(events, rows - events)
    if counted >= FEWEST_ROWS[metric]:
        return None
    return f"{rows} rows" if metric == "accuracy" else f"{rows} rows, {counted} of the rarer label"


def _own(part: Pair, metric: str) -> Estimate:
    if metric == "auc":
        return auc_estimate(part.truth, part.challenger.astype(float))
    return share(int((part.decided(part.challenger) == part.truth).sum()), len(part.truth))


def judge(slices: Sequence[Slice], rule: SliceRule, *, compared: bool) -> list[Check]:
    """``compared``: there is a champion; without one, only the floor is judged."""
    checks = [] if rule.floor is None or not slices else [_against_floor(slices, rule.metric, rule.floor)]
    return [*checks, _against_champion(slices, rule)] if compared and slices else checks


def _against_floor(slices: Sequence[Slice], metric: str, floor: float) -> Check:
    """The floor holds for the figure itself: the bound of a small group says more of its size than of the model.

    HOLD below it, REJECT where the whole interval is.
    """
    below = [entry for entry in slices if entry.own.value < floor]
    worst = min(slices, key=lambda entry: entry.own.value)
    required = f"at least {figure(metric, floor)}"
    sentence = "; ".join(
        f"{NAMES[metric]} of {entry.name} {entry.own.value:.4f} (95 % interval {entry.own.low:.4f} to "
        f"{entry.own.high:.4f}, {entry.own.rows} rows), floor {floor:.4f}"
        for entry in below or [worst]
    )
    if not below:
        plain = (
            f"no group is below {figure(metric, floor)}: the worst is {worst.name}, {figure(metric, worst.own.value)}"
        )
        return Check(name="groups", outcome=Verdict.PROMOTE, plain=plain, sentence=sentence)
    plain = f"its {NAMES[metric]} for {worst.name} is {figure(metric, worst.own.value)}, but {required} is required"
    if any(entry.own.high < floor for entry in below):
        return Check(name="groups", outcome=Verdict.REJECT, plain=plain, sentence=sentence)
    return Check(
        name="groups",
        outcome=Verdict.HOLD,
        plain=f"{plain}; so few rows may be chance",
        sentence=sentence,
        look_at=f"The answers for {worst.name} ({worst.own.rows} test rows): is there a pattern?",
    )


def _against_champion(slices: Sequence[Slice], rule: SliceRule) -> Check:
    """REJECT where a group is worse for certain and by more than the margin; HOLD where it only looks so.

    For certain: the corrected interval lies below 0. Looks so: the uncorrected one does, which among many groups
    happens by chance; a person then looks.
    """
    allowed = amount(rule.metric, rule.margin)
    bad = [entry for entry in slices if entry.gain.value < -rule.margin]
    proven = [entry for entry in bad if entry.gain.high < 0]
    named = proven or [entry for entry in bad if entry.suspected[1] < 0]
    if not named:
        sentence = f"in none of {len(slices)} groups worse by more than {allowed} beyond chance"
        plain = "no group of rows got worse"
        return Check(name="group by group", outcome=Verdict.PROMOTE, plain=plain, sentence=sentence)
    worst = min(named, key=lambda entry: entry.gain.value)
    sentence = "; ".join(_sentence(entry) for entry in named)
    plain = (
        f"for {worst.name} it is worse than the champion by {amount(rule.metric, -worst.gain.value)} "
        f"({worst.gain.rows} test rows), where {allowed} are allowed"
    )
    if proven:
        return Check(name="group by group", outcome=Verdict.REJECT, plain=plain, sentence=sentence)
    return Check(
        name="group by group",
        outcome=Verdict.HOLD,
        plain=f"{plain}; that may be chance, as {len(slices)} groups were looked at",
        sentence=sentence,
        look_at=f"The wrong answers for {worst.name}: is there a pattern?",
    )


def _sentence(entry: Slice) -> str:
    gain = entry.gain
    return (
        f"{entry.name}: {NAMES[gain.metric]} {gain.challenger:.4f} against {gain.champion:.4f} "
        f"({percent(gain.confidence)} interval of the gain {gain.low:+.4f} to {gain.high:+.4f}, {gain.rows} rows)"
    )
