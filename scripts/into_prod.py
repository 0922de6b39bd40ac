"""Puts a release into PROD, alone, by the same guarded update of its stack as a push; verifies it, and tells people."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Any

import boto3

from ml_init.step import S3Address, StepError
from ml_test.verify import check_answers, check_approved, check_served
from scripts import notification, stack_update
from scripts.registry import number_of
from stacks.specs import CHAMPION_PARAMETER, NO_CHAMPION, PACKAGE_PARAMETER

if TYPE_CHECKING:
    from scripts.prod import Prod
    from scripts.registry import Registry, Release


def changeable(prod: Prod) -> dict[str, Any]:
    """PROD's stack; raises SystemExit where it cannot be changed now, with what to do."""
    stack = prod.stack()
    if stack is None:
        raise SystemExit(f"There is no stack {prod.stack_name}: nothing was released to PROD yet. `make push` does.")
    stack_update.check_updatable(stack)
    endpoint = prod.endpoint()
    if endpoint is None or endpoint["EndpointStatus"] == "Failed":
        state = f"is Failed ({endpoint.get('FailureReason', 'no reason given')})" if endpoint else "is gone"
        raise SystemExit(
            f"The endpoint {prod.endpoint_name} {state}, though its stack {prod.stack_name} stands: no update can bring"
            f" it back. Delete the stack (aws cloudformation delete-stack --stack-name {prod.stack_name}) and push."
        )
    return stack


def put(release: Release, prod: Prod, registry: Registry, stack: dict[str, Any], what: str) -> int:
    """Update, verify, tell; what it is done for (``what``) stands in the messages. The exit code."""
    started = time.monotonic()
    changes = {PACKAGE_PARAMETER: release.arn}
    if any(each["ParameterKey"] == CHAMPION_PARAMETER for each in stack["Parameters"]):
        changes[CHAMPION_PARAMETER] = NO_CHAMPION
    outcome = stack_update.update(stack, changes, lambda line: print(line, flush=True))
    try:
        if not outcome.succeeded:
            raise StepError(f"The update ended as {outcome.status}: {outcome.reason or 'no reason was given'}")
        verify(prod.endpoint_name, release)
    except StepError as error:
        said = f"{what} (version {release.number}) failed: {error}\n{serving_line(prod, registry)}"
        print(said, file=sys.stderr)
        notification.publish(stack, f"{registry.group}: {what} failed", said)
        return 1
    said = (
        f"PROD serves version {release.number} (commit {release.commit[:10]}), verified."
        f" {what}: {time.monotonic() - started:.1f} s in all, {outcome.seconds:.1f} s of them the stack's update."
    )
    print(said)
    notification.publish(stack, f"{registry.group}: PROD serves version {release.number} ({what})", said)
    return 0


def verify(endpoint: str, release: Release) -> None:
    """As the pipeline verifies a release; raises StepError where PROD is not what that release's gate has seen."""
    check_served(boto3.client("sagemaker"), endpoint, release.package)
    s3, address = boto3.client("s3"), S3Address.parse(release.report)
    try:
        gate = json.loads(s3.get_object(Bucket=address.bucket, Key=address.key)["Body"].read())
    except s3.exceptions.NoSuchKey as error:
        raise StepError(
            f"{address} is gone: nobody can say whether PROD answers as version {release.number} did."
        ) from error
    check_approved(release.package, gate["verdict"])
    check_answers(boto3.client("sagemaker-runtime"), endpoint, gate["smoke"])


def serving_line(prod: Prod, registry: Registry) -> str:
    """Which version PROD serves now, whatever was tried."""
    served = ", ".join(
        f"version {number_of(one.package_arn)}" if one.package_arn else f"an unknown model as {one.variant}"
        for one in prod.serves(registry)
    )
    return f"PROD serves {served or 'nothing: its endpoint is gone'}."
