"""The training step: what it plans of training.toml and the data, and what it registers."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from handover.addresses import S3Address
from handover.data import Data, Features, Transformation
from handover.invocations import CSV
from handover.step_variables import TrainVariables
from ml_steps.running import StepError
from ml_training.containers import Made
from ml_training.model_package import register
from ml_training.train import check_metrics, registration_of, training_job
from ml_training.training import Training
from ml_training.training_job import TrainedModel, _wait

VARIABLES = TrainVariables(
    workload="car_evaluation",
    bucket="data",
    commit="0123abc",
    execution="e1",
    package_group="car-evaluation",
    role_arn="arn:aws:iam::123456789012:role/training",
    invocation="csv",
)
IMAGE = "registry/sagemaker-xgboost:3.2-0"
SPARKML = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-sparkml-serving:3.3"
FEATURES = Features(
    splits={name: f"s3://data/features/1/{name}/" for name in ("train", "validation", "test")},
    content_type="text/csv",
    rows={"train": 70, "validation": 15, "test": 15},
    label_counts={},
    labels=("unacc", "acc", "good", "vgood"),
    features=("buying",),
    transformations={
        "preprocess": Transformation(
            bundle="s3://data/features/1/preprocess/model.tar.gz",
            schema={"input": [{"name": "buying", "type": "string"}], "output": {"name": "f", "type": "double"}},
        ),
        "postprocess": Transformation(
            bundle="s3://data/features/1/postprocess/model.tar.gz",
            schema={"input": [{"name": "p", "type": "double"}], "output": {"name": "l", "type": "string"}},
        ),
    },
)
DATA = Data(workload="car_evaluation", commit="0123abc", data_sha256="b703", features=FEATURES)
MODEL = TrainedModel(
    job_name="car-evaluation-1",
    model_data="s3://data/models/car-evaluation-1/output/model.tar.gz",
    metrics={"train:mlogloss": 0.01, "validation:mlogloss": 0.05},
)
MADE = Made(
    region="us-east-1",
    image=IMAGE,
    instance_type="ml.m5.xlarge",
    model_data=MODEL.model_data,
    features=FEATURES,
    invocation=CSV,
)
CAR = Training.of_workload("car_evaluation", FEATURES)
TWO_LABELS = replace(FEATURES, labels=("0", "1"), transformations={})
CREDIT = Training.of_workload("credit_default", TWO_LABELS)


def test_job_is_planned_from_data_and_toml() -> None:
    """The classes are counted from the data; early stopping has its validation channel and the loss to watch."""
    job = training_job(CAR, DATA, VARIABLES, IMAGE)
    assert job.hyperparameters["num_class"] == 4
    assert job.hyperparameters["eval_metric"].split(",")[-1] == "mlogloss"
    assert job.hyperparameters["early_stopping_rounds"] > 0
    assert dict(job.channels) == {name: FEATURES.splits[name] for name in ("train", "validation")}
    assert job.content_type == "text/csv"
    assert job.output == "s3://data/models/"


def test_package_has_the_three_containers_in_order() -> None:
    """SparkML, XGBoost, SparkML; CSV between them; where the model comes from stands in the package."""
    calls: dict[str, Any] = {}

    class Client:
        def create_model_package(self, **request: Any) -> dict[str, str]:
            calls["package"] = request
            return {"ModelPackageArn": "arn"}

        def put_object(self, **request: Any) -> None:
            calls["metrics"] = json.loads(request["Body"])

    registration = registration_of(CAR, MODEL, DATA, VARIABLES, MADE)
    address = S3Address(bucket="data", key="models/car-evaluation-1/metrics.json")
    assert register(Client(), Client(), registration, address) == "arn"
    request = calls["package"]
    containers = request["InferenceSpecification"]["Containers"]
    preprocess, postprocess = (FEATURES.transformations[name] for name in ("preprocess", "postprocess"))
    assert [container["ModelDataUrl"] for container in containers] == [
        preprocess.bundle,
        MODEL.model_data,
        postprocess.bundle,
    ]
    assert [container["Image"] for container in containers] == [SPARKML, IMAGE, SPARKML]
    for container, transformation in ((containers[0], preprocess), (containers[2], postprocess)):
        assert json.loads(container["Environment"]["SAGEMAKER_SPARKML_SCHEMA"]) == transformation.schema
        assert container["Environment"]["SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT"] == "text/csv"
    assert request["InferenceSpecification"]["SupportedContentTypes"] == ["text/csv"]
    assert request["ModelApprovalStatus"] == "PendingManualApproval"
    properties = request["CustomerMetadataProperties"]
    assert {"commit": "0123abc", "data_sha256": "b703", "pipeline_execution": "e1"}.items() <= properties.items()
    assert properties["validation_mlogloss"] == "0.050000"
    assert calls["metrics"]["metrics"] == dict(MODEL.metrics)


@pytest.mark.parametrize("status", ["Failed", "Stopped"])
def test_failed_job_ends_the_step_with_its_reason(status: str) -> None:
    """The message names the job and SageMaker's failure reason."""

    class Client:
        def describe_training_job(self, **_: Any) -> dict[str, str]:
            return {"TrainingJobStatus": status, "FailureReason": "AlgorithmError: no such objective"}

    with pytest.raises(StepError, match=f"job-1 ended {status}: AlgorithmError: no such objective"):
        _wait(Client(), "job-1")


def test_model_without_validation_loss_is_not_registered() -> None:
    """A model whose training watched no validation loss is refused."""
    model = TrainedModel(job_name="job-1", model_data="s3://data/m", metrics={"train:mlogloss": 0.1})
    with pytest.raises(StepError, match=r"job-1 reports no validation:mlogloss, only \['train:mlogloss'\]"):
        check_metrics(model, CAR.objective)


