"""Rows are asked more than once, and answers that differ, or hang on the order, are judged."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from handover.invocations import CSV_ROW, NoAnswer
from ml_steps.endpoint import Asker
from ml_steps.running import StepError
from ml_test.asking import ask_all, places_to_repeat
from ml_test.gate.answers.probability import Probability
from ml_test.gate.decision import decide
from ml_test.gate.repeats import Differing, Repeated, check_repeats, differing_rows
from ml_test.gate.rules import Load
from ml_test.gate.verdict import Verdict
from tests.clock import Clock
from tests.unit.ml_steps.test_endpoint import Content, container, service
from tests.unit.ml_test.conftest import RULES
from tests.unit.ml_test.test_evaluate import Aws, gate, report_of
from tests.unit.ml_test.test_gate_faults import SCORED_RULES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.ml_test.conftest import TestRows


class Fickle(Aws):
    """Answers as ``Aws``, changed by what it was asked before: (endpoint, times, the row before) → another answer."""

    def __init__(self, *given: Any, change: Callable[[str, int, str], str | Exception | None]) -> None:
        super().__init__(*given)
        self.change, self.times, self.before = change, dict[tuple[str, str], int](), ""

    def invoke_endpoint(self, *, EndpointName: str, Body: bytes, **request: Any) -> dict[str, Any]:
        row = Body.decode()
        times = self.times.get((EndpointName, row), 0)
        self.times[EndpointName, row] = times + 1
        before, self.before = self.before, row
        changed = self.change(EndpointName, times, before)
        if isinstance(changed, Exception):
            raise changed
        if changed is not None:
            return {"Body": Content(changed.encode())}
        return super().invoke_endpoint(EndpointName=EndpointName, Body=Body, **request)


@pytest.fixture
def judged(rows: TestRows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Fickle]:
    """The gate's whole run."""

    def run(change: Callable[[str, int, str], str | Exception | None], champion: list[str] | None = None) -> Fickle:
        monkeypatch.setattr("ml_steps.endpoint.time", Clock())
        aws = Fickle(rows, rows.with_mistakes(1), champion, change=change)
        gate(aws, tmp_path, monkeypatch)
        return aws

    return run


def test_a_model_that_keeps_to_its_answers_passes(judged: Callable[..., Fickle], rows: TestRows) -> None:
    """A bounded number of rows is asked again, of either model, and the check says how many answers were the same."""
    aws = judged(lambda *_: None, rows.with_mistakes(2))
    report = report_of(aws)
    assert report["verdict"] == "PROMOTE"
    check = next(check for check in report["checks"] if check["name"] == "repeats")
    assert check["sentence"].startswith("asked again in another order, it gave the same answers to ")
    asked = len(rows.requests) + RULES.load.warm_up + RULES.load.repeats
    of_the_new_model = len(RULES.smoke.requests) + RULES.load.dealt * len(rows.features)
    for endpoint, more in (("qa", of_the_new_model), ("prod", 0)):
        times = sum(count for (name, _), count in aws.times.items() if name == endpoint)
        assert times == asked + more


@pytest.mark.parametrize(
    ("change", "other"),
    [
        pytest.param(lambda _, times, __: "acc" if times else None, "'acc'", id="another answer when asked again"),
        pytest.param(lambda _, times, __: "acc" if times == 2 else None, "'acc'", id="only at the third time"),
        pytest.param(
            lambda _, times, __: container(500, "again?") if times == 2 else None,
            "'error 500: again?'",
            id="then an error",
        ),
    ],
)
def test_answers_that_differ_reject(judged: Callable[..., Fickle], change: Any, other: str) -> None:
    """The reason has the number of rows, the first ones, and both answers to them."""
    with pytest.raises(StepError, match=r"REJECT: It answers the same rows differently, \d+ of 1") as found:
        judged(change)
    assert f"'unacc' and {other}" in str(found.value) or f"{other} and 'unacc'" in str(found.value)


def test_answers_that_hang_on_the_row_before_reject(judged: Callable[..., Fickle], rows: TestRows) -> None:
    """A model that looks at its neighbours is right in the order of the test rows, and differs in another order."""
    following = dict(zip(rows.requests, rows.requests[1:], strict=False))
    answers = dict(zip(rows.requests, rows.with_mistakes(1), strict=True))

    def peeks(endpoint: str, _: int, before: str) -> str | None:
        return None if endpoint != "qa" else answers.get(following.get(before, ""), "unacc")

    with pytest.raises(StepError, match="REJECT: It answers the same rows differently"):
        judged(peeks)


def test_the_champions_answers_that_differ_are_held(judged: Callable[..., Fickle], rows: TestRows) -> None:
    """It serves already; but nobody can tell whether the new model is better than that."""
    aws = judged(lambda name, times, _: "acc" if times and name == "prod" else None, rows.with_mistakes(2))
    report = report_of(aws)
    assert report["verdict"] == "HOLD"
    assert report["reason"].startswith("The champion answers the same rows differently, ")
    assert {entry["model"] for entry in report["repeats"]["differing"]} == {"champion"}
    assert "What was answered differently" in aws.stored["gate/e1/gate.html"].decode()


