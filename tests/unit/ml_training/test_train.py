from __future__ import annotations

import json
from typing import Any

import pytest

from ml_init.step import S3Address, StepError
from ml_training.car_evaluation.train import RECIPE
from ml_training.credit_default.train import RECIPE as CREDIT
from ml_training.model_package import register
from ml_training.training_job import TrainedModel, _wait
from ml_training.training_step import TrainingSettings, check_metrics, registration_of, training_job, watched_metric

SETTINGS = TrainingSettings(
    workload="car_evaluation",
    bucket="data",
    commit="0123abc",
    execution="e1",
    package_group="car-evaluation",
    role_arn="arn:aws:iam::123456789012:role/training",
)
IMAGES = {"xgboost": "registry/sagemaker-xgboost:3.2-0", "sparkml": "registry/sagemaker-sparkml-serving:3.3"}
DATA: dict[str, Any] = {
    "data_sha256": "b703",
    "labels": ["unacc", "acc", "good", "vgood"],
    "train": "s3://data/features/1/train/",
    "validation": "s3://data/features/1/validation/",
    "preprocess": "s3://data/features/1/preprocess/model.tar.gz",
    "postprocess": "s3://data/features/1/postprocess/model.tar.gz",
    "preprocess_schema": {"input": [{"name": "buying", "type": "string"}], "output": {"name": "f", "type": "double"}},
    "postprocess_schema": {"input": [{"name": "p", "type": "double"}], "output": {"name": "l", "type": "string"}},
}
MODEL = TrainedModel(
    job_name="car-evaluation-1",
    model_data="s3://data/models/car-evaluation-1/output/model.tar.gz",
    metrics={"train:mlogloss": 0.01, "validation:mlogloss": 0.05},
)


def test_job_is_planned_from_data_and_toml() -> None:
    """The classes are counted from the data; early stopping has its validation channel and the loss to watch."""
    job = training_job(RECIPE, DATA, SETTINGS, IMAGES["xgboost"])
    assert job.hyperparameters["num_class"] == 4
    assert job.hyperparameters["eval_metric"].split(",")[-1] == "mlogloss"
    assert job.hyperparameters["early_stopping_rounds"] > 0
    assert dict(job.channels) == {"train": DATA["train"], "validation": DATA["validation"]}
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

    registration = registration_of(RECIPE, MODEL, DATA, SETTINGS, IMAGES)
    address = S3Address(bucket="data", key="models/car-evaluation-1/metrics.json")
    assert register(Client(), Client(), registration, address) == "arn"
    request = calls["package"]
    containers = request["InferenceSpecification"]["Containers"]
    assert [container["ModelDataUrl"] for container in containers] == [
        DATA["preprocess"],
        MODEL.model_data,
        DATA["postprocess"],
    ]
    assert [container["Image"] for container in containers] == [
        IMAGES["sparkml"],
        IMAGES["xgboost"],
        IMAGES["sparkml"],
    ]
    for container, schema in ((containers[0], "preprocess_schema"), (containers[2], "postprocess_schema")):
        assert json.loads(container["Environment"]["SAGEMAKER_SPARKML_SCHEMA"]) == DATA[schema]
        assert container["Environment"]["SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT"] == "text/csv"
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
        check_metrics(model, watched_metric(RECIPE.training))


def test_credit_default_is_one_container_of_two_labels() -> None:
    """Nothing but XGBoost stands behind its endpoint; a third label is refused before a job starts."""
    model = TrainedModel(job_name="credit-1", model_data="s3://data/m", metrics={"validation:logloss": 0.43})
    (container,) = CREDIT.containers(model, {}, IMAGES)
    assert container.definition() == {"Image": IMAGES["xgboost"], "ModelDataUrl": "s3://data/m", "Environment": {}}
    check_metrics(model, watched_metric(CREDIT.training))
    assert "num_class" not in training_job(CREDIT, {**DATA, "labels": ["0", "1"]}, SETTINGS, "image").hyperparameters
    with pytest.raises(StepError, match="binary:logistic learns two labels"):
        training_job(CREDIT, DATA, SETTINGS, "image")
