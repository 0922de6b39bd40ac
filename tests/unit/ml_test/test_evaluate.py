"""What the gate does to package and QA stack, with clients that answer what the services would."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from ml_init.step import StepError
from ml_test import stack_under_test
from ml_test.car_evaluation import evaluate
from ml_test.endpoint import ask

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.ml_test.conftest import TestRows

ARN = "arn:aws:sagemaker:us-east-1:123456789012:model-package/car/1"


REPORT = ("gate.json", "gate.html", "manifest.json", "manifest.json.sig")


class ModelError(ClientError):
    pass


class Aws:
    """S3 with the test rows, an endpoint that gives ``answers`` in turn, a package, a stack."""

    def __init__(self, rows: TestRows, answers: list[str]) -> None:
        lines = [f"{request},{label}" for request, label in zip(rows.requests, rows.truth, strict=True)]
        self.body = "\n".join(lines).encode()
        self.answers = dict(zip(rows.requests, answers, strict=True))
        self.stored: dict[str, bytes] = {}
        self.package: dict[str, str] = {}
        self.stack_status = "CREATE_COMPLETE"
        self.told: list[dict[str, str]] = []
        self.tagged: list[str] = []

    class exceptions:  # noqa: N801  (as boto3 has it)
        ModelError = ModelError

    def get_paginator(self, _: str) -> Aws:
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        return [{"Contents": [{"Key": "part-0.csv", "Size": len(self.body)}]}]

    def get_object(self, **_: Any) -> dict[str, Any]:
        return {"Body": Content(self.body)}

    def put_object(self, *, Key: str, Body: bytes, **_: Any) -> None:
        self.stored[Key] = Body

    def invoke_endpoint(self, *, Body: bytes, **_: Any) -> dict[str, Any]:
        answer = self.answers.get(Body.decode(), "unacc")
        if answer == "error":
            refusal = {
                "Error": {"Code": "ModelError", "Message": "m"},
                "OriginalStatusCode": 400,
                "OriginalMessage": "no",
            }
            raise ModelError(refusal, "InvokeEndpoint")
        return {"Body": Content(f"{answer}\n".encode())}

    def sign(self, *, Message: bytes, **_: Any) -> dict[str, bytes]:
        return {"Signature": b"signed " + Message[:1]}

    def publish(self, **message: str) -> None:
        self.told.append(message)

    def describe_model_package(self, **_: Any) -> dict[str, Any]:
        return {"InferenceSpecification": {"Containers": [{"Image": "i", "ModelDataUrl": "s3://data/models/m.tar.gz"}]}}

    def get_object_tagging(self, **_: Any) -> dict[str, Any]:
        return {"TagSet": []}

    def put_object_tagging(self, *, Key: str, **_: Any) -> None:
        self.tagged.append(Key)

    def update_model_package(self, **request: str) -> None:
        self.package = request

    def describe_stacks(self, **_: Any) -> dict[str, Any]:
        return {"Stacks": [{"StackId": "qa-id", "StackStatus": self.stack_status}]}

    def delete_stack(self, **_: Any) -> None:
        self.stack_status = "DELETE_COMPLETE"


class Content:
    def __init__(self, content: bytes) -> None:
        self.content = content

    def read(self) -> bytes:
        return self.content


def gate(aws: Aws, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the gate's main program."""
    variables = {
        "WORKLOAD": "car_evaluation",
        "DATA_BUCKET": "data",
        "COMMIT_ID": "0123abc",
        "PIPELINE_EXECUTION_ID": "e1",
        "ENDPOINT_NAME": "qa",
        "QA_STACK_NAME": "CarEvaluationQa",
        "MODEL_PACKAGE_ARN": ARN,
        "SIGNING_KEY_ARN": "key",
        "NOTIFICATION_TOPIC_ARN": "topic",
        "APPROVAL": "false",
        "CODEBUILD_SRC_DIR_DataOutput": str(folder),
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    data = {
        "test": "s3://data/features/1/test/",
        "labels": ["unacc", "acc", "good", "vgood"],
        "label_counts": {"train": {"unacc": 861, "acc": 279, "good": 52, "vgood": 40}},
        "data_sha256": "b703a9ac69f11e64ce8c223c0a40de4d2e9d769f7fb20be5f8f2e8a619893d83",
    }
    (folder / "data.json").write_text(json.dumps(data))
    monkeypatch.chdir(folder)
    monkeypatch.setattr("boto3.client", lambda _: aws)
    evaluate.main()


def test_promotion_approves_and_keeps_qa(rows: TestRows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Report stored, package Approved, variables exported, the QA stack left for the release."""
    aws = Aws(rows, rows.with_mistakes(2))
    gate(aws, tmp_path, monkeypatch)
    assert (aws.package["ModelPackageArn"], aws.package["ModelApprovalStatus"]) == (ARN, "Approved")
    assert set(aws.stored) == {f"gate/e1/{name}" for name in REPORT}
    assert (aws.tagged, aws.told) == (["models/m.tar.gz"], [])
    assert aws.stack_status == "CREATE_COMPLETE"
    variables = (tmp_path / "out" / "variables.env").read_text()
    assert variables.startswith("export VERDICT=PROMOTE\nexport REASON='accuracy 0.99")
    assert variables.endswith("\nexport REPORT_URL=s3://data/gate/e1/gate.html\n")
    assert (
        json.loads((tmp_path / "out" / "gate.json").read_text())["smoke"][0]["request"] == "low,low,5more,more,big,high"
    )


def test_rejection_names_figures_and_leaves_nothing(
    rows: TestRows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The step fails with figures and floors, the package is Rejected with the reason, the QA stack is gone."""
    aws = Aws(rows, rows.with_mistakes(30))
    with pytest.raises(StepError, match=r"REJECT: accuracy 0\.8750 \(95 % interval 0\.8272 .* below the floor 0\.9500"):
        gate(aws, tmp_path, monkeypatch)
    assert aws.package["ModelApprovalStatus"] == "Rejected"
    assert "below the floor 0.9500" in aws.package["ApprovalDescription"]
    assert aws.tagged == []
    assert [message["Subject"] for message in aws.told] == ["car_evaluation version 1: REJECT"]
    assert aws.stack_status == "DELETE_COMPLETE"
    assert "VERDICT=REJECT" in (tmp_path / "out" / "variables.env").read_text()
    assert json.loads(aws.stored["gate/e1/gate.json"])["verdict"] == "REJECT"


def test_error_leaves_nothing_either(rows: TestRows, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An endpoint that cannot be asked: the error stands, the package stays undecided, the QA stack is gone."""
    aws = Aws(rows, rows.truth)

    def refuse(**_: Any) -> None:
        raise ConnectionError("no route to the endpoint")

    aws.invoke_endpoint = refuse
    with pytest.raises(ConnectionError, match="no route to the endpoint"):
        gate(aws, tmp_path, monkeypatch)
    assert aws.package == {}
    assert aws.stack_status == "DELETE_COMPLETE"


def test_models_error_is_a_wrong_answer(rows: TestRows) -> None:
    """A row that a container refuses is counted as wrong, with what the container said."""
    answers = ["error", *rows.truth[1:]]
    assert ask(Aws(rows, answers), "qa", rows.requests[:1])[0].text == "error 400: no"


def test_stack_that_cannot_be_deleted_is_named(rows: TestRows) -> None:
    """Silence would leave an endpoint that costs."""
    aws = Aws(rows, rows.truth)
    aws.delete_stack = lambda **_: setattr(aws, "stack_status", "DELETE_FAILED")
    with pytest.raises(StepError, match="The stack CarEvaluationQa is DELETE_FAILED"):
        stack_under_test.delete(aws, "CarEvaluationQa")
