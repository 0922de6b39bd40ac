"""The gate's report as JSON values: everything that was found, and for which model. Equal inputs give equal bytes."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from handover.invocations import NoAnswer
from ml_init.row_identity import hash_of
from ml_test.gate import wear
from ml_test.gate.importance import importance
from ml_test.gate.repeats import differing_rows
from ml_test.gate.slices import CORRECTION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ml_test.gate.agreement import Agreement
    from ml_test.gate.decision import Decision
    from ml_test.gate.evidence import Evidence
    from ml_test.gate.rules import Rules

DIGITS = 6


def document(
    decision: Decision,
    evidence: Evidence,
    rules: Rules,
    origin: Mapping[str, Any],
    agreement: Agreement | None = None,
) -> dict[str, Any]:
    """origin: which model was judged, on which data, in which run of the pipeline.

    agreement: what these rules were compared with; None if with nothing. Rules and contract are not rounded: the next
    release is judged by them. Nor is the training curve, which was read and not computed.
    """
    challenger, judged = decision.pair.challenger, decision.judged
    milliseconds = [*evidence.milliseconds, *evidence.line.delayed_milliseconds]
    champion_milliseconds = [*evidence.champion_milliseconds, *evidence.champion_line.delayed_milliseconds]
    found = {
        "verdict": decision.verdict.value,
        "reason": decision.reason,
        "details": decision.details,
        "look_at": decision.look_at,
        **origin,
        "test_rows_sha256": hash_of(evidence.rows),
        "test_split_sha256": split_hash(evidence.requests, evidence.truth),
        "answers_sha256": answers_hash(evidence.answers),
        "earlier_decisions": evidence.earlier_decisions,
        "confidence": decision.confidence,
        "wear": wear.sentence(evidence.earlier_decisions),
        "rows": len(evidence.requests),
        "left_out": decision.left_out,
        "learning": evidence.learning.counts(evidence.rows) if evidence.learning else None,
        "learned_rows_sha256": _learned(evidence),
        "first_release": evidence.first_release,
        "champion_missing": evidence.champion_missing,
        "gains": [asdict(gain) for gain in decision.gains],
        "metrics": {metric.name: metric.words() for metric in rules.asked},
        "slices": [asdict(entry) for entry in decision.slices.judged],
        "slice_correction": CORRECTION,
        "too_small_slices": list(decision.slices.too_small),
        "checks": [{**asdict(check), "passed": check.passed} for check in decision.checks],
        "baseline": decision.judged.baseline,
        "unusable_answers": sorted({judged.answers[place] for place in np.flatnonzero(challenger.unusable).tolist()}),
        "answered": rules.answers.part(decision.pair, judged),
        "importance": importance(evidence, rules),
        "unanswered": _unanswered(evidence),
        "repeats": _repeats(evidence, rules),
        "asked_again": [*evidence.line.asked_again, *evidence.line.overloaded],
        "champion_asked_again": [*evidence.champion_line.asked_again, *evidence.champion_line.overloaded],
        "latency_milliseconds": _latency(milliseconds),
        "champion_latency_milliseconds": _latency(champion_milliseconds),
        "milliseconds": milliseconds,
        "champion_milliseconds": champion_milliseconds,
    }
    rounded: dict[str, Any] = _rounded(found)
    rounded["rules"] = rules.document()
    if evidence.curve is not None:
        rounded["curve"] = evidence.curve.document()
    if agreement is not None:
        rounded["contract"] = agreement.proposed.contract.document()
        agreed = agreement.agreed
        rounded["agreed"] = _rounded(agreement.document()) | {
            "rules": agreed.rules.document(),
            "contract": agreed.contract.document(),
        }
    return rounded


def _learned(evidence: Evidence) -> str:
    """The set of rows that the challenger learned from; empty if nobody knows."""
    known = evidence.learning.challenger.rows if evidence.learning else None
    return "" if known is None else hash_of(known)


def _repeats(evidence: Evidence, rules: Rules) -> dict[str, Any]:
    """How many rows were asked more than once, and those that were answered differently, with both answers."""
    models = {"new model": evidence.repeated, "champion": evidence.champion_repeated}
    return {
        "rows": evidence.repeated.rows if evidence.repeated else 0,
        "differing": [
            {"request": row.request, "model": model, "answer": row.answer, "other": row.other}
            for model, repeated in models.items()
            for row in differing_rows(repeated, rules.answers)
        ],
    }


def _unanswered(evidence: Evidence) -> list[dict[str, str]]:
    """The rows that an endpoint did not answer, with the cause."""
    return [
        {"request": request, "model": model, "cause": str(answer)}
        for model, answers in (("new model", evidence.answers), ("champion", evidence.champion or ()))
        for request, answer in zip(evidence.requests, answers, strict=False)
        if isinstance(answer, NoAnswer)
    ]


def split_hash(requests: Sequence[str], truth: Sequence[str] | None) -> str:
    """The test split's identity: the SHA-256 of its rows and their truth. Their order does not matter."""
    lines = sorted(requests if truth is None else map(",".join, zip(requests, truth, strict=True)))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def answers_hash(answers: Sequence[str]) -> str:
    """The SHA-256 of the answers, in the order of the test rows: equal for models that give the same answers."""
    return hashlib.sha256("\n".join(answers).encode()).hexdigest()


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
    """Round to six digits: a sum's last bits depend on the processor's order of adding, and the report must not."""
    if isinstance(value, dict):
        return {key: _rounded(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(entry) for entry in value]
    return round(float(value), DIGITS) if isinstance(value, float) else value
