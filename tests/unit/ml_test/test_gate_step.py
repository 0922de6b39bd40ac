"""What becomes of a decision: signed report, status of the package, tags on its artifacts, and who is told."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from handover.approvals import Answer
from handover.documents import to_json
from handover.gate_report import GateReport, JudgedObject
from handover.notifications import publish
from handover.step_variables import GateVariables
from ml_release import approve
from ml_steps.approval import tag
from ml_steps.running import StepError
from ml_test import gate_step
from ml_test.gate_step import conclude, judgement
from tests.gate_documents import gate_document

if TYPE_CHECKING:
    from pathlib import Path

ARN = "arn:aws:sagemaker:us-east-1:123456789012:model-package/car/7"
CHAMPION = ARN.replace("/7", "/6")
OBJECTS = [
    {"address": "s3://data/features/1/pre.tar.gz", "version_id": "v1", "sha256": "1"},
    {"address": "s3://data/models/m.tar.gz", "version_id": "v7", "sha256": "2"},
]


class Aws:
    """Every client in one: keeps what it is told."""

    def __init__(self) -> None:
        self.package: dict[str, Any] = {}
        self.tags: dict[str, list[dict[str, str]]] = {}
        self.told: list[dict[str, str]] = []
        self.stored: dict[str, bytes] = {}

    def update_model_package(self, **request: Any) -> None:
        self.package = request

    def get_object_tagging(self, *, Key: str, VersionId: str, **_: Any) -> dict[str, Any]:
        return {"TagSet": self.tags.get(f"{Key} {VersionId}", [])}

    def put_object_tagging(self, *, Key: str, VersionId: str, Tagging: dict[str, Any], **_: Any) -> None:
        self.tags[f"{Key} {VersionId}"] = Tagging["TagSet"]

    def put_object(self, *, Key: str, Body: bytes, IfNoneMatch: str, **_: Any) -> None:
        assert IfNoneMatch == "*"
        self.stored[Key] = Body

    def sign(self, *, Message: bytes, **_: Any) -> dict[str, bytes]:
        return {"Signature": b"of " + Message[-9:]}

    def publish(self, **message: str) -> None:
        self.told.append(message)


@pytest.fixture
def aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Aws:
    made = Aws()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("boto3.client", lambda *_, **__: made)
    monkeypatch.setattr(gate_step.report, "html", lambda document: f"<p>{document['verdict']}</p>")
    return made


def settings(*, approval: bool = False) -> GateVariables:
    return GateVariables(
        training_rows="ranks",
        workload="car_evaluation",
        bucket="data",
        commit="0123abc",
        execution="e1",
        endpoint="qa",
        package_arn=ARN,
        champion="prod",
        champion_stack="CarProd",
        signing_key_arn="key",
        topic_arn="topic",
        invocation="csv-row",
        approval=approval,
        images="xgboost",
    )


def document(verdict: str, **more: Any) -> dict[str, Any]:
    return gate_document(
        verdict=verdict,
        reason="accuracy 0.9417\n may be below 0.9400",
        checks=[{"sentence": "accuracy 0.9417 (0.93 to 0.95)"}],
        model_package_arn=ARN,
        objects=OBJECTS,
        **more,
    )


def test_the_words_of_topics_are_kept_for_the_releases_api(aws: Aws) -> None:
    """They are stored under the release's number, in the order of the model's answers and not of their shares."""
    topics = [{"topic": 2, "words": ["gene"], "share": 0.9}, {"topic": 1, "words": ["cell"], "share": 0.1}]
    conclude(document("PROMOTE", answered={"topics": topics}), settings())
    assert json.loads(aws.stored["gate/words/7.json"]) == [["cell"], ["gene"]]


def test_answers_of_other_kinds_have_no_words(aws: Aws) -> None:
    """A release whose answers are labels stores no words."""
    conclude(document("PROMOTE"), settings())
    assert not [key for key in aws.stored if key.startswith("gate/words/")]


APPROVED = {"Key": "gatehouse:approval", "Value": "Approved"}


@pytest.mark.parametrize(
    ("verdict", "approval", "status", "subjects"),
    [
        ("PROMOTE", False, "Approved", []),
        ("PROMOTE", True, "PendingManualApproval", []),
        ("HOLD", False, "PendingManualApproval", ["car_evaluation version 7: HOLD, a person decides"]),
        ("HOLD", True, "PendingManualApproval", ["car_evaluation version 7: HOLD, a person decides"]),
        ("REJECT", False, "Rejected", ["car_evaluation version 7: REJECT"]),
    ],
)
def test_the_verdict_decides_status_tags_and_message(
    aws: Aws, verdict: str, status: str, subjects: list[str], *, approval: bool
) -> None:
    """Approval alone tags the artifacts; whoever has to act, or to know, is told."""
    conclude(document(verdict, look_at=["the rows with 2 persons"]), settings(approval=approval))

    assert aws.package["ModelApprovalStatus"] == status
    assert aws.package["ApprovalDescription"].startswith(f"{verdict}: accuracy 0.9417")
    tagged = {"features/1/pre.tar.gz v1": [APPROVED], "models/m.tar.gz v7": [APPROVED]}
    assert aws.tags == (tagged if status == "Approved" else {})
    assert [message["Subject"] for message in aws.told] == subjects
    for message in aws.told:
        assert "accuracy 0.9417 (0.93 to 0.95)" in message["Message"]
        assert "Report:        s3://data/gate/e1/gate.html" in message["Message"]
        assert ("the rows with 2 persons" in message["Message"]) == (verdict == "HOLD")


def test_the_report_is_stored_with_manifest_and_signature(aws: Aws, tmp_path: Path) -> None:
    """The manifest names the release and each file's SHA-256, and the step's output holds the same files."""
    conclude(document("PROMOTE"), settings())

    assert set(aws.stored) == {f"gate/e1/{n}" for n in ("gate.json", "gate.html", "manifest.json", "manifest.json.sig")}
    manifest = json.loads(aws.stored["gate/e1/manifest.json"])
    assert (manifest["workload"], manifest["pipeline_execution"]) == ("car_evaluation", "e1")
    assert manifest["sha256"].keys() == {"gate.json", "gate.html"}
    for key, content in aws.stored.items():
        assert (tmp_path / "out" / key.rpartition("/")[2]).read_bytes() == content


def test_the_same_decision_gives_the_same_report_to_the_byte(aws: Aws) -> None:
    """What differs from one signature to the next is kept outside of the report."""
    conclude(document("PROMOTE"), settings())
    first = dict(aws.stored)
    conclude(document("PROMOTE"), settings())
    assert first == aws.stored


def test_the_package_keeps_what_it_was_compared_with() -> None:
    """The package names the champion; a first release names none."""
    champion = {"endpoint": "prod", "model_package_arn": CHAMPION}
    report = GateReport.of(document("HOLD", champion=champion))
    assert judgement(report, settings(), "report").properties() == {
        "verdict": "HOLD",
        "gate_report": "s3://data/gate/e1/gate.json",
        "gate_report_sha256": hashlib.sha256(b"report").hexdigest(),
        "parent": CHAMPION,
        "test_split_sha256": "5" * 64,
        "objects_sha256": hashlib.sha256(to_json(OBJECTS).encode()).hexdigest(),
    }
    first = GateReport.of(document("HOLD", champion=None))
    assert "parent" not in judgement(first, settings(), "report").properties()


@pytest.mark.usefixtures("aws")
def test_a_variable_of_the_pipeline_is_one_line_of_some_length(tmp_path: Path) -> None:
    """A reason is cut to one line that fits into an approval's 1,000 characters."""
    conclude(document("HOLD") | {"reason": "long\n" * 400}, settings())
    (line,) = [line for line in (tmp_path / "out" / "variables.env").read_text().splitlines() if "REASON" in line]
    assert len(line) < 500


