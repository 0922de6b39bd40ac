"""A training step: train, check that the model was validated, register it. Its output is ``out/model.json``."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import boto3

from ml_init.step import (
    S3Address,
    Settings,
    StepError,
    from_variable,
    input_artifact,
    say,
    timed,
    to_json,
    write_output,
    write_variables,
)
from ml_training.model_package import Registration, register
from ml_training.training_job import TrainedModel, TrainingJob, train

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ml_training.model_package import Container

Data = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingSettings(Settings):
    execution: str = from_variable("PIPELINE_EXECUTION_ID")
    package_group: str = from_variable("MODEL_PACKAGE_GROUP")
    role_arn: str = from_variable("TRAINING_ROLE_ARN")
    #: None unless gatehouse.toml asks for a key of one's own.
    key_arn: str | None = field(default_factory=partial(os.environ.get, "ENCRYPTION_KEY_ARN"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    """What a workload's training has of its own.

    ``training`` is its training.toml; ``images`` gives the images' addresses in a region, ``xgboost`` among them;
    ``of_data`` gives the hyperparameters that the data decide; ``containers`` gives the endpoint's, in order.
    """

    training: Mapping[str, Any]
    images: Callable[[str], Mapping[str, str]]
    of_data: Callable[[Data], Mapping[str, Any]]
    containers: Callable[[TrainedModel, Data, Mapping[str, str]], Sequence[Container]]


def train_and_register(recipe: Recipe) -> None:
    """The whole step."""
    settings = TrainingSettings()
    data = input_artifact("DataOutput", "data.json")
    session = boto3.Session()
    with timed("the SDK is ready"):
        images = recipe.images(session.region_name)
    with timed("trained"):
        model = train(training_job(recipe, data, settings, images["xgboost"]), session)
    for name, value in model.metrics.items():
        say(f"  {name} = {value:.5f}")
    check_metrics(model, watched_metric(recipe.training))
    with timed("registered"):
        metrics_address = S3Address(bucket=settings.bucket, key=f"models/{model.job_name}/metrics.json")
        registration = registration_of(recipe, model, data, settings, images)
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


def training_job(recipe: Recipe, data: Data, settings: TrainingSettings, image: str) -> TrainingJob:
    """The job, planned: what the data decide comes from the data, all else stands in training.toml."""
    return TrainingJob(
        base_name=settings.workload.replace("_", "-"),
        image=image,
        role_arn=settings.role_arn,
        hyperparameters={**recipe.training["hyperparameters"], **recipe.of_data(data)},
        channels={"train": data["train"], "validation": data["validation"]},
        bucket=settings.bucket,
        output=f"s3://{settings.bucket}/models/",
        key_arn=settings.key_arn,
        **recipe.training["job"],
    )


def watched_metric(training: Mapping[str, Any]) -> str:
    """The metric that early stopping watches: the last one named, on the validation rows."""
    return f"validation:{training['hyperparameters']['eval_metric'].split(',')[-1]}"


def check_metrics(model: TrainedModel, watched: str) -> None:
    """A model without its validation metric was not validated: then early stopping did not work either."""
    if watched not in model.metrics:
        raise StepError(
            f"The training job {model.job_name} reports no {watched}, only {sorted(model.metrics)}. "
            "Check eval_metric in training.toml and the validation channel."
        )


def registration_of(
    recipe: Recipe, model: TrainedModel, data: Data, settings: TrainingSettings, images: Mapping[str, str]
) -> Registration:
    return Registration(
        group=settings.package_group,
        description=f"{settings.workload} of commit {settings.commit}",
        containers=recipe.containers(model, data, images),
        instance_type=recipe.training["job"]["instance_type"],
        metrics=model.metrics,
        properties={
            "commit": settings.commit,
            "data_sha256": data["data_sha256"],
            "pipeline_execution": settings.execution,
            "training_job": model.job_name,
            **{name.replace(":", "_"): f"{value:.6f}" for name, value in model.metrics.items()},
        },
    )
