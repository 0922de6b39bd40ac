"""What the gate does to the package, with clients that answer what the services would."""

from __future__ import annotations

import hashlib
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from handover.documents import to_json
from handover.invocations import CSV_ROW
from ml_init.row_identity import hash_of, text_of
from ml_steps.endpoint import Asker
from ml_steps.running import StepError
from ml_test import evaluation
from ml_test.agreed import deployed
from tests.unit.ml_test.conftest import PROJECT, WORKLOAD

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ml_test.gate.agreement import Agreed
    from tests.unit.ml_test.conftest import TestRows

ARN = "arn:aws:sagemaker:us-east-1:123456789012:model-package/car/2"
REPORT = ("gate.json", "gate.html", "manifest.json", "manifest.json.sig")
RAW = "raw/b703a9ac69f11e64ce8c223c0a40de4d2e9d769f7fb20be5f8f2e8a619893d83/car.data"
OBJECT = "models/car-evaluation-1/output/model.tar.gz"
MODEL = f"s3://data/{OBJECT}"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-0"
#: When everything was written and made that the gate finds.
BEFORE = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
CHAMPION = "arn:aws:sagemaker:us-east-1:123456789012:model-package/car/1"


class Aws:
    """All services at once: test rows, QA that gives ``answers``, PROD that serves package 1 and gives ``champion``."""

    def __init__(self, rows: TestRows, answers: list[str], champion: list[str] | None = None) -> None:
        self.rows = rows
        self.stored: dict[str, bytes] = {RAW: (WORKLOAD / "car.data").read_bytes(), OBJECT: b"trees"}
        for name, lines in rows.training.items():
            self.stored[f"features/1/{name}/rows.csv"] = "\n".join(lines).encode()
        self.job, self.model = training_job(), MODEL
        self.deleted: dict[str, datetime] = {}
        self.writes: dict[str, int] = {}
        self.served = {"qa": ARN, "prod": CHAMPION}
        self.image = IMAGE
        self.answers = {"qa": dict(zip(rows.requests, answers, strict=True))}
        self.champion_properties: dict[str, str] = {}
        if champion:
            self.let_pass_by(deployed("car_evaluation"))
            self.answers["prod"] = dict(zip(rows.requests, champion, strict=True))
        self.package: dict[str, str] = {}
        self.told: list[dict[str, str]] = []
        self.tagged: list[str] = []
        self.tagged_versions: list[str] = []

    def let_pass_by(self, agreed: Agreed) -> None:
        """The champion's report holds these rules and this contract, and its package the report's hash."""
        held = {
            "rules": agreed.rules.document(),
            "contract": agreed.contract.document(),
            "learned_rows_sha256": self.store_rows(self.rows.to_learn),
            "test_rows_sha256": self.store_rows(self.rows.identities),
        }
        report = self.stored["gate/e0/gate.json"] = json.dumps(held).encode()
        self.champion_properties = {
            "gate_report": "s3://data/gate/e0/gate.json",
            "gate_report_sha256": hashlib.sha256(report).hexdigest(),
        }

    def store_rows(self, identities: Iterable[str]) -> str:
        """A set of rows, as an earlier gate has stored it; its hash."""
        text = text_of(identities)
        self.stored[f"gate/rows/{hash_of(text.split())}.txt"] = text.encode()
        return hash_of(text.split())

    def describe_training_job(self, *, TrainingJobName: str) -> dict[str, Any]:
        if TrainingJobName != self.job["TrainingJobName"]:
            raise refused("ValidationException", "Requested resource not found.")
        return self.job

    def get_paginator(self, _: str) -> Aws:
        return self

    def paginate(self, *, Prefix: str, **_: Any) -> list[dict[str, Any]]:
        found = [{"Key": key, "Size": len(body)} for key, body in self.stored.items() if key.startswith(Prefix)]
        versions = [
            each | {"IsLatest": True, "VersionId": f"v{self.writes.get(each['Key'], 1)}", "LastModified": BEFORE}
            for each in found
        ]
        later = [{"Key": key, "LastModified": when} for key, when in self.deleted.items() if key.startswith(Prefix)]
        return [{"Contents": found, "Versions": versions, "DeleteMarkers": later}]

    def get_object(self, *, Key: str, **_: Any) -> dict[str, Any]:
        if Key not in self.stored:
            raise refused("NoSuchKey", f"The key {Key} does not exist.")
        return {"Body": Content(self.stored[Key])}

    def head_object(self, *, Key: str, **_: Any) -> dict[str, Any]:
        if Key not in self.stored:
            raise refused("404", "Not Found")
        return {"ContentLength": len(self.stored[Key])}

    def put_object(self, *, Key: str, Body: bytes, **more: Any) -> None:
        if "IfNoneMatch" in more and Key in self.stored:
            raise refused("PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
        self.stored[Key] = Body
        self.writes[Key] = self.writes.get(Key, 0) + 1

    def invoke_endpoint(self, *, EndpointName: str, Body: bytes, **_: Any) -> dict[str, Any]:
        answer = self.answers[EndpointName].get(Body.decode(), "unacc")
        if answer == "error":
            refusal = {
                "Error": {"Code": "ModelError", "Message": "m"},
                "OriginalStatusCode": 400,
                "OriginalMessage": "no",
            }
            raise ClientError(refusal, "InvokeEndpoint")
        if answer == "denied":
            raise refused("AccessDeniedException", "not authorized")
        return {"Body": Content(f"{answer}\n".encode())}

    def sign(self, *, Message: bytes, **_: Any) -> dict[str, bytes]:
        return {"Signature": b"signed " + Message[:1]}

    def publish(self, **message: str) -> None:
        self.told.append(message)

    def get_object_tagging(self, **_: Any) -> dict[str, Any]:
        return {"TagSet": []}

    def put_object_tagging(self, *, Key: str, VersionId: str, **_: Any) -> None:
        self.tagged.append(Key)
        self.tagged_versions.append(VersionId)

    def update_model_package(self, **request: str) -> None:
        self.package = request

    def describe_endpoint(self, *, EndpointName: str) -> dict[str, Any]:
        if EndpointName not in self.answers:
            raise refused("ValidationException", f'Could not find endpoint "{EndpointName}".')
        deployed = [{"SpecifiedImage": self.image, "ResolvedImage": f"{self.image}@sha256:1"}]
        return {
            "EndpointStatus": "InService",
            "EndpointConfigName": EndpointName,
            "ProductionVariants": [{"VariantName": "all", "DeployedImages": deployed}],
        }

    def describe_endpoint_config(self, *, EndpointConfigName: str) -> dict[str, Any]:
        variant = {"VariantName": "all", "ModelName": EndpointConfigName, "InitialVariantWeight": 1.0}
        return {"ProductionVariants": [variant]}

    def describe_model(self, *, ModelName: str) -> dict[str, Any]:
        return {"Containers": [{"ModelPackageName": self.served[ModelName]}], "CreationTime": BEFORE}

    def describe_model_package(self, *, ModelPackageName: str) -> dict[str, Any]:
        if ModelPackageName == ARN:
            containers = [{"Image": self.image, "ModelDataUrl": self.model}]
            return {"ModelPackageArn": ARN, "InferenceSpecification": {"Containers": containers}}
        if ModelPackageName == CHAMPION and "prod" in self.answers:
            return {
                "ModelPackageArn": CHAMPION,
                "ModelApprovalStatus": "Approved",
                "CustomerMetadataProperties": self.champion_properties,
            }
        raise refused("ValidationException", f"ModelPackage {ModelPackageName} does not exist.")

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:
        if StackName == "CarEvaluationProd":
            raise refused("ValidationError", f"Stack with id {StackName} does not exist")
        return {"Stacks": [{"StackId": StackName, "StackStatus": "CREATE_COMPLETE"}]}


def training_job(**changes: Any) -> dict[str, Any]:
    """The job that made the challenger, as SageMaker describes it."""
    channels = [
        {
            "ChannelName": name,
            "ContentType": "text/csv",
            "CompressionType": "None",
            "RecordWrapperType": "None",
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://data/features/1/{name}/"}},
        }
        for name in ("train", "validation")
    ]
    return {
        "TrainingJobName": "car-evaluation-1",
        "CreationTime": BEFORE + timedelta(minutes=1),
        "ModelArtifacts": {"S3ModelArtifacts": MODEL},
        "InputDataConfig": channels,
    } | changes


def refused(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "Operation")


class Content:
    def __init__(self, content: bytes) -> None:
        self.content = content

    def read(self) -> bytes:
        return self.content

    def iter_chunks(self, _: int) -> list[bytes]:
        return [self.content]


def gate(aws: Aws, folder: Path, monkeypatch: pytest.MonkeyPatch, commit: Path = PROJECT) -> None:
    """Run the gate's main program. ``commit``: the folder of the pushed commit, with its rules and its contract."""
    monkeypatch.setenv("PIPELINE_EXECUTION_ID", os.environ.get("PIPELINE_EXECUTION_ID", "e1"))
    variables = {
        "WORKLOAD": "car_evaluation",
        "DATA_BUCKET": "data",
        "COMMIT_ID": "0123abc",
        "ENDPOINT_NAME": "qa",
        "CHAMPION_ENDPOINT": "prod",
        "CHAMPION_STACK_NAME": "CarEvaluationProd",
        "MODEL_PACKAGE_ARN": ARN,
        "SIGNING_KEY_ARN": "key",
        "NOTIFICATION_TOPIC_ARN": "topic",
        "APPROVAL": "false",
        "IMAGES": f"other,{IMAGE}",
        "INVOCATION": "csv-row",
        "TRAINING_ROWS": "ranks",
        "CODEBUILD_SRC_DIR_SourceOutput": str(commit),
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(folder)
    monkeypatch.setattr("boto3.client", lambda *_, **__: aws)
    evaluation.main()


def report_of(aws: Aws, execution: str = "e1") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(aws.stored[f"gate/{execution}/gate.json"])
    return found


def test_promotion_approves(rows: TestRows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The report is stored, the package is Approved and the variables are exported."""
    aws = Aws(rows, rows.with_mistakes(2))
    gate(aws, tmp_path, monkeypatch)
    assert (aws.package["ModelPackageArn"], aws.package["ModelApprovalStatus"]) == (ARN, "Approved")
    rows_sha256, answers = (report_of(aws)[name] for name in ("test_rows_sha256", "answers_sha256"))
    made = {name for name in aws.stored if name.startswith("gate/")}
    assert made == {
        *(f"gate/e1/{name}" for name in REPORT),
        f"gate/rows/{rows_sha256}.txt",
        f"gate/rows/{hash_of(rows.to_learn)}.txt",
        f"gate/decisions/{rows_sha256}/{answers}/e1.json",
    }
    assert (aws.tagged, aws.told) == (["models/car-evaluation-1/output/model.tar.gz"], [])
    variables = (tmp_path / "out" / "variables.env").read_text()
    assert variables.startswith("export VERDICT=PROMOTE\nexport REASON='It is clearly better than always answering")
    assert variables.endswith("\nexport REPORT_URL=s3://data/gate/e1/gate.html\nexport CHAMPION_PACKAGE_ARN=none\n")
    assert (
        json.loads((tmp_path / "out" / "gate.json").read_text())["smoke"][0]["request"] == "low,low,5more,more,big,high"
    )


def test_rejection_names_figures(rows: TestRows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The step fails with figures and floors, and the package is Rejected with the reason."""
    aws = Aws(rows, rows.with_mistakes(30))
    with pytest.raises(
        StepError, match=r"REJECT: Its accuracy is 89\.6 %.* accuracy 0\.8962 \(95 % interval 0\.8557 .* floor 0\.9500"
    ):
        gate(aws, tmp_path, monkeypatch)
    assert aws.package["ModelApprovalStatus"] == "Rejected"
    assert "accuracy is 89.6 %, but at least 95.0 % is required" in aws.package["ApprovalDescription"]
    assert aws.tagged == []
    assert [message["Subject"] for message in aws.told] == ["car_evaluation version 2: REJECT"]
    assert "VERDICT=REJECT" in (tmp_path / "out" / "variables.env").read_text()
    assert json.loads(aws.stored["gate/e1/gate.json"])["verdict"] == "REJECT"


def test_hold_leaves_the_package_pending(rows: TestRows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On too little evidence the package stays pending with the reason, and a person is told."""
    aws = Aws(rows, rows.with_mistakes(9))
    gate(aws, tmp_path, monkeypatch)
    assert [message["Subject"] for message in aws.told] == ["car_evaluation version 2: HOLD, a person decides"]
    assert "HOLD: Its accuracy is 96" in aws.package["ApprovalDescription"]
    assert aws.package["ModelApprovalStatus"] == "PendingManualApproval"


def test_champion_is_asked_for_the_same_rows(rows: TestRows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The report has what PROD serves, and the difference to it."""
    aws = Aws(rows, rows.with_mistakes(1), champion=rows.with_mistakes(2))
    gate(aws, tmp_path, monkeypatch)
    document = report_of(aws)
    assert document["champion"] == {"endpoint": "prod", "model_package_arn": CHAMPION}
    assert document["gains"][0]["value"] == pytest.approx(1 / 289, abs=1e-6)
    assert [entry["request"] for entry in document["answered"]["differing"]] == [
        rows.requests[rows.truth.index("unacc", 1)]
    ]
    assert len(document["champion_milliseconds"]) == 289


def test_first_release_is_compared_with_the_baseline(
    rows: TestRows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without endpoint, stack and approved package in PROD, the release is compared with the baseline."""
    aws = Aws(rows, rows.with_mistakes(2))
    gate(aws, tmp_path, monkeypatch)
    document = report_of(aws)
    assert document["first_release"]
    assert document["champion"] is None


def test_champion_that_is_gone_is_a_matter_for_a_person(
    rows: TestRows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A perfect challenger is held where PROD's stack stands without its endpoint."""
    aws = Aws(rows, rows.truth)
    aws.describe_stacks = lambda StackName: {"Stacks": [{"StackId": StackName, "StackStatus": "CREATE_COMPLETE"}]}
    gate(aws, tmp_path, monkeypatch)
    said = "HOLD: The champion cannot be asked: there is no endpoint prod, although"
    assert aws.package["ApprovalDescription"].startswith(said)
    assert aws.package["ModelApprovalStatus"] == "PendingManualApproval"


def test_a_refused_row_rejects_and_is_named(rows: TestRows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container's error is a wrong answer, and the report names the row and the error."""
    aws = Aws(rows, [*rows.truth[:7], "error", *rows.truth[8:]])
    with pytest.raises(
        StepError, match=r"REJECT: .*to test row 8 \(.*\) it gave an error 400: no, which is not a known"
    ):
        gate(aws, tmp_path, monkeypatch)
    assert rows.requests[7] in aws.package["ApprovalDescription"]


def test_a_gate_that_may_not_ask_judges_nobody(rows: TestRows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing permission leaves the package as it was."""
    aws = Aws(rows, ["denied"] * len(rows.truth))
    with pytest.raises(StepError, match="The endpoint qa may not be asked: AccessDeniedException: not authorized"):
        gate(aws, tmp_path, monkeypatch)
    assert aws.package == {}


def test_the_test_rows_decisions_are_counted(rows: TestRows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another model's answers count once, the same answers do not count again, and the confidence follows."""
    aws = Aws(rows, rows.truth)
    found = []
    for execution, mistakes in (("e1", 0), ("e2", 1), ("e3", 1), ("e4", 2), ("e5", 0)):
        aws.answers["qa"] = dict(zip(rows.requests, rows.with_mistakes(mistakes), strict=True))
        monkeypatch.setenv("PIPELINE_EXECUTION_ID", execution)
        gate(aws, tmp_path, monkeypatch)
        document = report_of(aws, execution)
        found.append((document["earlier_decisions"], round(document["confidence"], 4)))
    assert found == [(0, 0.95), (1, 0.975), (1, 0.975), (2, 0.9833), (0, 0.95)]
    assert sum(key.startswith("gate/decisions/") and key.endswith("/e5.json") for key in aws.stored) == 1


def test_models_error_is_a_wrong_answer(rows: TestRows) -> None:
    """A row that a container refuses is counted as wrong, with what the container said."""
    answers = ["error", *rows.truth[1:]]
    assert Asker(runtime=Aws(rows, answers), invocation=CSV_ROW).ask("qa", rows.requests[:1])[0].text == "error 400: no"


def test_a_pipeline_without_rules_is_refused() -> None:
    """The error names the gate.toml that was not deployed with the pipeline."""
    with pytest.raises(StepError, match=r"deployed without rules for wine that can be read: .*ml_test/wine/gate.toml"):
        deployed("wine")


def test_what_was_judged_is_named_in_report_and_package(
    rows: TestRows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The report has each object's version and hash and each image's digest; the package has the list's hash."""
    aws = Aws(rows, rows.with_mistakes(2))
    gate(aws, tmp_path, monkeypatch)
    objects = [
        {"address": MODEL, "version_id": "v1", "sha256": hashlib.sha256(b"trees").hexdigest()},
    ]
    report = report_of(aws)
    assert (report["objects"], report["images"], report["attempt"]) == (objects, [f"{IMAGE}@sha256:1"], 1)
    assert (
        aws.package["CustomerMetadataProperties"]["objects_sha256"]
        == hashlib.sha256(to_json(objects).encode()).hexdigest()
    )
    assert aws.tagged_versions == ["v1"]


def test_a_model_that_is_replaced_meanwhile_is_refused(
    rows: TestRows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever was judged, another version is not released: Rejected, without a report, and people are told."""
    aws = Aws(rows, rows.with_mistakes(2))
    ask = aws.invoke_endpoint

    def replace_and_ask(**request: Any) -> dict[str, Any]:
        if aws.stored[OBJECT] == b"trees":
            aws.put_object(Key=OBJECT, Body=b"worse trees")
            aws.writes[OBJECT] = 2
        return ask(**request)

    monkeypatch.setattr(aws, "invoke_endpoint", replace_and_ask)
    with pytest.raises(StepError, match=r"model\.tar\.gz was replaced while the gate judged it: version v1 .* v2"):
        gate(aws, tmp_path, monkeypatch)
    assert aws.package["ModelApprovalStatus"] == "Rejected"
    assert "was replaced while the gate judged it" in aws.package["ApprovalDescription"]
    assert [message["Subject"] for message in aws.told] == ["car_evaluation version 2: REJECT"]
    assert (aws.tagged, [key for key in aws.stored if key.endswith("gate.json")]) == ([], [])


def test_an_image_of_somebody_else_is_refused(rows: TestRows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package may name the workload's images alone: account, repository and tag."""
    aws = Aws(rows, rows.with_mistakes(0))
    aws.image = IMAGE.replace("683313688378", "666666666666")
    with pytest.raises(StepError, match=r"names the image 666666666666\.dkr.*, which is none of this workload's"):
        gate(aws, tmp_path, monkeypatch)
    assert (aws.package["ModelApprovalStatus"], aws.tagged) == ("Rejected", [])


def test_qa_has_to_serve_the_release_under_test(
    rows: TestRows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A QA template that serves another package than the one to be released is refused."""
    aws = Aws(rows, rows.with_mistakes(0))
    aws.served["qa"] = CHAMPION
    with pytest.raises(StepError, match=rf"QA's endpoint qa is not the release under test: .*{CHAMPION}, not {ARN}"):
        gate(aws, tmp_path, monkeypatch)
    assert (aws.package["ModelApprovalStatus"], aws.tagged) == ("Rejected", [])


def test_a_second_run_of_the_gate_keeps_the_first_report(
    rows: TestRows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A retry in the same execution writes beside what the gate has written before."""
    aws = Aws(rows, rows.with_mistakes(2))
    gate(aws, tmp_path, monkeypatch)
    first = aws.stored["gate/e1/gate.json"]
    gate(aws, tmp_path, monkeypatch)
    assert aws.stored["gate/e1/gate.json"] == first
    assert json.loads(aws.stored["gate/e1/attempt-2/gate.json"])["attempt"] == 2
    assert aws.package["CustomerMetadataProperties"]["gate_report"] == "s3://data/gate/e1/attempt-2/gate.json"
