"""What an endpoint is brought back as, by what it was left as."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.platform.cloud import Cloud
from localcloud.platform.errors import AwsError
from localcloud.services.sagemaker.endpoint_restart import CUT_OFF, SCALING, fleet_of, left


@pytest.fixture
def cloud(cloud: Cloud) -> Cloud:
    for model in ("champion", "challenger"):
        cloud.store.table("sagemaker.models").put(model, {"PrimaryContainer": {"Image": f"host/{model}:1"}})
    return cloud


def config(name: str, **weights: float) -> dict[str, Any]:
    variants = [
        {"VariantName": model, "ModelName": model, "InitialInstanceCount": 1, "InitialVariantWeight": weight}
        for model, weight in weights.items()
    ]
    return {"EndpointConfigName": name, "ProductionVariants": variants}


def endpoint(status: str, served: dict[str, Any], **described: tuple[float, int]) -> dict[str, Any]:
    """As it was described: variant → its weight and its instances, which may have been changed since."""
    variants = [
        {"VariantName": name, "DesiredWeight": weight, "DesiredInstanceCount": count}
        for name, (weight, count) in described.items()
    ]
    return {
        "EndpointName": "prod",
        "EndpointConfigName": served["EndpointConfigName"],
        "EndpointStatus": status,
        "ProductionVariants": variants,
        "_config": served,
    }


def test_two_variants_come_back_with_the_weights_and_counts_that_they_had_last(cloud: Cloud) -> None:
    """Variants keep the weights of the experiment and the counts of autoscaling, and not the configuration's."""
    document = endpoint("InService", config("ab", champion=0.9, challenger=0.1), champion=(0.5, 2), challenger=(0.5, 1))
    found = {
        variant.name: (variant.weight, variant.desired_instances) for variant in fleet_of(cloud, document).variants
    }
    assert found == {"champion": (0.5, 2), "challenger": (0.5, 1)}


def test_an_endpoint_that_was_being_scaled_comes_back_with_the_wanted_instances(cloud: Cloud) -> None:
    """A change of capacity that was cut off is finished and not taken back: it has no failure reason."""
    document = endpoint("Updating", config("one", champion=1.0), champion=(1.0, 3)) | {SCALING: True}
    found = left(document)
    assert found is not None
    assert (found.serve, found.failure_reason) == (True, None)
    assert [variant.desired_instances for variant in fleet_of(cloud, document).variants] == [3]


@pytest.mark.parametrize("status", ["Updating", "RollingBack"])
def test_any_change_that_was_cut_off_is_taken_back(cloud: Cloud, status: str) -> None:
    """After a canary, a shift or an experiment's change was cut off, the endpoint serves as before and says so."""
    cloud.store.table("sagemaker.endpoint_configs").put("next", config("next", challenger=1.0))
    document = endpoint(status, config("before", champion=1.0), champion=(1.0, 1)) | {
        "PendingDeploymentSummary": {"EndpointConfigName": "next"}
    }
    found = left(document)
    assert found is not None
    assert (found.status, found.serve, found.failure_reason) == ("RollingBack", True, CUT_OFF)
    assert [variant.model["PrimaryContainer"]["Image"] for variant in fleet_of(cloud, document).variants] == [
        "host/champion:1"
    ]


def test_what_cannot_be_brought_back_is_named(cloud: Cloud) -> None:
    """A model that is gone is named in the endpoint's FailureReason."""
    document = endpoint("InService", config("ab", gone=1.0), gone=(1.0, 1))
    with pytest.raises(AwsError, match="model/gone"):
        fleet_of(cloud, document)


def test_one_that_has_failed_is_left_alone() -> None:
    """An endpoint that had failed stays failed."""
    assert left(endpoint("Failed", config("c", champion=1.0))) is None
