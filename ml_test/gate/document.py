"""The gate's report as JSON values: all that was found, and of what. Equal inputs give equal bytes."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from ml_test.gate import wear
from ml_test.gate.probabilities import calibration
from ml_test.gate.slices import CORRECTION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ml_test.gate.decision import Decision
    from ml_test.gate.evidence import Evidence
    from ml_test.gate.rules import Rules

DIGITS = 6


def document(decision: Decision, evidence: Evidence, rules: Rules, origin: Mapping[str, Any]) -> dict[str, Any]:
    """``origin`` says of what the report is."""
    found = {
        "verdict": decision.verdict.value,
        "reason": decision.reason,
        "details": decision.details,
        "look_at": decision.look_at,
        **origin,
        "test_split_sha256": split_hash(evidence.requests, evidence.truth),
        "answers_sha256": answers_hash(evidence.answers),
        "earlier_decisions": evidence.earlier_decisions,
        "confidence": decision.confidence,
        "wear": wear.sentence(evidence.earlier_decisions),
        "rows": len(evidence.truth),
        "first_release": evidence.first_release,
        "champion_missing": evidence.champion_missing,
        "gains": [asdict(gain) for gain in decision.gains],
        "rules": _rules(rules),
        "slices": [asdict(entry) for entry in decision.slices.judged],
        "slice_correction": CORRECTION,
        "too_small_slices": list(decision.slices.too_small),
        "checks": [{**asdict(check), "passed": check.passed} for check in decision.checks],
        "labels": list(evidence.labels),
        "confusion": decision.matrix.tolist(),
        "majority": evidence.majority,
        "threshold": None if evidence.positive is None else rules.costs.threshold,
        "calibration": _calibration(evidence),
        **_answers(evidence, rules),
        "latency_milliseconds": _latency(evidence.milliseconds),
        "champion_latency_milliseconds": _latency(evidence.champion_milliseconds),
        "milliseconds": list(evidence.milliseconds),
        "champion_milliseconds": list(evidence.champion_milliseconds),
    }
    rounded: dict[str, Any] = _rounded(found)
    return rounded


def split_hash(requests: Sequence[str], truth: Sequence[str]) -> str:
    """Which test split this is: the SHA-256 of its rows and labels, in whatever order they were read."""
    lines = sorted(f"{request},{label}" for request, label in zip(requests, truth, strict=True))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def answers_hash(answers: Sequence[str]) -> str:
    """Whether two models answered alike: the SHA-256 of the answers in the test rows' order."""
    return hashlib.sha256("\n".join(answers).encode()).hexdigest()


def _rules(rules: Rules) -> dict[str, Any]:
    """What was asked for, without the smoke requests: they stand beside their answers."""
    return {name: value for name, value in asdict(rules).items() if name != "smoke"}


def _answers(evidence: Evidence, rules: Rules) -> dict[str, Any]:
    """The answers where they are probabilities, the wrong ones, and the rows on which the two models differ."""
    threshold = rules.costs.threshold
    ours, theirs = (evidence.decided(answers, threshold) for answers in (evidence.answers, evidence.champion_answers))
    rows = list(zip(evidence.requests, evidence.truth, ours, theirs, strict=True))
    return {
        "answers": [] if evidence.positive is None else list(evidence.answers),
        "wrong": [
            {"request": request, "expected": true, "answer": answer}
            for request, true, answer, _ in rows
            if answer != true
        ],
        "differing": [
            {"request": request, "expected": true, "answer": answer, "champion": champion}
            for request, true, answer, champion in rows
            if evidence.champion is not None and answer != champion
        ],
        "unknown_answers": sorted({answer for answer in evidence.answers if not evidence.usable(answer)}),
    }


def _calibration(evidence: Evidence) -> list[dict[str, float]]:
    if evidence.positive is None:
        return []
    return calibration(evidence.truth_codes, evidence.codes(evidence.answers).astype(float))


def _latency(milliseconds: Sequence[float]) -> dict[str, float]:
    if not len(milliseconds):
        return {}
    times = np.asarray(milliseconds)
    return {
        **{f"p{level}": float(np.percentile(times, level)) for level in (50, 95, 99)},
        "max": float(times.max()),
        "first": float(times[0]),
    }


def _rounded(value: Any) -> Any:
    """Numbers to six digits: the last bits of a sum depend on the processor's order of adding, the report must not."""
    if isinstance(value, dict):
        return {key: _rounded(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(entry) for entry in value]
    return round(float(value), DIGITS) if isinstance(value, float) else value