def test_what_never_came_is_no_other_answer(rows: TestRows) -> None:
    """A line that breaks only when rows are asked again leaves nothing to compare: a person decides."""

    def breaks(_: str, times: int, __: str) -> Exception | None:
        return service("ValidationError", 400) if times else None

    aws = Fickle(rows, rows.truth, change=breaks)
    rules = replace(RULES, load=Load(warm_up=0))
    (asked,) = ask_all(Asker(runtime=aws, invocation=CSV_ROW), ["qa"], rows.requests, rules)
    assert asked.repeated == Repeated(rows=0)
    decision = decide(replace(rows.evidence(list(asked.answers)), repeated=asked.repeated), rules)
    assert (decision.verdict, [check.name for check in decision.decisive]) == (Verdict.HOLD, ["repeats"])
    assert "No row could be asked a second time" in decision.reason


def repeated(*pairs: tuple[str, str], rows: int = 100) -> Repeated:
    return Repeated(
        rows=rows,
        differing=tuple(
            Differing(place=place, request="a,b", answer=answer, other=other)
            for place, (answer, other) in enumerate(pairs)
        ),
    )


@pytest.mark.parametrize(
    ("pairs", "tolerance", "share", "outcome"),
    [
        ([("0.5", "0.5000001")], 0.0, 0.0, Verdict.REJECT),
        ([("0.5", "0.50")], 0.0, 0.0, Verdict.PROMOTE),
        ([("0.5", "0.5000001")], 1e-6, 0.0, Verdict.PROMOTE),
        ([("0.5", "0.51")], 1e-6, 0.0, Verdict.REJECT),
        ([("0.5", "nan")], 0.5, 0.0, Verdict.REJECT),
        ([("0.5", "0.6")], 0.0, 0.01, Verdict.PROMOTE),
        ([("0.5", "0.6"), ("0.1", "0.2")], 0.0, 0.01, Verdict.REJECT),
    ],
)
def test_a_tolerance_is_a_rule(
    rows: TestRows, pairs: list[tuple[str, str]], tolerance: float, share: float, outcome: Verdict
) -> None:
    """A kind that varies by nature may say by how much, and in how many rows; unless it does, not at all."""
    rules = replace(
        SCORED_RULES, answers=Probability(of="1", tolerance=tolerance), load=Load(repeats=100, differing=share)
    )
    evidence = replace(rows.evidence(rows.truth), repeated=repeated(*pairs))
    assert [check.outcome for check in check_repeats(evidence, rules)] == [outcome]


def test_two_answers_beyond_a_tolerance_are_found_behind_one_within_it() -> None:
    """Every answer to a row is compared, and a row counts once."""
    found = Repeated(
        rows=1,
        differing=tuple(
            Differing(place=0, request="a", answer="0.5", other=other) for other in ("0.5000001", "0.6", "0.7")
        ),
    )

    assert [row.other for row in differing_rows(found, Probability(of="1", tolerance=1e-6))] == ["0.6"]


def test_rows_are_repeated_in_an_order_that_nobody_chose() -> None:
    """The rows are the seed: the same for the same rows, another order than theirs, each row once."""
    requests = [f"row {place}" for place in range(500)]
    places = places_to_repeat(requests, 100)
    assert places == places_to_repeat(list(requests), 100)
    assert places != sorted(places)
    assert len(set(places)) == 100
    assert max(places) > 400, "not the first ones alone"
    assert places != places_to_repeat(requests[:-1], 100)
    assert sorted(places_to_repeat(requests[:7], 100)) == list(range(7))
    assert places_to_repeat(requests, 0) == []


def test_rows_that_were_asked_side_by_side_are_asked_again_alone(rows: TestRows) -> None:
    """Answers that hang on what else is asked at the same time differ from those to single requests."""
    aws = Aws(rows, rows.truth)
    busy = False

    def invoke(*, EndpointName: str, Body: bytes, **request: Any) -> dict[str, Any]:
        return (
            {"Body": Content(b"acc")}
            if busy
            else Aws.invoke_endpoint(aws, EndpointName=EndpointName, Body=Body, **request)
        )

    aws.invoke_endpoint = invoke  # type: ignore[method-assign]

    class Crowded(Asker):
        def ask_at_once(self, endpoint: str, rows: Any, *, connections: int) -> Any:
            nonlocal busy
            busy = True
            try:
                return super().ask_at_once(endpoint, rows, connections=connections)
            finally:
                busy = False

    rules = replace(RULES, load=Load(one_at_a_time=20, warm_up=0))
    (asked,) = ask_all(Crowded(runtime=aws, invocation=CSV_ROW), ["qa"], rows.requests, rules)
    assert asked.repeated is not None
    assert asked.repeated.differing
    assert not any(isinstance(answer, NoAnswer) for answer in asked.answers)
    evidence = replace(rows.evidence(list(asked.answers)), repeated=asked.repeated)
    assert "repeats" in [check.name for check in decide(evidence, rules).decisive]
