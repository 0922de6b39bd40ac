"""The end of a release after the gate: who is told what, and which package is set Rejected."""

from __future__ import annotations

import io
import json
from types import ModuleType
from typing import Any

import pytest

from tests.gate_documents import PACKAGE, gate_document

ADA = "arn:aws:iam::123456789012:user/ada"
GATE = gate_document(
    pipeline_execution="run",
    verdict="HOLD",
    reason="accuracy may be lower than it looks",
    checks=[{"sentence": "accuracy 0.9875 [0.96, 0.99], at least 0.98"}],
)


def ended(stage: str, action: str, why: str) -> dict[str, Any]:
    detail = {"pipeline": "pipe", "execution-id": "run", "stage": stage, "action": action, "action-execution-id": "7"}
    return {"detail": detail | {"execution-result": {"external-execution-summary": why, "error-code": "JobFailed"}}}


REJECTED = ended("Approve", "Approve", f"Rejected by {ADA}: too\nsoon")
ROLLED_BACK = ended("PROD", "DeployProd", "alarms are in ALARM: CarEvaluationProd-Errors")


class Aws:
    """All four services; what is told and what is set are kept."""

    def __init__(self, *, status: str = "PendingManualApproval", by: str | None = ADA, ended: bool = True) -> None:
        self.status = status
        self.action = {
            "actionExecutionId": "7",
            "status": "Failed" if ended else "InProgress",
            "input": {"actionTypeId": {"category": "Approval"}},
            "output": {"executionResult": {"externalExecutionSummary": "too\nsoon"}},
            **({"updatedBy": by} if by else {}),
        }
        self.listed = ""
        self.reports = ["gate/run/gate.json"]
        self.told: list[dict[str, str]] = []
        self.updated: list[dict[str, str]] = []

    def get_object(self, **asked: str) -> dict[str, Any]:
        assert asked == {"Bucket": "data", "Key": "gate/run/gate.json"}
        return {"Body": io.BytesIO(json.dumps(GATE).encode())}

    def get_paginator(self, name: str) -> Aws:
        self.listed = name
        return self

    def paginate(self, **asked: Any) -> list[dict[str, Any]]:
        if self.listed == "list_objects_v2":
            assert asked == {"Bucket": "data", "Prefix": "gate/run/"}
            return [{"Contents": [{"Key": key} for key in self.reports]}]
        assert self.listed == "list_action_executions"
        assert asked == {"pipelineName": "pipe", "filter": {"pipelineExecutionId": "run"}}
        return [{"actionExecutionDetails": [self.action]}]

    def describe_model_package(self, **asked: str) -> dict[str, str]:
        assert asked == {"ModelPackageName": PACKAGE}
        return {"ModelApprovalStatus": self.status}

    def update_model_package(self, **changes: str) -> None:
        self.updated.append(changes)

    def publish(self, **message: str) -> None:
        self.told.append(message)


@pytest.fixture
def called(ended_release: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Calls the handler with an event and these services."""

    def call(event: dict[str, Any], aws: Aws) -> Any:
        settings = {"DATA_BUCKET": "data", "NOTIFICATION_TOPIC_ARN": "arn:topic"}
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(ended_release.boto3, "client", lambda _: aws)
        return ended_release.handle(event, None)

    return call


def test_a_persons_no_is_written_down(called: Any) -> None:
    """The package is set Rejected and says by whom and why, in one line, beside what the gate said."""
    aws = Aws()
    assert called(REJECTED, aws)["rejected"]
    (update,) = aws.updated
    assert (update["ModelPackageArn"], update["ModelApprovalStatus"]) == (PACKAGE, "Rejected")
    assert update["ApprovalDescription"] == (
        f"HOLD: rejected by {ADA} (too soon); accuracy may be lower than it looks. s3://data/gate/run/gate.html"
    )


@pytest.mark.parametrize("event", [REJECTED, ROLLED_BACK])
def test_whoever_is_told_has_the_figures_and_the_report(called: Any, event: dict[str, Any]) -> None:
    """The message holds stage and reason, the gate's figures, the report's address and the package."""
    aws = Aws()
    called(event, aws)
    (message,) = aws.told
    assert message["Subject"].startswith("car_evaluation version 7: ")
    detail = event["detail"]
    why = detail["execution-result"]["external-execution-summary"]
    for words in (
        f"ended in stage {detail['stage']}, at {detail['action']}: {why}",
        "accuracy 0.9875 [0.96, 0.99], at least 0.98",
        "s3://data/gate/run/gate.html",
        PACKAGE,
    ):
        assert words in message["Message"]


@pytest.mark.parametrize(
    ("event", "aws"),
    [
        (ended("Approve", "Approve", "timed out"), Aws(by=None)),
        (REJECTED, Aws(status="Approved")),
        (ROLLED_BACK, Aws()),
    ],
    ids=["nobody answered", "approved meanwhile", "not at the approval"],
)
def test_what_nobody_rejected_stays_as_it_is(called: Any, event: dict[str, Any], aws: Aws) -> None:
    """The package keeps its status, and the topic is told all the same."""
    assert not called(event, aws)["rejected"]
    assert aws.updated == []
    assert len(aws.told) == 1


def test_a_history_that_is_behind_is_asked_again(called: Any, ended_release: ModuleType) -> None:
    """Nothing is told or set until the history says who rejected: Lambda calls again."""
    aws = Aws(ended=False)
    with pytest.raises(ended_release.NotToldYetError, match="has no end of Approve"):
        called(REJECTED, aws)
    assert (aws.told, aws.updated) == ([], [])


def test_a_release_without_a_report_is_said_to_have_none(called: Any) -> None:
    """Lambda tries again, and its log says which execution has no report."""
    aws = Aws()
    aws.reports = []
    with pytest.raises(Exception, match="The execution run of pipe has no gate report in data"):
        called(REJECTED, aws)
    assert (aws.told, aws.updated) == ([], [])