def test_other_tags_of_an_artifact_stay(aws: Aws) -> None:
    """The gate adds its tag and leaves the others alone."""
    cost = {"Key": "cost", "Value": "42"}
    first = JudgedObject(**OBJECTS[0])
    aws.tags["features/1/pre.tar.gz v1"] = [cost, APPROVED]
    tag(aws, first)
    assert aws.tags == {"features/1/pre.tar.gz v1": [cost, APPROVED]}


def test_a_subject_is_what_sns_takes(aws: Aws) -> None:
    """A subject is ASCII, one line, and shorter than 100 characters."""
    told = publish(aws, "topic", "très\nlong " * 30, ["a", "b"])
    subject = aws.told[0]["Subject"]
    assert subject == told
    assert subject.startswith("tr?s long tr?s")
    assert len(subject) == 99
    assert aws.told[0]["Message"] == "a\nb\n"


ADA = "arn:aws:iam::1:user/ada"


def execution(category: str, status: str = "Succeeded", **more: Any) -> dict[str, Any]:
    result = {"executionResult": {"externalExecutionSummary": "looks good"}}
    return {"status": status, "input": {"actionTypeId": {"category": category}}, "output": result} | more


def test_who_approved_stands_in_the_pipelines_history() -> None:
    """The newest approval that succeeded names the approver."""
    details = [
        execution("Build"),
        execution("Approval", updatedBy=ADA),
        execution("Approval", updatedBy="arn:aws:iam::1:user/b"),
    ]
    assert approve.approval_of(details) == Answer(by=ADA, comment="looks good")
    with pytest.raises(StepError, match="No manual approval of this execution has succeeded"):
        approve.approval_of([execution("Build"), execution("Approval", "Failed", updatedBy=ADA)])