def test_early_stopping_watches_the_objective() -> None:
    """XGBoost stops by the last metric named, so the objective must be that one."""
    for training in (CAR, CREDIT, *(Training.read(path) for path in DEFAULTS)):
        assert training.objective.metric == f"validation:{training.hyperparameters['eval_metric'].split(',')[-1]}"


DEFAULTS = sorted((Path(__file__).parents[3] / "ml_training" / "defaults").glob("*.toml"))


def test_credit_default_is_one_container_of_two_labels() -> None:
    """Nothing but XGBoost stands behind its endpoint; a third label is refused before a job starts."""
    model = TrainedModel(job_name="credit-1", model_data="s3://data/m", metrics={"validation:logloss": 0.43})
    (kind,) = CREDIT.containers
    made = replace(MADE, model_data="s3://data/m", features=TWO_LABELS)
    assert kind.container(made).definition() == {"Image": IMAGE, "ModelDataUrl": "s3://data/m", "Environment": {}}
    check_metrics(model, CREDIT.objective)
    data = replace(DATA, features=TWO_LABELS)
    assert "num_class" not in training_job(CREDIT, data, VARIABLES, IMAGE).hyperparameters
    with pytest.raises(StepError, match=r"learns 2 labels .* but the data have unacc, acc, good, vgood"):
        training_job(CREDIT, DATA, VARIABLES, IMAGE)


@pytest.mark.parametrize(
    ("labels", "objective"), [(("0", "1"), "binary:logistic"), (("a", "b", "c"), "multi:softprob")]
)
def test_a_workload_without_training_toml_has_the_defaults(labels: tuple[str, ...], objective: str) -> None:
    """Two labels are learned as a probability, more as one for each, which are counted from the data."""
    features = replace(FEATURES, labels=labels)
    training = Training.of_workload("no_such_workload", features)
    found = training.hyperparameters_for(features)
    assert found["objective"] == objective
    assert found.get("num_class") == (None if len(labels) == 2 else 3)


def test_a_transformation_that_nobody_made_is_named() -> None:
    """The endpoint cannot be built without it."""
    with pytest.raises(StepError, match="serves the transformation preprocess, but the data step made none"):
        CAR.containers[0].container(replace(MADE, features=TWO_LABELS))


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('kind = "built-in"', 'kind = "builtin"', "[algorithm] kind = 'builtin' is not known here; allowed are built-"),
        ('direction = "minimize"', 'direction = "less"', "[objective] direction = 'less': expected minimize or max"),
        ("[of_data]", "[of_the_data]", "of_the_data = {'num_class': 'label_count'} is not known here; allowed are alg"),
        ('"label_count"', '"classes"', "[of_data] num_class = 'classes': expected label_count or labels or "),
        ("volume_gb = 5", "volume = 5", "[job] volume = 5 is not known here; allowed are instance_type, volume_gb, "),
        ("volume_gb = 5\n", "", "[job] must have volume_gb"),
        ("volume_gb = 5", 'volume_gb = "5"', "[job] volume_gb = '5': expected a whole number"),
        ("volume_gb = 5", "volume_gb = 0", "[job] volume_gb = 0: expected a number of 1 or above"),
        ("max_runtime_seconds = 900", "max_runtime_seconds = 2_419_201", "[job] max_runtime_seconds = 2419201: SageM"),
        (
            '"ml.m5.xlarge"',
            '"m5.xlarge"',
            "[job] instance_type = 'm5.xlarge': expected one such as ml.",
        ),
        ("eta = 0.2", "eta = [0.2]", "[hyperparameters] eta = [0.2]: expected a text, a number, or true or false"),
        ("low = 0.05", "low = 0.5", "[tuning.ranges.eta] low = 0.5 is not below high = 0.5"),
        ("jobs = 8", "job = 8", "[tuning] job = 8 is not known here; allowed are strategy, parallel, jobs, seed, "),
        ("parallel = 2", "parallel = 0", "[tuning] parallel = 0: expected at least 1"),
        ('kind = "sparkml"', 'kind = "spark"', "[containers] kind = 'spark' is not known here; allowed are model, fra"),
    ],
)
def test_what_training_toml_does_not_say_rightly_is_named(tmp_path: Path, old: str, new: str, fault: str) -> None:
    """File and line, the key, the value, and what is allowed."""
    text = (Path(__file__).parents[3] / "ml_training" / "car_evaluation" / "training.toml").read_text()
    assert old in text
    path = tmp_path / "training.toml"
    path.write_text(text.replace(old, new))
    with pytest.raises(StepError) as caught:
        Training.read(path)
    assert re.match(rf"{re.escape(str(path))}:\d+: {re.escape(fault)}", str(caught.value))


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            'metric = "validation:loss"',
            'metric = "validation:los"',
            r"script's objective is one .*mean validation:loss\?",
        ),
        ('"train_loss: ([0-9.]+)"', '"train_loss: ([0-9.]+"', r"regex = 'train_loss: \(\[0-9.\]\+' is no regular expr"),
        ('"train_loss: ([0-9.]+)"', '"train_loss: [0-9.]+"', r"regex = 'train_loss: \[0-9.\]\+': expected a group"),
    ],
)
def test_a_script_that_would_not_measure_its_objective_is_refused(
    tmp_path: Path, old: str, new: str, fault: str
) -> None:
    """What is printed and never found, and an objective that nothing measures, are found before a job starts."""
    text = (Path(__file__).parents[3] / "ml_training" / "iris" / "training.toml").read_text()
    assert old in text
    path = tmp_path / "training.toml"
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(StepError, match=rf"^{re.escape(str(path))}:\d+: .*{fault}"):
        Training.read(path)
