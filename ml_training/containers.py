"""The containers of an endpoint, as training.toml lists them: one class per kind, and an entry in ``CONTAINERS``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from ml_steps.running import StepError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handover.data import Features
    from handover.invocations import Invocation


@dataclass(frozen=True, kw_only=True, slots=True)
class Container:
    """One container, in the form that a model package needs."""

    image: str
    model_data: str
    environment: Mapping[str, str]

    def definition(self) -> dict[str, Any]:
        return {"Image": self.image, "ModelDataUrl": self.model_data, "Environment": dict(self.environment)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """The parts of containers. ``image`` is the algorithm's, ``model_data`` the S3 URI of the trained model."""

    region: str
    image: str
    model_data: str
    features: Features
    invocation: Invocation


class ContainerKind(Protocol):
    def container(self, made: Made) -> Container: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelContainer:
    """The trained model, in its algorithm's own image."""

    def container(self, made: Made) -> Container:
        return Container(image=made.image, model_data=made.model_data, environment={})


@dataclass(frozen=True, kw_only=True, slots=True)
class SparkMlContainer:
    """A transformation that Spark fitted: an MLeap bundle in the SparkML serving container.

    ``transformation`` is its name in ``data.json``, ``version`` the image's.
    """

    version: str
    transformation: str

    def container(self, made: Made) -> Container:
        """StepError if the data step made no such transformation."""
        from sagemaker.core import image_uris

        found = made.features.transformations.get(self.transformation)
        if found is None:
            raise StepError(
                f"training.toml serves the transformation {self.transformation}, but the data step made "
                f"{', '.join(made.features.transformations) or 'none'}."
            )
        environment = {
            "SAGEMAKER_SPARKML_SCHEMA": json.dumps(found.schema, separators=(",", ":")),
            "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": made.invocation.accept,
        }
        image = image_uris.retrieve("sparkml-serving", made.region, version=self.version)
        return Container(image=image, model_data=found.bundle, environment=environment)


CONTAINERS: Mapping[str, type[Any]] = {"model": ModelContainer, "sparkml": SparkMlContainer}
