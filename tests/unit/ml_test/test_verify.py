from __future__ import annotations

from typing import Any

import pytest

from ml_init.step import StepError
from ml_test.serving import serving_lines
from ml_test.verify import check_approved, check_release, check_served, serving_fault

ARN = "arn:aws:sagemaker:us-east-1:123456789012:model-package/car/2"
OLD = ARN.replace("/2", "/1")
CONTAINERS = [
    {"Image": "sparkml:3.3", "ModelDataUrl": "s3://b/pre"},
    {"Image": "xgboost:3.2-0", "ModelDataUrl": "s3://b/m"},
]
PACKAGE = {
    "ModelPackageArn": ARN,
    "ModelApprovalStatus": "Approved",
    "InferenceSpecification": {"Containers": CONTAINERS},
}


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


def test_gate_must_not_have_rejected_this_package() -> None:
    """Another package's verdict, or a rejection, verifies nothing."""
    for verdict in ("PROMOTE", "HOLD"):
        check_release({"verdict": verdict, "model_package_arn": ARN}, ARN)
    for gate in ({"verdict": "REJECT", "model_package_arn": ARN}, {"verdict": "PROMOTE", "model_package_arn": OLD}):
        with pytest.raises(StepError, match="The gate's verdict is"):
            check_release(gate, ARN)


def test_what_was_held_needs_somebodys_approval() -> None:
    """Approved alone is not enough there: the stage Approve writes down who it was."""
    check_approved(PACKAGE, "PROMOTE")
    check_approved(PACKAGE | {"CustomerMetadataProperties": {"approved_by": "arn:ada"}}, "HOLD")
    with pytest.raises(StepError, match="its property approved_by names nobody"):
        check_approved(PACKAGE | {"CustomerMetadataProperties": {"commit": "0123abc"}}, "HOLD")
    with pytest.raises(StepError, match="is PendingManualApproval, not Approved"):
        check_approved(PACKAGE | {"ModelApprovalStatus": "PendingManualApproval"}, "HOLD")


class SageMaker:
    def __init__(
        self,
        *,
        status: str = "InService",
        package: str = ARN,
        images: tuple[str, ...] = ("sparkml:3.3", "xgboost:3.2-0"),
    ) -> None:
        self.status, self.package, self.images = status, package, images

    def describe_endpoint(self, **_: Any) -> dict[str, Any]:
        images = [{"SpecifiedImage": f"{image}@sha256:1"} for image in self.images]
        return {
            "EndpointStatus": self.status,
            "EndpointConfigName": "c2",
            "FailureReason": "no ping",
            "ProductionVariants": [{"VariantName": "all", "DeployedImages": images}],
        }

    def describe_endpoint_config(self, **_: Any) -> dict[str, Any]:
        return {"ProductionVariants": [{"VariantName": "all", "ModelName": "m2"}]}

    def describe_model(self, **_: Any) -> dict[str, Any]:
        return {"ModelName": "m2", "Containers": [{"ModelPackageName": self.package}]}


def test_released_endpoint_passes() -> None:
    """InService, serving this approved package."""
    check_served(SageMaker(), "prod", PACKAGE)


@pytest.mark.parametrize(
    ("sagemaker", "message"),
    [
        (SageMaker(status="Failed"), "The endpoint prod is Failed, not InService: no ping"),
        (SageMaker(images=("xgboost:3.2-0",)), "variant all: runs ['xgboost'], but"),
        (SageMaker(package=OLD), f"variant all, model m2: serves {OLD}, not {ARN}"),
    ],
)
def test_other_than_released_is_named(sagemaker: SageMaker, message: str) -> None:
    """Each way to serve the wrong thing has its sentence."""
    with pytest.raises(StepError) as caught:
        check_served(sagemaker, "prod", PACKAGE)
    assert message in str(caught.value)


def test_what_serves_instead_is_told() -> None:
    """The version behind each variant, and why SageMaker took the latest deployment back."""
    assert serving_lines(SageMaker(package=OLD), "prod") == [
        "prod is InService with c2:",
        f"- all serves version 1 ({OLD}) (model m2)",
        "SageMaker took its latest deployment back: no ping",
    ]
