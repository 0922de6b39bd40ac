"""Trains models on given rows, serves them, and lets the gate judge them as it does in a build."""

from __future__ import annotations

import json
import time
import tomllib
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bench.lab.left_over import left_over, standing
from handover.addresses import S3Address
from handover.data import LEARNED, TEST
from handover.documents import to_json
from handover.places import GateFolder
from handover.signed_report import sha256
from ml_init.dataset import Dataset
from ml_init.row_identity import identity
from ml_init.table import split_rows
from ml_steps.objects import read_all
from ml_test import row_sets
from ml_test.agreed import deployed
from ml_training.containers import Container
from tests.local.steps import PROJECT, Steps
from tests.waiting import until

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

REGISTRY = "683313688378.dkr.ecr.us-east-1.amazonaws.com"
XGBOOST, SPARKML = f"{REGISTRY}/sagemaker-xgboost:3.2-0", f"{REGISTRY}/sagemaker-sparkml-serving:3.3"
TRAINING = tomllib.loads((PROJECT / "ml_training" / "car_evaluation" / "training.toml").read_text())
_WORKLOAD = PROJECT / "ml_init" / "car_evaluation"
DATASET = Dataset.read(_WORKLOAD / "dataset.toml")
SPLIT = split_rows([tuple(line.split(",")) for line in (_WORKLOAD / "car.data").read_text().splitlines()], DATASET)
GROUP = "gate"
CHAMPION = "champion"


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """The gate as a finished process, its report, the package after it, and what the whole of it left behind."""

    done: subprocess.CompletedProcess[str]
    report: dict[str, Any]
    package: dict[str, Any]
    #: From the model package, which is served as QA would, to the verdict.
    seconds: float
    left_over: list[str]

    @property
    def stopped_by(self) -> list[str]:
        """The checks that made the verdict, by name."""
        return [check["name"] for check in self.report["checks"] if check["outcome"] == self.report["verdict"]]

    @property
    def said(self) -> str:
        """The verdict, with the check that the reason begins with: for docs/faults.md."""
        first = next(c for c in self.report["checks"] if self.report["reason"].lower().startswith(c["plain"].lower()))
        return f"{self.report['verdict']} by the check “{first['name']}”"

    def assert_stopped(self) -> None:
        """Rejected, or left to a person."""
        if self.report["verdict"] != "HOLD":
            self.assert_rejected()
        assert self.package["ModelApprovalStatus"] != "Approved"
        assert self.left_over == []

    def assert_rejected(self) -> None:
        """Exit code 1 with the reason, package Rejected with it, and nothing left."""
        assert self.done.returncode == 1, self.done.stdout + self.done.stderr
        assert "ERROR: REJECT: " in self.done.stderr
        assert self.package["ModelApprovalStatus"] == "Rejected"
        assert "REJECT" in self.package["ApprovalDescription"]
        assert self.report["verdict"] == "REJECT"
        assert self.left_over == []


