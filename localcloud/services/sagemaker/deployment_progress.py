"""DescribeEndpoint's view of a deployment under way: the new fleet's variants and their progress."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from localcloud.images.registry import image_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.platform.store import Document
    from localcloud.services.sagemaker.fleet import Fleet, Variant

#: How many statuses of a variant DescribeEndpoint shows, the latest first.
_SHOWN = 5


class DeploymentProgress:
    """Maintains an endpoint's PendingDeploymentSummary. ``update`` changes the endpoint's document."""

    def __init__(self, fleet: Fleet, update: Callable[..., None]) -> None:
        self._fleet = fleet
        self._update = update
        self._started = datetime.now(UTC)
        self._statuses: list[Document] = []

    def creating(self) -> None:
        self._next("Creating", "Creating the new fleet.")

    def activating(self, share: float) -> None:
        self._next("ActivatingTraffic", f"Turning on {share:.0%} of the traffic for the new fleet.")

    def baking(self, share: float, seconds: float) -> None:
        self._next("Baking", f"Monitoring the alarms for {seconds:g} s with {share:.0%} of the traffic.")

    def _next(self, status: str, message: str) -> None:
        latest = {"Status": status, "StatusMessage": message, "StartTime": datetime.now(UTC)}
        self._statuses = [latest, *self._statuses][:_SHOWN]
        self._update(
            PendingDeploymentSummary={
                "EndpointConfigName": self._fleet.config["EndpointConfigName"],
                "StartTime": self._started,
                "ProductionVariants": [
                    described_variant(variant) | {"VariantStatus": self._statuses} for variant in self._fleet.variants
                ],
            }
        )


def resolved(uri: str) -> str:
    """The image by the digest of its stand-in, as AWS shows it: ``…/repository@sha256:…``."""
    repository = uri.partition("@")[0]
    if ":" in repository.rpartition("/")[2]:
        repository = repository.rpartition(":")[0]
    return f"{repository}@{image_of(uri).digest}"


def described_variant(variant: Variant) -> dict[str, Any]:
    """A variant in DescribeEndpoint's form."""
    return {
        "VariantName": variant.name,
        "DeployedImages": [
            {"SpecifiedImage": spec.image, "ResolvedImage": resolved(spec.image), "ResolutionTime": datetime.now(UTC)}
            for spec in variant.specs
        ],
        "CurrentWeight": variant.weight,
        "DesiredWeight": variant.weight,
        "CurrentInstanceCount": len(variant.instances.all()),
        "DesiredInstanceCount": variant.desired_instances,
    }
