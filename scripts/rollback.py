"""Puts an earlier approved release back into PROD: the same stack, template and guards as a push, another package."""

from __future__ import annotations

import argparse
import json
import sys
import time
from typing import TYPE_CHECKING, Any

import boto3

from ml_init.step import StepError
from ml_test.verify import check_answers, check_served
from scripts import notification, stack_update
from scripts.pipeline import Pipeline
from scripts.prod import Prod, before
from scripts.registry import Registry, Release, number_of
from stacks.workloads import WORKLOADS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scripts.prod import Tenure

PACKAGE = "ModelPackageArn"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workload", choices=sorted(WORKLOADS))
    parser.add_argument("--to", type=int, help="the version; what served before the present one where none is given")
    options = parser.parse_args()
    started = time.monotonic()
    registry, prod = Registry(options.workload), Prod(options.workload)
    stack = changeable(prod)
    target = plan(registry, prod, parameters(stack)[PACKAGE], options.to)
    print(f"Putting back version {target.number} (commit {target.commit[:10]}) into {prod.endpoint_name}.", flush=True)
    _warn_of_a_push_under_way(options.workload)
    outcome = stack_update.update(stack, {PACKAGE: target.arn}, lambda line: print(line, flush=True))
    try:
        if not outcome.succeeded:
            raise StepError(f"The update ended as {outcome.status}: {outcome.reason or 'no reason was given'}")
        verify(prod.endpoint_name, target)
    except StepError as error:
        said = f"The rollback to version {target.number} failed: {error}\n{serving_line(prod, registry)}"
        print(said, file=sys.stderr)
        notification.publish(stack, f"{options.workload}: rollback of PROD failed", said)
        return 1
    seconds = time.monotonic() - started
    said = (
        f"PROD serves version {target.number} again (commit {target.commit[:10]}), verified."
        f" {seconds:.1f} s in all: {outcome.seconds:.1f} s the stack's update, the rest looking and verifying."
    )
    print(said)
    notification.publish(stack, f"{options.workload}: PROD rolled back to version {target.number}", said)
    return 0


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


def plan(registry: Registry, prod: Prod, present_arn: str, version: int | None) -> Release:
    """The release to put back; raises SystemExit that says why it cannot be."""
    known = list(registry.versions())
    if version is None:
        statuses = {one.arn: one.status for one in known}
        return registry.release(previous(prod.history(), present_arn, statuses))
    wanted = next((one for one in known if one.number == version), None)
    if wanted is None:
        numbers = ", ".join(str(one.number) for one in known) or "none"
        raise SystemExit(f"Version {version} is not in the registry {registry.group}; it has {numbers}.")
    if wanted.arn == present_arn:
        raise SystemExit(f"Version {version} is what {prod.stack_name} has deployed already; nothing was changed.")
    release = registry.release(wanted.arn)
    if release.status != "Approved":
        approved = ", ".join(str(one.number) for one in known if one.status == "Approved") or "none"
        raise SystemExit(
            f"Version {version} is {release.status}, and PROD takes approved releases only (approved: {approved})."
            f" {release.verdict} {release.reason}".rstrip()
        )
    return release


def previous(history: Sequence[Tenure], present_arn: str, statuses: Mapping[str, str]) -> str:
    """What served before the present package and is still approved; raises SystemExit where nothing is."""
    earlier = before(history, present_arn)
    found = next((arn for arn in earlier if statuses.get(arn) == "Approved"), None)
    if found is None:
        seen = ", ".join(f"{number_of(arn)} ({statuses.get(arn, 'deleted')})" for arn in earlier)
        raise SystemExit(
            f"Nothing approved is known to have served before version {number_of(present_arn)}"
            f"{f': before it served {seen}' if seen else ''}. Name a version: make rollback TO=… (make releases)."
        )
    return found


def parameters(stack: Mapping[str, Any]) -> dict[str, str]:
    return {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}


def verify(endpoint: str, release: Release) -> None:
    """As the pipeline verifies a release; raises StepError where PROD is not what that release's gate has seen."""
    check_served(boto3.client("sagemaker"), endpoint, release.package)
    s3, key = boto3.client("s3"), f"gate/{release.execution}/gate.json"
    try:
        gate = json.loads(s3.get_object(Bucket=release.bucket, Key=key)["Body"].read())
    except s3.exceptions.NoSuchKey as error:
        raise StepError(
            f"s3://{release.bucket}/{key} is gone: nobody can say whether PROD answers as version {release.number} did."
        ) from error
    check_answers(boto3.client("sagemaker-runtime"), endpoint, gate["smoke"])


def serving_line(prod: Prod, registry: Registry) -> str:
    """Which version PROD serves now, whatever was tried."""
    served = ", ".join(
        f"version {number_of(one.package_arn)}" if one.package_arn else f"an unknown model as {one.variant}"
        for one in prod.serves(registry)
    )
    return f"PROD serves {served or 'nothing: its endpoint is gone'}."


def _warn_of_a_push_under_way(workload: str) -> None:
    """A push that is on its way will be released after this, if its gate lets it through."""
    pipeline = Pipeline(WORKLOADS[workload].stack_name("Pipeline"))
    for summary in pipeline.summaries():
        if summary["status"] == "InProgress":
            print(
                f"note: execution {summary['pipelineExecutionId']} of {pipeline.name} is under way and will be released"
                " after this rollback if its gate lets it through."
            )


if __name__ == "__main__":
    sys.exit(main())
