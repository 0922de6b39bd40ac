"""Who the champion is, with clients that answer what the services would."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from ml_test import champion
from ml_test.champion import Champion, Gone, find

GROUP = "arn:aws:sagemaker:us-east-1:123456789012:model-package/car"


def refused(message: str, code: str = "ValidationException") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "Describe")


class Aws:
    """SageMaker and CloudFormation of a PROD in any state."""

    def __init__(
        self,
        *,
        status: str | None = "InService",
        stack: str | None = None,
        packages: dict[str, str] | None = None,
        containers: list[dict[str, str]] | None = None,
        alone: bool = True,
    ) -> None:
        self.alone = alone
        self.status, self.stack, self.packages = status, stack, packages or {}
        self.containers = [{"ModelPackageName": f"{GROUP}/1"}] if containers is None else containers

    def describe_endpoint(self, **_: Any) -> dict[str, Any]:
        if self.status is None:
            raise refused('Could not find endpoint "arn:aws:sagemaker:us-east-1:123456789012:endpoint/prod".')
        return {"EndpointStatus": self.status, "EndpointConfigName": "c", "FailureReason": "no ping"}

    def describe_endpoint_config(self, **_: Any) -> dict[str, Any]:
        return {
            "ProductionVariants": [
                {"VariantName": "Challenger", "ModelName": "rare", "InitialVariantWeight": 1.0},
                {"VariantName": "AllTraffic", "ModelName": "often", "InitialVariantWeight": 9.0},
            ][self.alone :]
        }

    def describe_model(self, *, ModelName: str) -> dict[str, Any]:
        if ModelName == "rare":
            return {"PrimaryContainer": {"ModelPackageName": f"{GROUP}/2"}}
        assert ModelName == "often"
        return (
            {"PrimaryContainer": self.containers[0]} if len(self.containers) == 1 else {"Containers": self.containers}
        )

    def describe_stacks(self, **_: Any) -> dict[str, Any]:
        if self.stack is None:
            raise refused("Stack with id CarEvaluationProd does not exist", "ValidationError")
        return {"Stacks": [{"StackStatus": self.stack}]}

    def describe_model_package(self, *, ModelPackageName: str) -> dict[str, Any]:
        if ModelPackageName not in self.packages:
            raise refused(f"ModelPackage {ModelPackageName} does not exist.")
        return {"ModelApprovalStatus": self.packages[ModelPackageName]}


def found(aws: Aws) -> Champion | Gone | None:
    return find(aws, aws, endpoint="prod", stack="CarEvaluationProd", challenger=f"{GROUP}/4")


def test_the_champion_is_what_prod_serves() -> None:
    """The champion is found by PROD's endpoint, its configuration, its model and that model's package."""
    assert found(Aws()) == Champion(endpoint="prod", model_package_arn=f"{GROUP}/1")


def test_where_releases_compete_the_champion_is_what_most_callers_meet() -> None:
    """The champion is asked by its variant's name, for by weight some requests would go to its challenger."""
    assert found(Aws(alone=False)) == Champion(endpoint="prod/AllTraffic", model_package_arn=f"{GROUP}/1")


def test_prod_that_never_was_is_a_first_release() -> None:
    """Without endpoint, stack and approved package there is no champion; deleted and rejected ones do not count."""
    assert found(Aws(status=None, packages={f"{GROUP}/3": "Rejected", f"{GROUP}/1": "PendingManualApproval"})) is None


@pytest.mark.parametrize(
    ("aws", "reason"),
    [
        (Aws(status="Failed"), "PROD's endpoint prod is Failed, not InService: no ping"),
        (Aws(status=None, stack="UPDATE_COMPLETE"), "PROD's stack CarEvaluationProd exists (UPDATE_COMPLETE)"),
        (Aws(status=None, packages={f"{GROUP}/2": "Approved"}), f"although {GROUP}/2 was approved for it"),
        (Aws(containers=[{"Image": "x"}]), "serves the model often, which is of no package"),
    ],
)
def test_prod_that_was_and_cannot_be_asked_is_no_silent_pass(aws: Aws, reason: str) -> None:
    """A champion that should be there and is not is reported as gone, with the reason."""
    gone = found(aws)
    assert isinstance(gone, Gone)
    assert reason in gone.reason


def test_a_release_under_way_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The champion is who serves after a canary; a canary that does not settle is a matter for a person."""
    aws = Aws()
    seen = iter(["Updating", "RollingBack", "InService"])
    monkeypatch.setattr(champion, "polls", lambda: iter([0.0, 1.0, 2.0]))
    settled = aws.describe_endpoint
    aws.describe_endpoint = lambda **call: settled(**call) | {"EndpointStatus": next(seen)}
    assert isinstance(found(aws), Champion)

    monkeypatch.setattr(champion, "polls", lambda: iter([0.0, 900.0]))
    assert found(Aws(status="Updating")) == Gone(reason="PROD's endpoint prod is Updating, not InService: no ping")


def test_other_errors_are_raised() -> None:
    """A missing permission is an error, and not a missing champion."""
    aws = Aws()

    def denied(**_: Any) -> None:
        raise refused("not authorized", "AccessDeniedException")

    aws.describe_endpoint = denied
    with pytest.raises(ClientError, match="not authorized"):
        found(aws)
