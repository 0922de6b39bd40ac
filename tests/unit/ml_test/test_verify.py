from __future__ import annotations

from typing import Any

import pytest

from ml_init.step import StepError
from ml_test.verify import check_release, check_served, serving_fault

ARN = "arn:aws:sagemaker:us-east-1:123456789012:model-package/car/2"
OLD = ARN.replace("/2", "/1")
CONTAINERS = [
    {"Image": "sparkml:3.3", "ModelDataUrl": "s3://b/pre"},
    {"Image": "xgboost:3.2-0", "ModelDataUrl": "s3://b/m"},
]
PACKAGE = {"ModelApprovalStatus": "Approved", "InferenceSpecification": {"Containers": CONTAINERS}}


@pytest.mark.parametrize(
    ("containers", "fault"),
    [
        ([{"ModelPackageName": ARN}], None),
        (CONTAINERS, None),
        ([{**container, "ModelPackageName": ARN} for container in CONTAINERS], None),
        ([{"ModelPackageName": OLD}], f"serves {OLD}, not {ARN}"),
        (CONTAINERS[::-1], "serves the containers"),
        ([{"ModelPackageName": ARN}, {"Image": "other", "ModelDataUrl": "s3://b/x"}], "serves the containers"),
        ([{}], "names neither"),
    ],
)
def test_what_is_served_is_the_package(containers: list[dict[str, str]], fault: str | None) -> None:
    """By the package's name where the model has it, and by images and artifacts where they are shown."""
    found = serving_fault(containers, PACKAGE, ARN)
    assert (found or "").startswith(fault or "")
    assert (found is None) == (fault is None)


def test_gate_must_have_promoted_this_package() -> None:
    """Another package's verdict, or a rejection, verifies nothing."""
    check_release({"verdict": "PROMOTE", "model_package_arn": ARN}, ARN)
    for gate in ({"verdict": "REJECT", "model_package_arn": ARN}, {"verdict": "PROMOTE", "model_package_arn": OLD}):
        with pytest.raises(StepError, match="The gate's verdict is"):
            check_release(gate, ARN)


class SageMaker:
    def __init__(self, *, approval: str = "Approved", status: str = "InService", package: str = ARN) -> None:
        self.approval, self.status, self.package = approval, status, package

    def describe_model_package(self, **_: Any) -> dict[str, Any]:
        return {**PACKAGE, "ModelApprovalStatus": self.approval}

    def describe_endpoint(self, **_: Any) -> dict[str, Any]:
        return {"EndpointStatus": self.status, "EndpointConfigName": "c2", "FailureReason": "no ping"}

    def describe_endpoint_config(self, **_: Any) -> dict[str, Any]:
        return {"ProductionVariants": [{"VariantName": "all", "ModelName": "m2"}]}

    def describe_model(self, **_: Any) -> dict[str, Any]:
        return {"ModelName": "m2", "Containers": [{"ModelPackageName": self.package}]}


def test_released_endpoint_passes() -> None:
    """InService, serving this approved package."""
    check_served(SageMaker(), "prod", ARN)


@pytest.mark.parametrize(
    ("sagemaker", "message"),
    [
        (SageMaker(approval="Rejected"), "is Rejected, not Approved"),
        (SageMaker(status="Failed"), "The endpoint prod is Failed, not InService: no ping"),
        (SageMaker(package=OLD), f"variant all, model m2: serves {OLD}, not {ARN}"),
    ],
)
def test_other_than_released_is_named(sagemaker: SageMaker, message: str) -> None:
    """Each way to serve the wrong thing has its sentence."""
    with pytest.raises(StepError) as caught:
        check_served(sagemaker, "prod", ARN)
    assert message in str(caught.value)
