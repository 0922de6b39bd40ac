"""The training step: XGBoost on the features that Spark made, served between the two MLeap bundles."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ml_init.step import run
from ml_training.model_package import Container
from ml_training.training_step import Recipe, train_and_register

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ml_training.training_job import TrainedModel

TRAINING = tomllib.loads(Path(__file__).with_name("training.toml").read_text())


def main() -> None:
    train_and_register(RECIPE)


def images(region: str) -> dict[str, str]:
    """AWS's images of this region, from the SDK's own tables."""
    from sagemaker.core import image_uris

    versions = TRAINING["image"]
    return {
        "xgboost": image_uris.retrieve("xgboost", region, version=versions["xgboost"]),
        "sparkml": image_uris.retrieve("sparkml-serving", region, version=versions["sparkml_serving"]),
    }


def of_data(data: Mapping[str, Any]) -> dict[str, Any]:
    return {"num_class": len(data["labels"])}


def containers(model: TrainedModel, data: Mapping[str, Any], images: Mapping[str, str]) -> tuple[Container, ...]:
    return (
        Container.sparkml(images["sparkml"], data["preprocess"], data["preprocess_schema"]),
        Container(image=images["xgboost"], model_data=model.model_data, environment={}),
        Container.sparkml(images["sparkml"], data["postprocess"], data["postprocess_schema"]),
    )


RECIPE = Recipe(training=TRAINING, images=images, of_data=of_data, containers=containers)

if __name__ == "__main__":
    run(main)