def test_every_message_says_which_rules_changed(aws: Aws) -> None:
    """Looser and stricter rules stand in the message, with old and new value, whatever the verdict."""
    changed = [
        {"effect": "looser", "sentence": "comparison margin 0.03 → 0.9"},
        {"effect": "stricter", "sentence": "latency p99_ratio 2.0 → 1.5"},
        {"effect": "neutral", "sentence": "load connections 4 → 8"},
    ]
    for verdict in ("HOLD", "REJECT"):
        conclude(document(verdict, agreed={"changed": changed}), settings())
    assert len(aws.told) == 2
    for message in aws.told:
        assert "Rules that this release loosens (agreed → new):\n- comparison margin 0.03 → 0.9\n" in message["Message"]
        assert "makes stricter (agreed → new):\n- latency p99_ratio 2.0 → 1.5\n" in message["Message"]
        assert "connections" not in message["Message"]


def test_who_approves_is_told_to_have_agreed(aws: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message of an approval says that the looser rules hold from now on, and which they are."""
    changed = [{"effect": "looser", "sentence": "comparison margin 0.03 → 0.9"}]
    (tmp_path / "gate.json").write_text(json.dumps(document("HOLD", agreed={"changed": changed})))
    variables = {
        "DATA_BUCKET": "data",
        "NOTIFICATION_TOPIC_ARN": "topic",
        "PIPELINE_EXECUTION_ID": "e1",
        "MODEL_PACKAGE_ARN": ARN,
        "CODEBUILD_INITIATOR": "codepipeline/cars",
        "CODEBUILD_SRC_DIR_GateOutput": str(tmp_path),
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(approve, "action_executions", lambda *_: [execution("Approval", updatedBy=ADA)])
    approve.main()
    (message,) = aws.told
    assert "The looser rules below hold from now on." in message["Message"]
    assert "- comparison margin 0.03 → 0.9\n" in message["Message"]


def test_nobody_approves_what_was_rejected() -> None:
    """Approval is refused for a rejected package, and for another one than the gate's."""
    approve.check_release(GateReport.of(document("HOLD")), ARN)
    approve.check_release(GateReport.of(document("PROMOTE")), ARN)
    for gate, arn in ((document("REJECT"), ARN), (document("HOLD"), CHAMPION)):
        with pytest.raises(StepError, match="Only what the gate promotes or holds"):
            approve.check_release(GateReport.of(gate), arn)
