"""Whether PROD serves what was released, by clients that answer what the services would."""

from __future__ import annotations

from typing import Any

import pytest

from handover.gate_report import GateReport, Smoke
from handover.invocations import CSV
from handover.serving import serving, serving_fault
from ml_release.verify import (
    check_answers,
    check_approved,
    check_objects,
    check_release,
    check_served,
    serving_lines,
)
from ml_steps.endpoint import Asker
from ml_steps.running import StepError
from tests.clock import Clock
from tests.gate_documents import gate_document
from tests.unit.ml_steps.test_endpoint import LINE, Content

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
    """A model is the package by the package's name, or by images and artifacts where only they are shown."""
    found = serving_fault(containers, PACKAGE)
    assert (found or "").startswith(fault or "")
    assert (found is None) == (fault is None)


def test_gate_must_not_have_rejected_this_package() -> None:
    """Another package's verdict and a rejection verify nothing."""
    for verdict in ("PROMOTE", "HOLD"):
        check_release(GateReport.of(gate_document(verdict=verdict, model_package_arn=ARN)), ARN)
    for verdict, arn in (("REJECT", ARN), ("PROMOTE", OLD)):
        with pytest.raises(StepError, match="The gate's verdict is"):
            check_release(GateReport.of(gate_document(verdict=verdict, model_package_arn=arn)), ARN)


def test_what_was_held_needs_somebodys_approval() -> None:
    """A held package needs the approver whom stage Approve writes down; the status Approved is not enough."""
    check_approved(PACKAGE, "PROMOTE")
    check_approved(PACKAGE | {"CustomerMetadataProperties": {"approved_by": "arn:ada"}}, "HOLD")
    with pytest.raises(StepError, match="its property approved_by names nobody"):
        check_approved(PACKAGE | {"CustomerMetadataProperties": {"commit": "0123abc"}}, "HOLD")
    with pytest.raises(StepError, match="is PendingManualApproval, not Approved"):
        check_approved(PACKAGE | {"ModelApprovalStatus": "PendingManualApproval"}, "HOLD")


class SageMaker:
    """An endpoint with a variant for each package."""

    def __init__(
        self,
        *packages: str,
        status: str = "InService",
        images: tuple[str, ...] = ("sparkml:3.3", "xgboost:3.2-0"),
    ) -> None:
        self.status, self.packages, self.images = status, packages or (ARN,), images

    def describe_endpoint(self, **_: Any) -> dict[str, Any]:
        images = [
            {"SpecifiedImage": f"{image}@sha256:1", "ResolvedImage": f"{image}@sha256:1"} for image in self.images
        ]
        return {
            "EndpointStatus": self.status,
            "EndpointConfigName": "c2",
            "FailureReason": "no ping",
            "ProductionVariants": [
                {"VariantName": f"variant-{place}", "DeployedImages": images} for place in range(len(self.packages))
            ],
        }

    def describe_endpoint_config(self, **_: Any) -> dict[str, Any]:
        return {
            "ProductionVariants": [
                {"VariantName": f"variant-{place}", "ModelName": str(place)} for place in range(len(self.packages))
            ]
        }

    def describe_model(self, *, ModelName: str) -> dict[str, Any]:
        return {"ModelName": ModelName, "Containers": [{"ModelPackageName": self.packages[int(ModelName)]}]}


def test_released_endpoint_passes() -> None:
    """An endpoint in service that serves this approved package passes."""
    assert check_served(SageMaker(), "prod", PACKAGE) == "prod"


def test_the_images_that_serve_are_those_that_were_judged() -> None:
    """PROD runs QA's images, by their digests: a tag may have moved in between."""
    judged = [f"{image}@sha256:1" for image in ("xgboost:3.2-0", "sparkml:3.3")]
    assert check_served(SageMaker(), "prod", PACKAGE, images=judged) == "prod"
    with pytest.raises(StepError, match=r"the gate judged xgboost:3.2-0@sha256:2.* A tag has moved"):
        check_served(SageMaker(), "prod", PACKAGE, images=[image.replace(":1", ":2") for image in judged])


class Versions:
    """One object with these versions, the newest first."""

    def __init__(self, *versions: str, deleted: bool = False) -> None:
        entries = [
            {
                "Key": "models/m",
                "VersionId": version,
                "IsLatest": not place and not deleted,
                "LastModified": 1,
                "Size": 1,
            }
            for place, version in enumerate(versions)
        ]
        markers = [{"Key": "models/m", "VersionId": "gone", "IsLatest": True, "LastModified": 2}] if deleted else []
        self.page = {"Versions": [*entries, entries[0] | {"Key": "models/m.old"}], "DeleteMarkers": markers}

    def get_paginator(self, _: str) -> Versions:
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        return [self.page]


