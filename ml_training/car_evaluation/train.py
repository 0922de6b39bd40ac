"""The training step: trains XGBoost on the features, registers the model. Its output is ``out/model.json``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3

from ml_init.step import (
    S3Address,
    StepError,
    input_artifact,
    run,
    say,
    setting,
    timed,
    to_json,
    write_output,
    write_variables,
)
from ml_training.model_package import Container, Registration, register
from ml_training.training_job import TrainedModel, TrainingJob, train

if TYPE_CHECKING:
    from collections.abc import Mapping

TRAINING = Path(__file__).parent / "training.toml"


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    workload: str
    bucket: str
    commit: str
    execution: str
    package_group: str
    role_arn: str

    @classmethod
    def from_environment(cls) -> Settings:
        return cls(
            workload=setting("WORKLOAD"),
            bucket=setting("DATA_BUCKET"),
            commit=setting("COMMIT_ID"),
            execution=setting("PIPELINE_EXECUTION_ID"),
            package_group=setting("MODEL_PACKAGE_GROUP"),
            role_arn=setting("TRAINING_ROLE_ARN"),
        )


def main() -> None:
    settings = Settings.from_environment()
    training = tomllib.loads(TRAINING.read_text())
    data = input_artifact("DataOutput", "data.json")
    session = boto3.Session()
    with timed("the SDK is ready"):
        images = image_addresses(training["image"], session.region_name)
    with timed("trained"):
        job = training_job(training, data, settings, images["xgboost"])
        model = train(job, session)
    for name, value in model.metrics.items():
        say(f"  {name} = {value:.5f}")
    check_metrics(model)
    with timed("registered"):
        metrics_address = S3Address(bucket=settings.bucket, key=f"models/{model.job_name}/metrics.json")
        registration = registration_of(model, training, data, settings, images)
        arn = register(session.client("sagemaker"), session.client("s3"), registration, metrics_address)
    say(f"  {arn}")
    document = {
        "model_package_arn": arn,
        "training_job": model.job_name,
        "image": images["xgboost"],
        "model_data": model.model_data,
        "metrics": model.metrics,
        "commit": settings.commit,
        "data_sha256": data["data_sha256"],
    }
    write_output("model.json", to_json(document))
    write_variables({"MODEL_PACKAGE_ARN": arn})


def image_addresses(versions: Mapping[str, str], region: str) -> dict[str, str]:
    """AWS's images of this region, from the SDK's own tables."""
    from sagemaker.core import image_uris

    return {
        "xgboost": image_uris.retrieve("xgboost", region, version=versions["xgboost"]),
        "sparkml": image_uris.retrieve("sparkml-serving", region, version=versions["sparkml_serving"]),
    }


def training_job(training: Mapping[str, Any], data: Mapping[str, Any], settings: Settings, image: str) -> TrainingJob:
    """The job, planned: the number of classes is the data's, all else stands in training.toml."""
    return TrainingJob(
        base_name=settings.workload.replace("_", "-"),
        image=image,
        role_arn=settings.role_arn,
        hyperparameters={**training["hyperparameters"], "num_class": len(data["labels"])},
        channels={"train": data["train"], "validation": data["validation"]},
        bucket=settings.bucket,
        output=f"s3://{settings.bucket}/models/",
        **training["job"],
    )


def check_metrics(model: TrainedModel) -> None:
    """A model without its validation loss was not validated: then early stopping did not work either."""
    if "validation:mlogloss" not in model.metrics:
        raise StepError(
            f"The training job {model.job_name} reports no validation:mlogloss, only {sorted(model.metrics)}. "
            "Check eval_metric in training.toml and the validation channel."
        )


def registration_of(
    model: TrainedModel,
    training: Mapping[str, Any],
    data: Mapping[str, Any],
    settings: Settings,
    images: Mapping[str, str],
) -> Registration:
    containers = (
        Container.sparkml(images["sparkml"], data["preprocess"], data["preprocess_schema"]),
        Container(image=images["xgboost"], model_data=model.model_data, environment={}),
        Container.sparkml(images["sparkml"], data["postprocess"], data["postprocess_schema"]),
    )
    return Registration(
        group=settings.package_group,
        description=f"{settings.workload} of commit {settings.commit}",
        containers=containers,
        instance_type=training["job"]["instance_type"],
        metrics=model.metrics,
        properties={
            "commit": settings.commit,
            "data_sha256": data["data_sha256"],
            "pipeline_execution": settings.execution,
            "training_job": model.job_name,
            **{name.replace(":", "_"): f"{value:.6f}" for name, value in model.metrics.items()},
        },
    )


if __name__ == "__main__":
    run(main)
