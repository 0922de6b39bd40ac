"""Endpoints that an earlier run of the local cloud left: their containers ended with it, their duties did not.

An endpoint that was InService starts again with the model that it served. A change that was cut off, in a canary or
elsewhere, is rolled back. A creation or a deletion is finished.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from localcloud.services.sagemaker.endpoint_configs import config_by_name
from localcloud.services.sagemaker.fleet import Fleet

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud
    from localcloud.platform.store import Document

#: Marks the document of an endpoint whose instances or weights change, and not its configuration.
SCALING = "_scaling"
CUT_OFF = "The update was rolled back: the local cloud ended while it was under way."


@dataclass(frozen=True, kw_only=True, slots=True)
class Left:
    """What to do with an endpoint that was left in this status."""

    status: str
    """Its status until then, in AWS's words. In SystemUpdating it can be neither updated nor deleted."""
    create: bool = False
    delete: bool = False
    serve: bool = False
    failure_reason: str | None = None


_LEFT = {
    "Creating": Left(status="Creating", create=True),
    "Deleting": Left(status="Deleting", delete=True),
    "InService": Left(status="SystemUpdating", serve=True),
    "SystemUpdating": Left(status="SystemUpdating", serve=True),
    "Updating": Left(status="RollingBack", serve=True, failure_reason=CUT_OFF),
    "RollingBack": Left(status="RollingBack", serve=True, failure_reason=CUT_OFF),
}


def left(document: Document) -> Left | None:
    """What to do with this endpoint; None where it has failed, and stays as it is.

    One that was scaled comes back with the instances that were wanted.
    """
    if document["EndpointStatus"] == "Updating" and document.get(SCALING):
        return _LEFT["InService"]
    return _LEFT.get(document["EndpointStatus"])


def fleet_of(cloud: Cloud, document: Document) -> Fleet:
    """The fleet in the endpoint's document, not started, with its last weights and counts.

    Raises AwsError where its configuration or a model is gone.
    """
    name = document["EndpointName"]
    fleet = Fleet(cloud, name, document.get("_config") or config_by_name(cloud, document["EndpointConfigName"]))
    described = {variant["VariantName"]: variant for variant in document.get("ProductionVariants", [])}
    for variant in fleet.variants:
        if variant.name in described:
            variant.weight = described[variant.name]["DesiredWeight"]
            variant.desired_instances = described[variant.name]["DesiredInstanceCount"]
    return fleet
