"""By whose rules? A push brings its own rules and its own data contract, and it may not loosen them by itself.

The agreed ones are those that let the champion pass. A challenger is judged by the agreed rules and by the proposed
ones, on the same answers, and the worse verdict counts. If anything is looser, a person decides: REJECT by the agreed
rules is then a HOLD, because whoever agrees to the looser rules agrees to just this, and nobody else can. The report of
what passes holds the proposed rules: they are the agreed ones from then on.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from ml_steps.changes import Change, Effect, changes, of, strictest
from ml_test.gate.decision import Decision, decide
from ml_test.gate.verdict import Check, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ml_init.dataset import Dataset
    from ml_test.gate.evidence import Evidence
    from ml_test.gate.rules import Rules

#: The names of the checks.
RULES, AGREED = "rules", "agreed rules"
#: How many characters of a reason list changes: a pipeline's variable has 450 in all.
_LISTED = 180
_WHY = 130


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposed:
    """What the push brings."""

    rules: Rules
    contract: Dataset


@dataclass(frozen=True, kw_only=True, slots=True)
class Agreed:
    """What holds until a person agrees to something else.

    by: whose they are, in words: "the rules that let version 6 pass". package: that version's ARN, if it is one.
    missing: why the champion's own cannot be read, so that others stand in for them.
    """

    rules: Rules
    contract: Dataset
    by: str
    package: str | None = None
    missing: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Agreement:
    """The agreed rules, what the push changes in them, and the decisions by the proposed rules and by them.

    decision: None if the agreed rules do not fit the test rows; then ``fault`` says why.
    """

    proposed: Proposed
    agreed: Agreed
    changed: tuple[Change, ...]
    by_proposed: Decision
    decision: Decision | None
    fault: str = ""

    @property
    def looser(self) -> list[Change]:
        return of(self.changed, Effect.LOOSER)

    @property
    def stricter(self) -> list[Change]:
        return of(self.changed, Effect.STRICTER)

    @property
    def both(self) -> Decision:
        """The decision by the proposed rules, with what the agreed ones add to its checks."""
        found = (self._loosened(), self._missing(), self._fault(), self._worse(), self._tightened())
        added = [check for check in found if check is not None]
        return replace(self.by_proposed, checks=(*self.by_proposed.checks, *added))

    def document(self) -> dict[str, Any]:
        """As JSON values, for the report."""
        return {
            "by": self.agreed.by,
            "package": self.agreed.package,
            "missing": self.agreed.missing,
            "fault": self.fault,
            "verdict_by_proposed": self.by_proposed.verdict.value,
            "verdict": self.decision.verdict.value if self.decision else None,
            "reason": self.decision.reason if self.decision else "",
            "checks": [asdict(check) for check in self.decision.checks] if self.decision else [],
            "changed": [{**asdict(change), "sentence": change.sentence} for change in self.changed],
        }

    def _loosened(self) -> Check | None:
        """HOLD, with the verdict that the agreed rules give."""
        if not self.looser:
            return None
        said = f"the push loosens {_counted(self.looser)}: {listed(self.looser)}"
        if self.decision is None:
            return self._hold(RULES, f"{said}; {self.agreed.by} cannot judge it", f"looser: {_all(self.looser)}")
        otherwise = f"by {self.agreed.by} it is a {self.decision.verdict}"
        why = f" ({_cut(self.decision.decisive[0].plain)})" if self.decision.verdict is not Verdict.PROMOTE else ""
        return self._hold(
            RULES,
            f"{said}; {otherwise}{why}",
            f"looser: {_all(self.looser)}; {otherwise}: {self.decision.details}",
            "Whether you agree to the looser rules. To approve this release is to agree: they hold from then on.",
        )

    def _tightened(self) -> Check | None:
        if not self.stricter:
            return None
        plain = f"the push makes {_counted(self.stricter)} stricter, which holds at once: {listed(self.stricter)}"
        name = "stricter rules"
        return Check(name=name, outcome=Verdict.PROMOTE, plain=plain, sentence=f"stricter: {_all(self.stricter)}")

    def _missing(self) -> Check | None:
        if not self.agreed.missing:
            return None
        said = f"the rules that let the champion pass cannot be read: {self.agreed.missing}"
        look = "The champion's package, and its report in the data bucket: why can its rules not be read?"
        return self._hold(AGREED, said, f"{said}; {self.agreed.by} stand in for them", look)

    def _fault(self) -> Check | None:
        if not self.fault:
            return None
        said = f"{self.agreed.by} cannot judge these test rows: {self.fault}"
        return self._hold(AGREED, said, said, "The old and the new rules: only the new ones have judged this release.")

    def _worse(self) -> Check | None:
        """Nothing is called looser, and yet the agreed rules are less content: then their verdict counts."""
        if self.looser or self.decision is None or not _worse(self.decision.verdict, self.by_proposed.verdict):
            return None
        return Check(
            name=AGREED,
            outcome=self.decision.verdict,
            plain=f"by {self.agreed.by} it is a {self.decision.verdict}: {self.decision.decisive[0].plain}",
            sentence=f"by {self.agreed.by}: {self.decision.details}",
            look_at="; ".join(self.decision.look_at),
        )

    @staticmethod
    def _hold(name: str, plain: str, sentence: str, look_at: str = "The old and the new rules.") -> Check:
        return Check(name=name, outcome=Verdict.HOLD, plain=plain, sentence=sentence, look_at=look_at)


def judge(proposed: Proposed, agreed: Agreed, evidence: Callable[[Rules], Evidence]) -> Agreement:
    """Both decisions. ``evidence``: the same answers, in the groups and with the baseline of some rules.

    ValueError if the proposed rules do not fit the test rows.
    """
    by_proposed = decide(evidence(proposed.rules), proposed.rules)
    same = agreed.rules == proposed.rules
    by_agreed, fault = (by_proposed, "") if same else _decided(agreed.rules, evidence)
    changed = (*changes(agreed.rules, proposed.rules), *changes(agreed.contract, proposed.contract, "dataset.toml"))
    return Agreement(
        proposed=proposed,
        agreed=agreed,
        changed=changed,
        by_proposed=by_proposed,
        decision=by_agreed,
        fault=fault,
    )


def _decided(rules: Rules, evidence: Callable[[Rules], Evidence]) -> tuple[Decision | None, str]:
    """The decision, or why there is none: the push's data may have no place for the agreed rules."""
    try:
        return decide(evidence(rules), rules), ""
    except ValueError as error:
        return None, str(error)
    except KeyError as error:
        return None, f"the data have no {error}"


def _worse(one: Verdict, other: Verdict) -> bool:
    order = (Verdict.PROMOTE, Verdict.HOLD, Verdict.REJECT)
    return order.index(one) > order.index(other)


def listed(found: Sequence[Change], most: int = _LISTED) -> str:
    """The changes in a sentence: as many as fit, and the number of the others."""
    said = found[0].sentence
    for place, change in enumerate(found[1:], start=1):
        if len(said) + len(change.sentence) > most:
            return f"{said} and {len(found) - place} more"
        said += f", {change.sentence}"
    return said


def _all(found: Sequence[Change]) -> str:
    return "; ".join(change.sentence for change in found)


def _counted(found: Sequence[Change]) -> str:
    return f"{len(found)} {'rules' if len(found) > 1 else 'rule'}"


def _cut(why: str) -> str:
    return why if len(why) <= _WHY else f"{why[: _WHY - 1]}…"


def asking(agreed: Rules, proposed: Rules) -> Rules:
    """The rules by which the endpoints are asked: of each limit the stricter one, so that the answers serve both."""
    return replace(
        proposed, load=strictest(agreed.load, proposed.load), latency=strictest(agreed.latency, proposed.latency)
    )