class Workbench:
    """One bucket with the rows of car_evaluation, and one model package group."""

    def __init__(self, steps: Steps) -> None:
        self.steps, self.features, self.bucket = steps, steps.data().features, steps.bucket
        self.s3, self.sagemaker = steps.cloud.client("s3"), steps.cloud.client("sagemaker")
        self.role = steps.role("sagemaker.amazonaws.com")
        self.sagemaker.create_model_package_group(ModelPackageGroupName=GROUP)
        key = steps.cloud.client("kms").create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
        self.key_arn = key["KeyMetadata"]["Arn"]
        self.topic_arn = steps.cloud.client("sns").create_topic(Name=f"{self.bucket}-releases")["TopicArn"]

    @property
    def postprocess(self) -> str:
        """The address of the last container's bundle, as the data step made it."""
        return self.features.transformations["postprocess"].bundle

    def rows(self, name: str) -> list[str]:
        """A split's rows for XGBoost: the label's place and those of the six features' categories."""
        return [
            line
            for content in read_all(self.s3, S3Address.parse(self.features.splits[name]))
            for line in content.decode().splitlines()
        ]

    def train_on(self, name: str, edit: Callable[[list[str]], list[str]]) -> str:
        """Train on the splits as ``edit`` leaves their rows; the model's address."""
        return self.train(name, edit(self.rows("train")), edit(self.rows("validation")))

    def train(self, name: str, train: list[str], validation: list[str]) -> str:
        """Train with the shipped hyperparameters on these rows; the model's address."""
        channels = []
        for channel, lines in (("train", train), ("validation", validation)):
            key = f"features/{name}/{channel}/rows.csv"
            self.s3.put_object(Bucket=self.bucket, Key=key, Body="\n".join(lines).encode())
            source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{self.bucket}/features/{name}/{channel}/"}
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
        job = settled(lambda: self.sagemaker.describe_training_job(TrainingJobName=name), "TrainingJobStatus")
        assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
        address: str = job["ModelArtifacts"]["S3ModelArtifacts"]
        return address

    def judged(
        self, name: str, model: str, *, postprocess: str = "", champion: str = CHAMPION, commit: Path = PROJECT
    ) -> Judgement:
        """Serve the model as QA would, and run the gate, which leaves the champion as it was.

        ``commit``: the folder of the push, with its rules and its contract.
        """
        cloud = self.steps.cloud
        before, serving, began = standing(cloud), standing(cloud, named=champion), time.monotonic()
        package = self.package(model, postprocess or self.postprocess)
        with self.served(name, package):
            done = self._gate(name, package, champion, commit)
            seconds = time.monotonic() - began
        assert standing(cloud, named=champion) == serving
        body = self.s3.get_object(Bucket=self.bucket, Key=f"gate/{name}/gate.json")["Body"].read()
        return Judgement(
            done=done,
            report=json.loads(body),
            package=self.sagemaker.describe_model_package(ModelPackageName=package),
            seconds=seconds,
            left_over=left_over(cloud, before),
        )

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
        endpoint = settled(lambda: self.sagemaker.describe_endpoint(EndpointName=name), "EndpointStatus")
        assert endpoint["EndpointStatus"] == "InService", endpoint.get("FailureReason")
        try:
            yield
        finally:
            self.sagemaker.delete_endpoint(EndpointName=name)

    def package(self, model: str, postprocess: str) -> str:
        containers = (
            self._sparkml("preprocess", self.features.transformations["preprocess"].bundle),
            Container(image=XGBOOST, model_data=model, environment={}),
            self._sparkml("postprocess", postprocess),
        )
        arn: str = self.sagemaker.create_model_package(
            ModelPackageGroupName=GROUP,
            ModelApprovalStatus="PendingManualApproval",
            InferenceSpecification={
                "Containers": [container.definition() for container in containers],
                "SupportedContentTypes": ["text/csv"],
                "SupportedResponseMIMETypes": ["text/csv"],
            },
            CustomerMetadataProperties=self._let_pass(),
        )["ModelPackageArn"]
        return arn

    def _let_pass(self) -> dict[str, str]:
        """What an earlier gate wrote into a champion's package: its report, with shipped rules, contract and rows."""
        agreed = deployed("car_evaluation")
        learned = [identity(row[:-1]) for name in LEARNED for row in SPLIT[name]]
        held = {
            "rules": agreed.rules.document(),
            "contract": agreed.contract.document(),
            "learned_rows_sha256": row_sets.store(self.s3, self.bucket, learned),
            "test_rows_sha256": row_sets.store(self.s3, self.bucket, [identity(row[:-1]) for row in SPLIT[TEST]]),
        }
        report = to_json(held).encode()
        address = GateFolder(bucket=self.bucket, execution="earlier").document
        self.s3.put_object(**address.arguments, Body=report)
        return {"gate_report": str(address), "gate_report_sha256": sha256(report)}

    def _sparkml(self, transformation: str, bundle: str) -> Container:
        schema = json.dumps(self.features.transformations[transformation].schema)
        environment = {"SAGEMAKER_SPARKML_SCHEMA": schema, "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "text/csv"}
        return Container(image=SPARKML, model_data=bundle, environment=environment)

    def _gate(self, name: str, package: str, champion: str, commit: Path) -> subprocess.CompletedProcess[str]:
        steps = replace(self.steps, folder=self.steps.folder / name)
        return steps.run(
            "ml_test.evaluation",
            CODEBUILD_SRC_DIR_SourceOutput=str(commit),
            PIPELINE_EXECUTION_ID=name,
            ENDPOINT_NAME=name,
            CHAMPION_ENDPOINT=champion,
            CHAMPION_STACK_NAME="no-such-stack",
            MODEL_PACKAGE_ARN=package,
            SIGNING_KEY_ARN=self.key_arn,
            NOTIFICATION_TOPIC_ARN=self.topic_arn,
            APPROVAL="false",
            IMAGES=f"{XGBOOST},{SPARKML}",
        )


def settled(describe: Callable[[], dict[str, Any]], status: str) -> dict[str, Any]:
    """What ``describe`` says once its status is no longer one of work under way."""
    under_way = {"InProgress", "Creating", "Stopping"}
    return until(describe, lambda found: found[status] not in under_way, what=f"{status} with nothing under way")
