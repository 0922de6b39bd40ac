"""Finds the champion: the model package that PROD's endpoint serves, or why it cannot be asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from handover.gate_report import Champion
from handover.packages import APPROVED, version_of
from handover.serving import serving
from ml_steps.running import polls, say

MOVING = ("Creating", "Updating", "SystemUpdating", "RollingBack")
#: How long to wait for a running deployment: half of the gate's build time.
PATIENCE_SECONDS = 900


@dataclass(frozen=True, kw_only=True, slots=True)
class Gone:
    """A champion existed but cannot be asked: a person must decide, it is never a pass."""

    reason: str


def find(sagemaker: Any, cloudformation: Any, *, endpoint: str, stack: str, challenger: str) -> Champion | Gone | None:
    """Endpoint → configuration → model → package. None if PROD never existed: then this is a first release.

    stack: PROD's, which shows whether an endpoint existed; challenger: the package under test, whose group shows it.
    """
    described = _settled(sagemaker, endpoint)
    if described is None:
        return _never_was_or_gone(sagemaker, cloudformation, endpoint, stack, challenger)
    status = described["EndpointStatus"]
    if status != "InService":
        reason = described.get("FailureReason", "")
        return Gone(reason=f"PROD's endpoint {endpoint} is {status}, not InService{': ' if reason else ''}{reason}")
    found = serving(sagemaker, endpoint, described=described)
    variant = found.champion
    if variant.package_arn is None:
        return Gone(reason=f"PROD's endpoint {endpoint} serves the model {variant.model_name}, which is of no package")
    say(f"  the champion: {endpoint} → {found.config_name} → {variant.model_name} → {variant.package_arn}")
    return Champion(endpoint=found.address(variant), model_package_arn=variant.package_arn)


def _settled(sagemaker: Any, endpoint: str) -> Any:
    """The endpoint's description, once no deployment is running on it or the wait has timed out; None without one.

    An earlier release may still be shifting traffic in PROD: the champion is the model that serves after that.
    """
    for elapsed in polls():
        described = _or_none(lambda: sagemaker.describe_endpoint(EndpointName=endpoint))
        if described is None or described["EndpointStatus"] not in MOVING or elapsed >= PATIENCE_SECONDS:
            return described
        say(
            f"  PROD's endpoint {endpoint} is {described['EndpointStatus']}: waiting for its champion ({elapsed:.0f} s)"
        )
    return None


def _never_was_or_gone(sagemaker: Any, cloudformation: Any, endpoint: str, stack: str, challenger: str) -> Gone | None:
    found = _or_none(lambda: cloudformation.describe_stacks(StackName=stack))
    if found:
        status = found["Stacks"][0]["StackStatus"]
        return Gone(reason=f"there is no endpoint {endpoint}, although PROD's stack {stack} exists ({status})")
    approved = _approved_before(sagemaker, challenger)
    if approved:
        return Gone(reason=f"there is no endpoint {endpoint}, although {approved} was approved for it")
    say(f"  no champion: there is no endpoint {endpoint}, no stack {stack}, and no package was ever approved")
    return None


def _approved_before(sagemaker: Any, challenger: str) -> str | None:
    """The newest earlier package of the challenger's group that is Approved. Versions are numbered from 1 on."""
    group = challenger.rpartition("/")[0]
    for number in range(version_of(challenger) - 1, 0, -1):
        name = f"{group}/{number}"
        package = _or_none(lambda name=name: sagemaker.describe_model_package(ModelPackageName=name))
        if package and package["ModelApprovalStatus"] == APPROVED:
            return name
    return None


def _or_none(describe: Any) -> Any:
    """The description, or None if the resource does not exist: AWS says so only in the message."""
    try:
        return describe()
    except ClientError as error:
        said = str(error)
        if error.response["Error"]["Code"] == "ResourceNotFound" or "does not exist" in said or "ould not find" in said:
            return None
        raise
