"""The line is not the model: what the gate makes of endpoints that do not answer, from the request to the verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from ml_steps.running import StepError
from ml_test.gate.latency import judge
from ml_test.gate.rules import Latency
from tests.clock import Clock
from tests.unit.ml_steps.test_endpoint import container, service
from tests.unit.ml_test.test_evaluate import Aws, gate, report_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.ml_test.conftest import TestRows

TIMEOUT = ReadTimeoutError(endpoint_url="https://runtime/endpoints/qa/invocations")


class Shaky(Aws):
    """Its endpoints raise for some rows: ``faults`` has for (endpoint, row) how often, and what."""

    faults: dict[tuple[str, str], list[Exception]]

    def invoke_endpoint(self, *, EndpointName: str, Body: bytes, **request: Any) -> dict[str, Any]:
        left = self.faults.get((EndpointName, Body.decode()), [])
        if left:
            raise left.pop(0)
        return super().invoke_endpoint(EndpointName=EndpointName, Body=Body, **request)


@pytest.fixture
def judged(rows: TestRows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Shaky]:
    """The gate's whole run, where an endpoint raises for these rows (places among the test rows)."""

    def run(
        error: Exception,
        places: range,
        *,
        endpoint: str = "qa",
        times: int = 1_000,
        answers: list[str] | None = None,
        champion: list[str] | None = None,
        warm: bool = True,
    ) -> Shaky:
        monkeypatch.setattr("ml_steps.endpoint.time", Clock())
        aws = Shaky(rows, answers or rows.with_mistakes(1), champion)
        faulty = [rows.requests[place] for place in places]
        aws.faults = {(endpoint, row): [error] * times for row in faulty}
        if not warm:
            aws.faults |= {(endpoint, row): [error] * times for row in RULES_SMOKE}
        gate(aws, tmp_path, monkeypatch)
        return aws

    return run


RULES_SMOKE = (
    "low,low,5more,more,big,high",
    "vhigh,vhigh,2,2,small,low",
    "med,med,4,4,med,high",
    "low,high,3,more,small,med",
)
FAULTS = [
    TIMEOUT,
    ConnectionClosedError(endpoint_url="https://runtime"),
    ConnectionError("no route to the endpoint"),
    service("ServiceUnavailable", 503),
    service("InternalFailure", 500),
    service("ModelNotReadyException", 429),
    service("ThrottlingException", 400),
    service("ValidationError", 400),
]


