"""The containers of an endpoint, as training.toml lists them: one class per kind, and an entry in ``CONTAINERS``."""

from __future__ import annotations

import json
from collections.abc import Mapping  # noqa: TC003  (a field's type, which is looked up at run time)
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from handover.aws_images import built_in
from ml_steps.running import StepError

if TYPE_CHECKING:
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
    """The parts of containers. ``image`` is the algorithm's, ``model_data`` the S3 URI of the trained model.

    ``instance_type`` says whether a framework's image is the one for processors.
    """

    region: str
    image: str
    instance_type: str
    model_data: str
    features: Features
    invocation: Invocation


def uri_of(name: str, version: str, region: str) -> str:
    """The URI of one of SageMaker's own images. StepError if none is known, or none in the region."""
    try:
        return built_in(name, version).uri(region)
    except ValueError as error:
        raise StepError(f"training.toml: {error}") from error


class ContainerKind(Protocol):
    def container(self, made: Made) -> Container: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelContainer:
    """The trained model, in its algorithm's own image."""

    def container(self, made: Made) -> Container:
        return Container(image=made.image, model_data=made.model_data, environment={})


@dataclass(frozen=True, kw_only=True, slots=True)
class FrameworkContainer:
    """The trained model in a framework's serving image, as the SDK's tables know it.

    A model archive of TensorFlow has numbered folders with a SavedModel each, and perhaps ``code/inference.py``; one of
    Ray Serve has ``config.yaml`` and the deployment that it names.
    """

    #: As the SDK's tables know its serving image.
    framework: str
    #: As the SDK's tables know it.
    version: str
    #: As the SDK's tables know it; none where a version has one alone.
    python: str | None = None
    #: Variables that the image reads.
    environment: Mapping[str, str] = field(default_factory=dict)

    def container(self, made: Made) -> Container:
        from sagemaker.core import image_uris

        image = image_uris.retrieve(
            self.framework,
            made.region,
            version=self.version,
            py_version=self.python,
            instance_type=made.instance_type,
            image_scope="inference",
        )
        return Container(image=image, model_data=made.model_data, environment=self.environment)


@dataclass(frozen=True, kw_only=True, slots=True)
class SparkMlContainer:
    """A transformation that Spark fitted: an MLeap bundle in the SparkML serving container."""

    #: The image's version.
    version: str
    #: Its name in ``data.json``.
    transformation: str
    #: What the next container takes; the endpoint's own if nothing is said.
    accept: str | None = None

    def container(self, made: Made) -> Container:
        """StepError if the data step made no such transformation."""
        found = made.features.transformations.get(self.transformation)
        if found is None:
            raise StepError(
                f"training.toml serves the transformation {self.transformation}, but the data step made "
                f"{', '.join(made.features.transformations) or 'none'}."
            )
        environment = {
            "SAGEMAKER_SPARKML_SCHEMA": json.dumps(found.schema, separators=(",", ":")),
            "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": self.accept or made.invocation.accept,
        }
        image = uri_of("sparkml-serving", self.version, made.region)
        return Container(image=image, model_data=found.bundle, environment=environment)


CONTAINERS: Mapping[str, type[Any]] = {
    "model": ModelContainer,
    "framework": FrameworkContainer,
    "sparkml": SparkMlContainer,
}
