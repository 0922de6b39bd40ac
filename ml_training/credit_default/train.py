"""The training step: XGBoost on the rows as they are, served by its own container alone."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ml_init.step import StepError, run
from ml_training.model_package import Container
from ml_training.training_step import Recipe, train_and_register

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ml_training.training_job import TrainedModel

TRAINING = tomllib.loads(Path(__file__).with_name("training.toml").read_text())


def main() -> None:
    train_and_register(RECIPE)


def images(region: str) -> dict[str, str]:
    """AWS's image of this region, from the SDK's own table."""
    from sagemaker.core import image_uris

    return {"xgboost": image_uris.retrieve("xgboost", region, version=TRAINING["image"]["xgboost"])}


def of_data(data: Mapping[str, Any]) -> dict[str, Any]:
    """Nothing: but the objective knows two labels only."""
    if len(data["labels"]) != 2:
        raise StepError(f"binary:logistic learns two labels, but the data have {data['labels']}.")
    return {}


def containers(model: TrainedModel, _: Mapping[str, Any], images: Mapping[str, str]) -> tuple[Container, ...]:
    return (Container(image=images["xgboost"], model_data=model.model_data, environment={}),)


RECIPE = Recipe(training=TRAINING, images=images, of_data=of_data, containers=containers)

if __name__ == "__main__":
    run(main)
