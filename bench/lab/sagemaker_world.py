"""What SageMaker's local tests need: car data, MLeap bundles written by hand, a trained model, an endpoint."""

from __future__ import annotations

import functools
import io
import json
import random
import tarfile
from pathlib import Path
from typing import Any

from bench.lab.waiting import until

REGISTRY = "683313688378.dkr.ecr.us-east-1.amazonaws.com"
XGBOOST = f"{REGISTRY}/sagemaker-xgboost:3.2-0"
SPARKML = f"{REGISTRY}/sagemaker-sparkml-serving:3.3"
BUCKET = "sagemaker-local-tests"
ROLE_NAME = "sagemaker-local-tests"
LABELS = ["unacc", "acc", "good", "vgood"]
FEATURES = {
    "buying": ["vhigh", "high", "med", "low"],
    "maint": ["vhigh", "high", "med", "low"],
    "doors": ["2", "3", "4", "5more"],
    "persons": ["2", "4", "more"],
    "lug_boot": ["small", "med", "big"],
    "safety": ["low", "med", "high"],
}
PRE_SCHEMA = {
    "input": [{"name": name, "type": "string"} for name in FEATURES],
    "output": {"name": "features", "type": "double", "struct": "vector"},
}
POST_SCHEMA = {
    "input": [{"name": "prediction", "type": "double"}],
    "output": {"name": "label", "type": "string"},
}
HYPERPARAMETERS = {
    "objective": "multi:softmax",
    "num_class": "4",
    "num_round": "60",
    "early_stopping_rounds": "10",
    "eval_metric": "mlogloss",
}


