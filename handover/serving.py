"""What an endpoint serves: the only walk from endpoint to configuration, models and packages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from handover.names import CHALLENGER_VARIANT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, kw_only=True, slots=True)
class Variant:
    """One production variant. ``containers``: as DescribeModel shows them; ``images``: those that run now.

    ``resolved``: the same with their digests. Both are empty as long as SageMaker shows none.
    ``weight`` is its share of the traffic, 0 to 1. ``package_arn`` is None if the model names no package.
    """

    name: str
    weight: float
    model_name: str
    containers: tuple[Mapping[str, Any], ...]
    images: tuple[str, ...]
    resolved: tuple[str, ...]
    package_arn: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Serving:
    """An endpoint as SageMaker describes it, with the models behind it."""

    endpoint: str
    status: str
    config_name: str
    variants: tuple[Variant, ...]
    #: Why its latest update or its creation failed; empty if neither did.
    failure: str
    #: The answers of DescribeEndpoint and DescribeEndpointConfig.
    described: Mapping[str, Any]
    config: Mapping[str, Any]

    @property
    def champion(self) -> Variant:
        """The variant that does not compete. Most callers reach it: a challenger has at most half of the traffic."""
        return next((each for each in self.variants if each.name != CHALLENGER_VARIANT), self.variants[0])

    @property
    def challenger(self) -> Variant | None:
        """The release that competes with the champion, if any."""
        return next((each for each in self.variants if each.name == CHALLENGER_VARIANT), None)

    def address(self, variant: Variant) -> str:
        """The name to invoke for this variant: the endpoint's, or ``name/variant`` if there are several."""
        return self.endpoint if len(self.variants) == 1 else f"{self.endpoint}/{variant.name}"


def serving(sagemaker: Any, endpoint: str, *, described: Mapping[str, Any] | None = None) -> Serving:
    """Walk from an endpoint to its packages. ``described``: DescribeEndpoint's answer, if the caller has it already.

    Raises botocore's ClientError if the endpoint, its configuration or a model does not exist.
    """
    found = described or sagemaker.describe_endpoint(EndpointName=endpoint)
    config = sagemaker.describe_endpoint_config(EndpointConfigName=found["EndpointConfigName"])
    running = {each["VariantName"]: each for each in found.get("ProductionVariants", [])}
    weights = {each["VariantName"]: _weight(each, running) for each in config["ProductionVariants"]}
    total = sum(weights.values()) or 1.0
    variants = []
    for each in config["ProductionVariants"]:
        name = each["VariantName"]
        containers = containers_of(sagemaker.describe_model(ModelName=each["ModelName"]))
        deployed = running.get(name, {}).get("DeployedImages", [])
        variants.append(
            Variant(
                name=name,
                weight=weights[name] / total,
                model_name=each["ModelName"],
                containers=containers,
                images=tuple(image["SpecifiedImage"] for image in deployed),
                resolved=tuple(image["ResolvedImage"] for image in deployed),
                package_arn=_package_named(containers),
            )
        )
    return Serving(
        endpoint=endpoint,
        status=found["EndpointStatus"],
        config_name=found["EndpointConfigName"],
        variants=tuple(variants),
        failure=found.get("FailureReason", ""),
        described=found,
        config=config,
    )


def containers_of(model: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """A model's containers, in the order in which they are called."""
    return tuple(model.get("Containers") or [model["PrimaryContainer"]])


def serving_fault(containers: Sequence[Mapping[str, Any]], package: Mapping[str, Any]) -> str | None:
    """Why these containers differ from the package's, or None. ``package``: the answer of DescribeModelPackage.

    A model made from a package names it. If SageMaker shows the containers it made from it, they are compared too.
    """
    package_arn = package["ModelPackageArn"]
    named = {container["ModelPackageName"] for container in containers if "ModelPackageName" in container}
    if named and named != {package_arn}:
        return f"serves {', '.join(sorted(named))}, not {package_arn}"
    shown = [_artifact(container) for container in containers if "Image" in container]
    wanted = [_artifact(container) for container in package["InferenceSpecification"]["Containers"]]
    if shown and shown != wanted:
        return f"serves the containers {shown}, but {package_arn} has {wanted}"
    if not named and not shown:
        return f"names neither a model package nor an image: {containers}"
    return None


def _weight(variant: Mapping[str, Any], running: Mapping[str, Mapping[str, Any]]) -> float:
    """Its current weight, or the configured one if SageMaker shows none yet."""
    configured = variant.get("InitialVariantWeight", 1.0)
    return float(running.get(variant["VariantName"], {}).get("CurrentWeight", configured))


def _package_named(containers: Sequence[Mapping[str, Any]]) -> str | None:
    named = dict.fromkeys(each["ModelPackageName"] for each in containers if "ModelPackageName" in each)
    return next(iter(named), None) if len(named) <= 1 else None


def _artifact(container: Mapping[str, Any]) -> tuple[str, str | None]:
    return container["Image"], container.get("ModelDataUrl")
