"""Puts a release into PROD, alone, with the same stack update as a push; verifies it and notifies people."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

from handover.addresses import S3Address
from handover.gate_report import GateReport
from handover.names import AT_ONCE, GUARDED, NO_CHAMPION, Parameter
from handover.notifications import report_lines
from handover.packages import version_of
from ml_release.verify import check_answers, check_approved, check_objects, check_served
from ml_steps.endpoint import CLIENT_CONFIG, Asker
from ml_steps.running import StepError
from scripts import cloud
from scripts.changes import notification, stack_update
from scripts.reads import guards
from scripts.reads.door import stack_of_api
from scripts.reads.prod import Deployed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scripts.reads.prod import Prod
    from scripts.reads.registry import Registry, Release


def changeable(prod: Prod) -> dict[str, Any]:
    """PROD's stack; raises SystemExit that says what to do if it cannot be changed now."""
    stack = prod.stack()
    if stack is None:
        raise SystemExit(
            f"There is no stack {prod.stack_name}: nothing was released to PROD yet. "
            f"`make push WORKLOAD={prod.workload.name}` does."
        )
    stack_update.check_updatable(stack)
    endpoint = prod.endpoint()
    if endpoint is None or endpoint["EndpointStatus"] == "Failed":
        state = f"is Failed ({endpoint.get('FailureReason', 'no reason given')})" if endpoint else "is gone"
        raise SystemExit(
            f"The endpoint {prod.endpoint_name} {state}, though its stack {prod.stack_name} stands: no update can bring"
            f" it back. Delete the stack (aws cloudformation delete-stack --stack-name {prod.stack_name}) and push."
        )
    return stack


def put(
    release: Release, prod: Prod, registry: Registry, stack: Mapping[str, Any], what: str, *, now: bool = False
) -> int:
    """Updates, verifies and notifies; the messages contain ``what`` it is done for. Returns the exit code.

    now: all the traffic at once and unguarded, whether or not an alarm rings.
    """
    started = time.monotonic()
    wanted: dict[str, str] = {
        Parameter.PACKAGE: release.arn,
        Parameter.CHAMPION: NO_CHAMPION,
        Parameter.SHIFT: AT_ONCE if now else shift(guards.ringing(prod.stack_name), release, prod, registry),
    }
    # A template without competing models, or without guards, does not have them all.
    known = {each["ParameterKey"] for each in stack["Parameters"]}
    changes = {name: value for name, value in wanted.items() if name in known}
    outcome = stack_update.update(stack, changes, lambda line: print(line, flush=True))
    gate = report_of(release)
    try:
        if not outcome.succeeded:
            raise StepError(f"The update ended as {outcome.status}: {outcome.reason or 'no reason was given'}")
        verify(prod, release, gate)
    except StepError as error:
        said = f"{what} (version {release.number}) failed: {error}\n{serving_line(prod, registry)}"
        if changes.get(Parameter.SHIFT) == GUARDED:
            at_once = f"make rollback WORKLOAD={prod.workload.name} TO={release.number} NOW=1"
            said += f"\nTo move all the traffic at once, watched by no alarm: {at_once}"
        print(said, file=sys.stderr)
        _tell(stack, f"{registry.group}: {what} failed", said, release, gate)
        return 1
    said = (
        f"PROD serves version {release.number} (commit {release.commit[:10]}) instead of version"
        f" {_before(stack, release)}, verified."
        f" {what}: {time.monotonic() - started:.1f} s in all, {outcome.seconds:.1f} s of them the stack's update."
    )
    print(said)
    _tell(stack, f"{registry.group}: PROD serves version {release.number} ({what})", said, release, gate)
    follow_door(release, prod.workload.name)
    return 0


