"""Bad models, really trained and really served by all three containers, meet the gate as it runs in a build."""

from __future__ import annotations

import io
import json
import random
import tarfile
import time
import tomllib
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ml_init.mleap_bundle.archive import pack
from ml_init.step import S3Address
from ml_init.upload import read_lines
from ml_training.model_package import Container
from tests.local.steps import PROJECT, Steps

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.local

REGISTRY = "683313688378.dkr.ecr.us-east-1.amazonaws.com"
XGBOOST, SPARKML = f"{REGISTRY}/sagemaker-xgboost:3.2-0", f"{REGISTRY}/sagemaker-sparkml-serving:3.3"
TRAINING = tomllib.loads((PROJECT / "ml_training" / "car_evaluation" / "training.toml").read_text())
GROUP = "gate"
CHAMPION = "champion"


class Workbench:
    """Trains on given rows, serves with given bundles, and lets the gate judge."""

    def __init__(self, steps: Steps) -> None:
        self.steps, self.data, self.bucket = steps, steps.data(), steps.bucket
        self.s3, self.sagemaker = steps.cloud.client("s3"), steps.cloud.client("sagemaker")
        self.role = steps.role("sagemaker.amazonaws.com")
        self.sagemaker.create_model_package_group(ModelPackageGroupName=GROUP)
        key = steps.cloud.client("kms").create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
        self.key_arn = key["KeyMetadata"]["Arn"]
        self.topic_arn = steps.cloud.client("sns").create_topic(Name=f"{self.bucket}-releases")["TopicArn"]

    def rows(self, name: str) -> list[str]:
        return read_lines(self.s3, S3Address.parse(self.data[name]))

    def train(self, name: str, train: list[str], validation: list[str]) -> str:
        """Train with the shipped hyperparameters on these rows; the model's address."""
        channels = []
        for channel, lines in (("train", train), ("validation", validation)):
            key = f"bad/{name}/{channel}/rows.csv"
            self.s3.put_object(Bucket=self.bucket, Key=key, Body="\n".join(lines).encode())
            source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{self.bucket}/bad/{name}/{channel}/"}
            channels.append({"ChannelName": channel, "ContentType": "text/csv", "DataSource": {"S3DataSource": source}})
        hyperparameters = {**TRAINING["hyperparameters"], "num_class": 4}
        self.sagemaker.create_training_job(
            TrainingJobName=name,
            AlgorithmSpecification={"TrainingImage": XGBOOST, "TrainingInputMode": "File"},
            RoleArn=self.role,
            HyperParameters={key: str(value) for key, value in hyperparameters.items()},
            InputDataConfig=channels,
            OutputDataConfig={"S3OutputPath": f"s3://{self.bucket}/models/"},
            ResourceConfig={"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 5},
            StoppingCondition={"MaxRuntimeInSeconds": 600},
        )
        job = until(lambda: self.sagemaker.describe_training_job(TrainingJobName=name), "TrainingJobStatus")
        assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
        address: str = job["ModelArtifacts"]["S3ModelArtifacts"]
        return address

    def judged(self, name: str, model: str, *, postprocess: str | None = None) -> tuple[Any, Any]:
        """Serve the model as QA would, run the gate; (the gate as a finished process, the described package)."""
        package = self.package(model, postprocess or self.data["postprocess"])
        with self.served(name, package):
            done = self._gate(name, package)
        return done, self.sagemaker.describe_model_package(ModelPackageName=package)

    @contextmanager
    def served(self, name: str, package: str) -> Iterator[None]:
        """An endpoint that serves the package."""
        self.sagemaker.create_model(
            ModelName=name, ExecutionRoleArn=self.role, Containers=[{"ModelPackageName": package}]
        )
        variant = {
            "VariantName": "all",
            "ModelName": name,
            "InitialInstanceCount": 1,
            "InstanceType": "ml.m5.large",
        }
        self.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
        self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
        endpoint = until(lambda: self.sagemaker.describe_endpoint(EndpointName=name), "EndpointStatus")
        assert endpoint["EndpointStatus"] == "InService", endpoint.get("FailureReason")
        try:
            yield
        finally:
            self.sagemaker.delete_endpoint(EndpointName=name)

    def package(self, model: str, postprocess: str) -> str:
        containers = (
            Container.sparkml(SPARKML, self.data["preprocess"], self.data["preprocess_schema"]),
            Container(image=XGBOOST, model_data=model, environment={}),
            Container.sparkml(SPARKML, postprocess, self.data["postprocess_schema"]),
        )
        arn: str = self.sagemaker.create_model_package(
            ModelPackageGroupName=GROUP,
            ModelApprovalStatus="PendingManualApproval",
            InferenceSpecification={
                "Containers": [container.definition() for container in containers],
                "SupportedContentTypes": ["text/csv"],
                "SupportedResponseMIMETypes": ["text/csv"],
            },
        )["ModelPackageArn"]
        return arn

    def _gate(self, name: str, package: str) -> subprocess.CompletedProcess[str]:
        steps = replace(self.steps, folder=self.steps.folder / name)
        return steps.run(
            "ml_test.car_evaluation.evaluate",
            CODEBUILD_SRC_DIR_DataOutput=str(self.steps.out),
            PIPELINE_EXECUTION_ID=name,
            ENDPOINT_NAME=name,
            CHAMPION_ENDPOINT=CHAMPION,
            CHAMPION_STACK_NAME="no-such-stack",
            MODEL_PACKAGE_ARN=package,
            SIGNING_KEY_ARN=self.key_arn,
            NOTIFICATION_TOPIC_ARN=self.topic_arn,
            APPROVAL="false",
        )

    def report(self, name: str) -> dict[str, Any]:
        body = self.s3.get_object(Bucket=self.bucket, Key=f"gate/{name}/gate.json")["Body"].read()
        report: dict[str, Any] = json.loads(body)
        return report

    def assert_stopped(self, name: str, done: subprocess.CompletedProcess[str], package: dict[str, Any]) -> None:
        """Exit code 1 with figures and floors, package Rejected with the reason."""
        assert done.returncode == 1, done.stdout + done.stderr
        assert "ERROR: REJECT: " in done.stderr
        assert "its lower bound is below the floor" in done.stderr
        assert package["ModelApprovalStatus"] == "Rejected"
        assert "REJECT" in package["ApprovalDescription"]
        assert self.report(name)["verdict"] == "REJECT"


def until(describe: Any, status: str) -> Any:
    """What ``describe`` says once its status is no longer one of work under way."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        described = describe()
        if described[status] not in {"InProgress", "Creating", "Stopping"}:
            return described
        time.sleep(0.2)
    raise AssertionError(f"still {described[status]} after 120 s")


@pytest.fixture(scope="module")
def workbench(prepared: Steps) -> Workbench:
    return Workbench(prepared)


@pytest.fixture(scope="module")
def good_model(workbench: Workbench) -> str:
    return workbench.train("good", workbench.rows("train"), workbench.rows("validation"))


def test_good_model_is_promoted(workbench: Workbench, good_model: str) -> None:
    """The control: the very same path lets the shipped training pass, so what stops the others is their answers."""
    done, package = workbench.judged("good-model", good_model)
    assert done.returncode == 0, done.stdout + done.stderr
    assert package["ModelApprovalStatus"] == "Approved"
    report = workbench.report("good-model")
    assert report["verdict"] == "PROMOTE"
    assert {"request": "low,low,5more,more,big,high", "answer": "vgood"} in report["smoke"]
    assert report["first_release"]


def test_the_champions_endpoint_gone_is_held(workbench: Workbench, good_model: str) -> None:
    """The same model again, after one was approved, and nothing serves: that passes only by a person."""
    done, package = workbench.judged("orphan", good_model)
    assert done.returncode == 0, done.stdout + done.stderr
    assert workbench.report("orphan")["reason"].startswith(
        "The champion cannot be asked: there is no endpoint champion"
    )
    assert package["ModelApprovalStatus"] == "PendingManualApproval"


def test_a_release_is_compared_with_what_serves(workbench: Workbench, good_model: str) -> None:
    """Champion and challenger are asked for the same rows; the very same model is as good, and not too slow."""
    champion = workbench.package(good_model, workbench.data["postprocess"])
    with workbench.served(CHAMPION, champion):
        done, _ = workbench.judged("second", good_model)
    assert done.returncode == 0, done.stdout + done.stderr
    report = workbench.report("second")
    assert report["champion"] == {"endpoint": CHAMPION, "model_package_arn": champion}
    assert (report["gains"][0]["value"], report["differing"]) == (0, [])
    assert len(report["milliseconds"]) == len(report["champion_milliseconds"]) == 240
    assert report["earlier_decisions"] == 0


def test_model_that_always_answers_the_commonest_class_is_stopped(workbench: Workbench) -> None:
    """Trained on rows that are all unacc: 73 % right, and worth nothing."""

    def constant(name: str) -> list[str]:
        return ["0.0," + line.partition(",")[2] for line in workbench.rows(name)]

    model = workbench.train("constant", constant("train"), constant("validation"))
    workbench.assert_stopped("constant", *workbench.judged("constant", model))
    answered = [sum(column) for column in zip(*workbench.report("constant")["confusion"], strict=True)]
    assert answered == [240, 0, 0, 0, 0]


def test_model_of_shuffled_labels_is_stopped(workbench: Workbench) -> None:
    """Trained on the same rows with their labels dealt out at random."""
    chance = random.Random(0)  # noqa: S311  (no secret)

    def shuffled(name: str) -> list[str]:
        pairs = [line.partition(",") for line in workbench.rows(name)]
        labels = [label for label, _, _ in pairs]
        chance.shuffle(labels)
        return [f"{label},{features}" for label, (_, _, features) in zip(labels, pairs, strict=True)]

    model = workbench.train("shuffled", shuffled("train"), shuffled("validation"))
    workbench.assert_stopped("shuffled", *workbench.judged("shuffled", model))


def relabelled(workbench: Workbench, folder: Path, labels: Callable[[list[str]], list[str]]) -> str:
    """The last container's bundle with other labels in it; its address."""
    address = S3Address.parse(workbench.data["postprocess"])
    archive = workbench.s3.get_object(Bucket=address.bucket, Key=address.key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(archive)) as bundle:
        bundle.extractall(folder, filter="data")
    indexer = folder / "root" / "reverse_string_indexer_label.node" / "model.json"
    document = json.loads(indexer.read_text())
    attribute = document["attributes"]["labels"]
    attribute["string"] = labels(attribute["string"])
    indexer.write_text(json.dumps(document))
    made = address / folder.name / "model.tar.gz"
    workbench.s3.put_object(Bucket=made.bucket, Key=made.key, Body=pack(folder))
    return str(made)


def test_mismatched_label_order_is_stopped(workbench: Workbench, good_model: str, tmp_path: Path) -> None:
    """The good model, but its last container has the labels in another order than the first had."""
    mismatched = relabelled(workbench, tmp_path, sorted)
    done, package = workbench.judged("mismatched", good_model, postprocess=mismatched)
    workbench.assert_stopped("mismatched", done, package)


def test_answers_that_are_not_a_number_are_stopped(workbench: Workbench, good_model: str, tmp_path: Path) -> None:
    """One label of the four is answered NaN: right elsewhere, and the first such row stands in the package's reason."""
    mangled = relabelled(workbench, tmp_path, lambda labels: ["NaN" if label == "vgood" else label for label in labels])
    done, package = workbench.judged("not-a-number", good_model, postprocess=mangled)
    workbench.assert_stopped("not-a-number", done, package)
    assert "The new model gave no usable answer to" in package["ApprovalDescription"]
    assert "it gave 'NaN', which is no known label" in package["ApprovalDescription"]
    assert workbench.report("not-a-number")["unknown_answers"] == ["NaN"]