class World:
    """One bucket and one role in a local cloud; jobs, models and endpoints by boto3, as a user would create them."""

    def __init__(self, cloud: Any) -> None:
        self.cloud = cloud
        self.sagemaker = cloud.client("sagemaker")
        self.runtime = cloud.client("sagemaker-runtime")
        self.s3 = cloud.client("s3")
        self.logs = cloud.client("logs")
        self.s3.create_bucket(Bucket=BUCKET)
        trust = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "sagemaker.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                }
            ],
        }
        iam = cloud.client("iam")
        role = iam.create_role(RoleName=ROLE_NAME, AssumeRolePolicyDocument=json.dumps(trust))
        self.role = role["Role"]["Arn"]
        allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
        iam.put_role_policy(RoleName=ROLE_NAME, PolicyName="all", PolicyDocument=json.dumps(allow))

    def put(self, key: str, body: bytes | str) -> str:
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        return f"s3://{BUCKET}/{key}"

    def training(self, name: str, **changes: Any) -> dict[str, Any]:
        """Parameters of a training job that works."""
        return {
            "TrainingJobName": name,
            "AlgorithmSpecification": {"TrainingImage": XGBOOST, "TrainingInputMode": "File"},
            "RoleArn": self.role,
            "InputDataConfig": [self.channel("train"), self.channel("validation")],
            "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/models/"},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
            "StoppingCondition": {"MaxRuntimeInSeconds": 600},
            "HyperParameters": HYPERPARAMETERS,
            **changes,
        }

    def channel(self, name: str, uri: str | None = None, content_type: str = "text/csv") -> dict[str, Any]:
        return {
            "ChannelName": name,
            "ContentType": content_type,
            "DataSource": {
                "S3DataSource": {
                    "S3DataType": "S3Prefix",
                    "S3Uri": uri or f"s3://{BUCKET}/features/{name}/",
                    "S3DataDistributionType": "FullyReplicated",
                }
            },
        }

    def put_features(self) -> None:
        for name, rows in zip(("train", "validation"), car_rows(), strict=True):
            self.put(f"features/{name}/part-0.csv", "\n".join(rows) + "\n")

    def train(self, name: str, **changes: Any) -> dict[str, Any]:
        """Runs a job to its end and returns its description."""
        self.sagemaker.create_training_job(**self.training(name, **changes))
        return self.wait_for_training(name)

    def wait_for_training(self, name: str) -> dict[str, Any]:
        return until(
            lambda: self.sagemaker.describe_training_job(TrainingJobName=name),
            lambda job: job["TrainingJobStatus"] in {"Completed", "Failed", "Stopped"},
            what=f"the end of training job {name}",
        )

    def until_it_trains(self, name: str) -> None:
        until(
            lambda: self.sagemaker.describe_training_job(TrainingJobName=name)["SecondaryStatus"],
            lambda status: status == "Training",
            what=f"training job {name} at work",
        )

    @functools.cached_property
    def xgboost_model(self) -> str:
        """The artifact of a trained model."""
        self.put_features()
        job = self.train("world")
        if job["TrainingJobStatus"] != "Completed":
            raise AssertionError(job)
        artifact: str = job["ModelArtifacts"]["S3ModelArtifacts"]
        return artifact

    def containers(self) -> list[dict[str, Any]]:
        """SparkML → XGBoost → SparkML."""
        pre = self.put("bundles/pre.tar.gz", archive(preprocessing_bundle()))
        post = self.put("bundles/post.tar.gz", archive(postprocessing_bundle()))
        csv = {"SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "text/csv"}
        return [
            {
                "Image": SPARKML,
                "ModelDataUrl": pre,
                "Environment": {**csv, "SAGEMAKER_SPARKML_SCHEMA": json.dumps(PRE_SCHEMA)},
            },
            {"Image": XGBOOST, "ModelDataUrl": self.xgboost_model, "Environment": csv},
            {
                "Image": SPARKML,
                "ModelDataUrl": post,
                "Environment": {**csv, "SAGEMAKER_SPARKML_SCHEMA": json.dumps(POST_SCHEMA)},
            },
        ]

    def model(self, name: str, containers: list[dict[str, Any]]) -> str:
        self.sagemaker.create_model(ModelName=name, Containers=containers, ExecutionRoleArn=self.role)
        return name

    def config(self, name: str, *models: str, weights: tuple[float, ...] = (), **more: Any) -> str:
        """One variant for each model, named after it."""
        self.sagemaker.create_endpoint_config(
            EndpointConfigName=name,
            ProductionVariants=[
                {
                    "VariantName": model,
                    "ModelName": model,
                    "InitialInstanceCount": 1,
                    "InstanceType": "ml.t2.medium",
                    "InitialVariantWeight": weight,
                }
                for model, weight in zip(models, weights or [1.0] * len(models), strict=True)
            ],
            **more,
        )
        return name

    def endpoint(self, name: str, config: str) -> dict[str, Any]:
        self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
        return self.settled(name)

    def settled(self, name: str) -> dict[str, Any]:
        """The endpoint's description once no operation is in progress."""
        return until(
            lambda: self.sagemaker.describe_endpoint(EndpointName=name),
            lambda found: found["EndpointStatus"] in {"InService", "Failed"},
            what=f"endpoint {name} with nothing under way",
        )

    def delete_endpoint(self, name: str) -> None:
        self.sagemaker.delete_endpoint(EndpointName=name)
        until(
            lambda: [found["EndpointName"] for found in self.sagemaker.list_endpoints(MaxResults=100)["Endpoints"]],
            lambda names: name not in names,
            what=f"no endpoint {name}",
        )

    def invoke(self, endpoint: str, body: bytes | str, **more: Any) -> str:
        answer = self.runtime.invoke_endpoint(EndpointName=endpoint, Body=body, **{"ContentType": "text/csv", **more})
        text: str = answer["Body"].read().decode()
        return text

    def container_processes(self, endpoint: str) -> list[int]:
        """Process ids of an endpoint's containers, found by their working folders."""
        marker = f"{self.cloud.home}/work/sagemaker-containers/{endpoint}-".encode()
        found = []
        for folder in Path("/proc").iterdir():
            try:
                if folder.name.isdigit() and marker in (folder / "environ").read_bytes():
                    found.append(int(folder.name))
            except OSError:
                continue
        return found


def car_rows() -> tuple[list[str], list[str]]:
    """Label-first CSV lines for training and validation: random cars, labelled by a rule that trees can learn."""
    rng = random.Random(7)
    rows = []
    for _ in range(1200):
        values = [rng.randrange(len(options)) for options in FEATURES.values()]
        buying, maint, _, persons, lug, safety = values
        unsafe = safety == 0 or persons == 0
        label = 0 if unsafe else min(3, max(0, (buying + maint + lug + safety) // 3))
        rows.append(",".join(map(str, (label, *values))))
    return rows[:1000], rows[1000:]


def archive(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def preprocessing_bundle() -> dict[str, bytes]:
    """A StringIndexer for each column and a VectorAssembler."""
    indexers = [
        (
            f"{name}_indexer",
            "string_indexer",
            {"labels": {"type": "list", "string": labels}, "handle_invalid": {"string": "error"}},
            {"input": name},
            f"{name}_index",
        )
        for name, labels in FEATURES.items()
    ]
    shapes = [{"base": "scalar", "isNullable": False} for _ in FEATURES]
    assembler = (
        "assembler",
        "vector_assembler",
        {"input_shapes": {"type": "list", "data_shape": shapes}},
        {f"input{number}": f"{name}_index" for number, name in enumerate(FEATURES)},
        "features",
    )
    return bundle([*indexers, assembler])


def postprocessing_bundle() -> dict[str, bytes]:
    """Maps a class's number to its label."""
    labels = {"labels": {"type": "list", "string": LABELS}}
    return bundle([("labels", "reverse_string_indexer", labels, {"input": "prediction"}, "label")])


def bundle(nodes: list[tuple[str, str, dict[str, Any], dict[str, str], str]]) -> dict[str, bytes]:
    """The files of an MLeap bundle: nodes are (name, op, attributes, input port → column, output column)."""
    documents: dict[str, Any] = {
        "bundle.json": {
            "uid": "5f2bd5a0-8c0f-4f7e-9c2a-000000000000",
            "name": "pipeline",
            "format": "json",
            "version": "0.20.0",
            "timestamp": "2026-11-21T00:00:00Z",
        },
        "root/model.json": {
            "op": "pipeline",
            "attributes": {"nodes": {"type": "list", "string": [node[0] for node in nodes]}},
        },
        "root/node.json": {"name": "pipeline", "shape": {"inputs": [], "outputs": []}},
    }
    for name, op, attributes, inputs, output in nodes:
        documents[f"root/{name}.node/model.json"] = {"op": op, "attributes": attributes}
        documents[f"root/{name}.node/node.json"] = {
            "name": name,
            "shape": {
                "inputs": [{"name": column, "port": port} for port, column in inputs.items()],
                "outputs": [{"name": output, "port": "output"}],
            },
        }
    return {name: json.dumps(document).encode() for name, document in documents.items()}