def follow_door(release: Release, workload: str) -> None:
    """The API says which release answers: its stack gets the same package, which competes with none, if there is one.

    What PROD serves does not depend on it. So a failure is told, and does not undo anything.
    """
    stack = stack_of_api(workload)
    if stack is None:
        return
    deployed = Deployed.of(stack)
    if deployed == Deployed(package_arn=release.arn, champion_arn=None):
        # CloudFormation refuses an update that changes nothing.
        return
    changes: dict[str, str] = {Parameter.PACKAGE: release.arn}
    if deployed.champion_arn:
        changes[Parameter.CHAMPION] = NO_CHAMPION
    outcome = stack_update.update(stack, changes, lambda line: print(line, flush=True))
    if not outcome.succeeded:
        print(
            f"The stack {stack['StackName']} ended as {outcome.status} ({outcome.reason or 'no reason given'}): the"
            f" API asks version {release.number}, but calls it by the number of before, until the next push.",
            file=sys.stderr,
        )


def _before(stack: Mapping[str, Any], release: Release) -> str:
    """What has served until now: one version, or of two the one to be replaced."""
    present = Deployed.of(stack)
    arns = [arn for arn in (present.package_arn, present.champion_arn) if arn and arn != release.arn]
    return " and ".join(str(version_of(arn)) for arn in arns)


def shift(ringing: list[guards.Ringing], release: Release, prod: Prod, registry: Registry) -> str:
    """Guarded; at once if an alarm is already in ALARM and would send the traffic back to the release to blame."""
    if not ringing:
        return GUARDED
    for alarm in ringing:
        print(f"The alarm {alarm.name} rings: {alarm.says}")
    own = {one.variant for one in prod.serves(registry) if one.package_arn == release.arn}
    if any(alarm.variant in own for alarm in ringing):
        print(f"It rings for version {release.number} itself. The update is guarded, and goes back while it rings.")
        return GUARDED
    print(
        "A guarded update would be sent back to what makes it ring. So all the traffic moves at once, and no alarm"
        f" watches; version {release.number} is verified after that.",
        flush=True,
    )
    return AT_ONCE


def report_of(release: Release) -> GateReport | None:
    """What the gate said about it; None if that is gone."""
    s3, address = cloud.client("s3"), S3Address.parse(release.report)
    try:
        body = s3.get_object(**address.arguments)["Body"].read()
    except s3.exceptions.NoSuchKey:
        return None
    return GateReport.parse(body.decode())


def verify(prod: Prod, release: Release, gate: GateReport | None) -> None:
    """As the pipeline verifies a release; raises StepError if PROD is not what that release's gate has seen."""
    images = gate.origin.images if gate else ()
    check_served(cloud.client("sagemaker"), prod.endpoint_name, release.package, images=images)
    if gate is None:
        raise StepError(
            f"{release.report} is gone: nobody can say whether PROD answers as version {release.number} did."
        )
    check_approved(release.package, gate.verdict)
    check_objects(cloud.client("s3"), gate)
    runtime = cloud.client("sagemaker-runtime", config=CLIENT_CONFIG)
    asker = Asker(runtime=runtime, invocation=prod.workload.invocation)
    check_answers(asker, prod.endpoint_name, gate.origin.smoke)


def _tell(stack: Mapping[str, Any], subject: str, said: str, release: Release, gate: GateReport | None) -> None:
    """With who did it, the figures of the release that serves now, and its report's address."""
    by = cloud.client("sts").get_caller_identity()["Arn"]
    figures = report_lines(gate, S3Address.parse(release.report).bucket) if gate else [f"{release.report} is gone."]
    notification.publish(stack, subject, [said, f"By {by}.", "", *figures])


def serving_line(prod: Prod, registry: Registry) -> str:
    """The version that PROD serves now, whatever was tried."""
    served = ", ".join(
        f"version {version_of(one.package_arn)}" if one.package_arn else f"an unknown model as {one.variant}"
        for one in prod.serves(registry)
    )
    return f"PROD serves {served or 'nothing: its endpoint is gone'}."
