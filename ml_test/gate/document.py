"""The gate's report as JSON values: all that was found, and of what. Equal inputs give equal bytes."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from ml_test.gate import wear
from ml_test.gate.intervals import share
from ml_test.gate.slices import CORRECTION
from ml_test.gate.usable import decided

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ml_test.gate.decision import Decision
    from ml_test.gate.evidence import Evidence
    from ml_test.gate.rules import Rules

DIGITS = 6
CALIBRATION_BINS = 10


def document(
    decision: Decision, evidence: Evidence, requests: Sequence[str], rules: Rules, origin: Mapping[str, Any]
) -> dict[str, Any]:
    """``requests`` are the test rows as sent; ``origin`` says of what the report is."""
    found = {
        "verdict": decision.verdict.value,
        "reason": decision.reason,
        "details": decision.details,
        **origin,
        "rows": len(evidence.truth),
        "test_split_sha256": split_hash(requests, evidence.truth),
        "wear": {
            "earlier_decisions": evidence.earlier_decisions,
            "confidence": decision.confidence,
            "sentence": wear.sentence(evidence.earlier_decisions),
        },
        "first_release": evidence.first_release,
        "gain": asdict(decision.gain),
        "rules": asdict(rules),
        "slices": [asdict(entry) for entry in decision.slices],
        "slice_correction": CORRECTION,
        "too_small_slices": list(decision.too_small_slices),
        "checks": [{**asdict(check), "passed": check.passed} for check in decision.checks],
        "look_at": decision.look_at,
        "labels": list(evidence.labels),
        "confusion": decision.matrix.tolist(),
        "estimates": {name: asdict(estimate) for name, estimate in decision.estimates.items()},
        "calibration": _calibration(evidence),
        "majority": evidence.majority,
        **_answers(evidence, requests, rules),
        "latency_milliseconds": _latency(evidence.milliseconds),
        "champion_latency_milliseconds": _latency(evidence.champion_milliseconds),
        "milliseconds": [round(value, 3) for value in evidence.milliseconds],
        "champion_milliseconds": [round(value, 3) for value in evidence.champion_milliseconds],
    }
    rounded: dict[str, Any] = _rounded(found)
    return rounded


def split_hash(requests: Sequence[str], truth: Sequence[str]) -> str:
    """Which test split this is: the SHA-256 of its rows and labels, in whatever order they were read."""
    lines = sorted(f"{request},{label}" for request, label in zip(requests, truth, strict=True))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _answers(evidence: Evidence, requests: Sequence[str], rules: Rules) -> dict[str, Any]:
    """The wrong answers, the rows on which the two models differ, and the answers that are none."""
    ours = decided(evidence, evidence.answers, rules.costs)
    theirs = decided(evidence, evidence.champion_answers, rules.costs)
    rows = list(zip(requests, evidence.truth, ours, theirs, strict=True))
    differing = [] if evidence.first_release else [row for row in rows if row[2] != row[3]]
    return {
        "wrong": [
            {"request": request, "expected": true, "answer": answer}
            for request, true, answer, _ in rows
            if answer != true
        ],
        "differing": [
            {"request": request, "expected": true, "answer": answer, "champion": champion}
            for request, true, answer, champion in differing
        ],
        "unknown_answers": sorted(set(evidence.unusable(evidence.answers))),
    }


def _calibration(evidence: Evidence) -> list[dict[str, float]]:
    """Bins of equal size: mean answered probability, the share that came true and its 95 % interval."""
    if evidence.positive is None:
        return []
    truth, answered = evidence.truth_codes, evidence.probabilities(evidence.answers)
    bins = []
    for places in np.array_split(np.argsort(answered, kind="stable"), min(CALIBRATION_BINS, len(truth))):
        true = share(int(truth[places].sum()), len(places))
        mean = float(answered[places].mean())
        bins.append({"answered": mean, "true": true.value, "low": true.low, "high": true.high, "rows": true.rows})
    return bins


def _latency(milliseconds: Sequence[float]) -> dict[str, float]:
    if not len(milliseconds):
        return {}
    times = np.asarray(milliseconds)
    return {
        **{f"p{level}": round(float(np.percentile(times, level)), 3) for level in (50, 95, 99)},
        "max": round(float(times.max()), 3),
        "first": round(float(times[0]), 3),
    }


def _rounded(value: Any) -> Any:
    """Numbers to six digits: the last bits of a sum depend on the processor's order of adding, the report must not."""
    if isinstance(value, dict):
        return {key: _rounded(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(entry) for entry in value]
    return round(float(value), DIGITS) if isinstance(value, float) else value