@pytest.mark.parametrize("error", FAULTS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize(("endpoint", "named"), [("qa", "QA's endpoint"), ("prod", "PROD's endpoint")])
def test_rows_without_an_answer_are_held(
    judged: Callable[..., Shaky], rows: TestRows, error: Exception, endpoint: str, named: str
) -> None:
    """A good model is held for what the line broke, challenger's or champion's, and the reason has the cause."""
    aws = judged(error, range(100, 103), endpoint=endpoint, champion=rows.with_mistakes(2))
    report = report_of(aws)
    assert report["verdict"] == "HOLD"
    assert report["reason"].startswith(f"{named} did not answer 3 of {len(rows.truth)} rows: ")
    assert aws.package["ModelApprovalStatus"] == "PendingManualApproval"
    assert [entry["request"] for entry in report["unanswered"]] == rows.requests[100:103]
    assert report["gains"][0]["rows"] == len(rows.truth) - 3
    assert "What was not answered" in aws.stored["gate/e1/gate.html"].decode()


def test_a_line_that_recovers_stops_nobody(judged: Callable[..., Shaky], rows: TestRows) -> None:
    """Rows that were answered when they were asked again count, and the report says which faults there were."""
    aws = judged(TIMEOUT, range(200, 202), times=2, champion=rows.with_mistakes(2))
    report = report_of(aws)
    assert (report["verdict"], report["unanswered"]) == ("PROMOTE", [])
    assert len(report["asked_again"]) == 2
    check = next(check for check in report["checks"] if check["name"] == "endpoint")
    assert check["sentence"].startswith(f"QA's endpoint did not answer 2 of {len(rows.truth)} rows: ReadTimeoutError")


def test_an_endpoint_that_is_dead_is_held(judged: Callable[..., Shaky], rows: TestRows) -> None:
    """No row and no smoke request has an answer: the report says why, and has no figures to show."""
    count = len(rows.truth)
    aws = judged(TIMEOUT, range(count), warm=False)
    report = report_of(aws)
    assert report["verdict"] == "HOLD"
    assert report["reason"].startswith(f"QA's endpoint did not answer {count} of {count} rows: not asked: failed")
    assert "ReadTimeoutError" in report["reason"]
    assert (report["gains"], report["smoke"]) == ([], [])
    assert [check["name"] for check in report["checks"]] == ["learned rows", "endpoint", "smoke requests"]
    assert not [name for name in aws.stored if name.startswith("gate/decisions/")], "no look at the test rows"
    assert "What was not answered" in aws.stored["gate/e1/gate.html"].decode()


@pytest.mark.parametrize("answered", [1, 5, 60])
def test_the_few_rows_that_were_answered_reject_nobody(
    judged: Callable[..., Shaky], rows: TestRows, answered: int
) -> None:
    """They are no sample of all rows: a good model is held, whatever they show, with and without rare labels."""
    aws = judged(TIMEOUT, range(answered, len(rows.truth)))
    assert report_of(aws)["verdict"] == "HOLD"


def test_a_bad_model_with_a_bad_line_is_held(judged: Callable[..., Shaky], rows: TestRows) -> None:
    """What would reject it is said, and decides nothing while rows are missing."""
    aws = judged(TIMEOUT, range(120, 125), answers=rows.with_mistakes(40))
    report = report_of(aws)
    assert report["verdict"] == "HOLD"
    assert "The accuracy: it would reject the model if the missing rows were like the others." in report["look_at"]


def test_an_unusable_answer_rejects_whatever_the_line_did(judged: Callable[..., Shaky], rows: TestRows) -> None:
    """What the model did answer stays its own."""
    with pytest.raises(StepError, match="REJECT: The new model gave no usable answer to 1 of 284 test rows"):
        judged(TIMEOUT, range(120, 125), answers=["nonsense", *rows.truth[1:]])


@pytest.mark.parametrize("status", [0, 429, 503])
def test_a_container_that_never_gets_to_a_row_is_at_fault(judged: Callable[..., Shaky], status: int) -> None:
    """Five times in vain, it is the model package that does not serve."""
    with pytest.raises(StepError, match=rf"REJECT: .*to test row 201 \(.*\) it gave an error {status}: busy"):
        judged(container(status, "busy"), range(200, 201))


def test_a_container_that_needs_to_be_asked_again_is_held(judged: Callable[..., Shaky]) -> None:
    """Who calls PROD would have met its refusal: a person decides."""
    report = report_of(judged(container(503, "busy"), range(200, 204), times=1))
    assert report["verdict"] == "HOLD"
    assert "QA's endpoint answered 4 of 289 rows with error 503: busy; asked again, it answered" in report["reason"]


RULE = Latency(p99_milliseconds=100, p99_ratio=2, slack_milliseconds=10)


def outcomes(challenger: list[float], champion: list[float], delayed: list[float]) -> list[str]:
    return [check.outcome.value for check in judge(challenger, champion, RULE, delayed=delayed)]


def test_times_of_rows_that_were_asked_again_are_not_flattered() -> None:
    """They count with all their attempts and pauses; but as the line may have taken that time, they only hold."""
    quick, slow = [3.0] * 240, [400.0] * 240
    assert outcomes(quick, quick, []) == ["PROMOTE", "PROMOTE"]
    assert outcomes(quick, quick, [70_000.0]) == ["PROMOTE", "PROMOTE"]
    assert outcomes(quick, quick, [70_000.0] * 40) == ["HOLD", "HOLD"]
    assert outcomes([], quick, [70_000.0] * 40) == ["HOLD", "HOLD"]
    assert outcomes(slow, quick, [70_000.0]) == ["REJECT", "REJECT"]
    assert outcomes([], quick, []) == []