def test_the_objects_that_serve_are_those_that_were_judged() -> None:
    """An object that was replaced or deleted after the gate is named with both versions."""
    judged = [{"address": "s3://b/models/m", "version_id": "v1", "sha256": "0"}]
    report = GateReport.of(gate_document(objects=judged))
    check_objects(Versions("v1"), report)
    with pytest.raises(
        StepError, match=r"models/m was replaced after the gate had judged it: version v1 .* v2 is there"
    ):
        check_objects(Versions("v2", "v1"), report)
    with pytest.raises(StepError, match="version v1 was judged, and none is there now"):
        check_objects(Versions("v1", deleted=True), report)


def test_a_release_that_competes_is_asked_at_its_own_variant() -> None:
    """The smoke requests go to the variant that serves the release."""
    assert check_served(SageMaker(OLD, ARN), "prod", PACKAGE, PACKAGE | {"ModelPackageArn": OLD}) == "prod/variant-1"


@pytest.mark.parametrize(
    ("packages", "message"),
    [
        ((OLD, OLD), f"No variant of the endpoint prod serves {ARN}"),
        ((ARN,), f"No variant of the endpoint prod serves {OLD}"),
        ((OLD, ARN.replace("/2", "/3")), f"variant variant-1, model 1: serves {ARN.replace('/2', '/3')}, not {OLD}"),
    ],
)
def test_both_that_compete_have_to_serve(packages: tuple[str, ...], message: str) -> None:
    """Release and champion have to serve, each at a variant of its own."""
    with pytest.raises(StepError, match=message):
        check_served(SageMaker(*packages), "prod", PACKAGE, PACKAGE | {"ModelPackageArn": OLD})


def test_a_second_variant_is_wrong_where_nothing_competes() -> None:
    """A variant beside the release's is named with what it serves."""
    with pytest.raises(StepError, match=f"variant variant-0, model 0: serves {OLD}, not {ARN}"):
        check_served(SageMaker(OLD, ARN), "prod", PACKAGE)


@pytest.mark.parametrize(
    ("sagemaker", "message"),
    [
        (SageMaker(status="Failed"), "The endpoint prod is Failed, not InService: no ping"),
        (SageMaker(images=("xgboost:3.2-0",)), "variant variant-0: runs ['xgboost'], but"),
        (SageMaker(OLD), f"variant variant-0, model 0: serves {OLD}, not {ARN}"),
    ],
)
def test_other_than_released_is_named(sagemaker: SageMaker, message: str) -> None:
    """Each way to serve the wrong thing has its sentence."""
    with pytest.raises(StepError) as caught:
        check_served(sagemaker, "prod", PACKAGE)
    assert message in str(caught.value)


def test_what_serves_instead_is_told() -> None:
    """The message has the version behind each variant, and why SageMaker took the deployment back."""
    assert serving_lines(serving(SageMaker(OLD), "prod")) == [
        "prod is InService with c2:",
        f"- variant-0 serves version 1 ({OLD}) (model 0)",
        "SageMaker took its latest deployment back: no ping",
    ]


class Prod:
    """An endpoint that raises these errors one after the other, and then answers 'acc'."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)

    def invoke_endpoint(self, **_: Any) -> dict[str, Any]:
        if self.errors:
            raise self.errors.pop(0)
        return {"Body": Content(b"acc\n")}


SMOKE = (Smoke(request="low,low", answer="acc"), Smoke(request="low,high", answer="acc"))


@pytest.mark.parametrize("error", LINE, ids=lambda error: type(error).__name__)
def test_a_verification_survives_what_the_line_breaks(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """The smoke requests are asked again as the gate asks, and PROD is verified by its answers."""
    monkeypatch.setattr("ml_steps.endpoint.time", Clock())
    answers = check_answers(Asker(runtime=Prod(error, error), invocation=CSV), "prod", SMOKE)
    assert [answer["answer"] for answer in answers] == ["acc", "acc"]


@pytest.mark.parametrize("error", LINE, ids=lambda error: type(error).__name__)
def test_a_verification_without_an_answer_says_so(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends in plain words: which request, what happened, what to do; it does not call the model a wrong one."""
    monkeypatch.setattr("ml_steps.endpoint.time", Clock())
    asker = Asker(runtime=Prod(*[error] * 1_000), invocation=CSV)
    with pytest.raises(StepError, match=r"PROD's endpoint prod did not answer low,low: .*retry the action\.") as caught:
        check_answers(asker, "prod", SMOKE)
    assert "does not serve what the gate judged" not in str(caught.value)


def test_another_answer_is_not_what_was_judged() -> None:
    """The refusal has the request and both answers."""
    smoke = (Smoke(request="low,low", answer="good"),)
    with pytest.raises(StepError, match="PROD answers low,low with 'acc', but QA answered 'good'"):
        check_answers(Asker(runtime=Prod(), invocation=CSV), "prod", smoke)
