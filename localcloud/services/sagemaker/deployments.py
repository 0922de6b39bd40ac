"""The work behind an endpoint's states: starts fleets, shifts traffic, and ends fleets that are no longer needed."""

from __future__ import annotations

import json
import logging
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from localcloud.platform.errors import AwsError, EngineError
from localcloud.services.sagemaker import endpoint_restart
from localcloud.services.sagemaker.deployment_progress import DeploymentProgress, described_variant
from localcloud.services.sagemaker.instances import drain
from localcloud.services.sagemaker.routing import ServedEndpoint
from localcloud.services.sagemaker.tags import forget_tags

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from localcloud.platform.cloud import Cloud
    from localcloud.platform.store import Document
    from localcloud.services.sagemaker.fleet import Fleet
    from localcloud.services.sagemaker.shift import Shift

#: How often the alarms are checked during a bake.
_ALARM_CHECK_SECONDS = 0.1
_HEALTH_CHECK_SECONDS = 1.0

log = logging.getLogger("localcloud.sagemaker.deployments")


class _RollBackError(Exception):
    """The new fleet must not take over; the traffic goes back."""


class Deployments:
    """Changes endpoints, each change on a thread of its own. Endpoints that take requests are in ``served``."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._table = cloud.store.table("sagemaker.endpoints")
        self._served: dict[str, ServedEndpoint] = {}
        self._starting: dict[str, Fleet] = {}
        self._coming_back: set[str] = set()
        self._down = threading.Event()

    def start(self) -> None:
        """Restarts, rolls back or finishes what an earlier run left."""
        for name, document in self._table.items():
            left = endpoint_restart.left(document)
            if left is not None:
                self._take_up(name, document, left)
        threading.Thread(target=self._heal_regularly, daemon=True, name="endpoint-health").start()

    def served(self, name: str) -> ServedEndpoint | None:
        return self._served.get(name)

    def concurrent(self) -> Iterator[tuple[str, str, float]]:
        """Endpoint, variant and requests under way on each of its instances, for those that have any."""
        for served in list(self._served.values()):
            for fleet in served.fleets():
                for variant in fleet.variants:
                    under_way = sum(instance.in_flight for instance in variant.instances.all())
                    if under_way:
                        yield served.name, variant.name, under_way / max(1, variant.instances.taking_requests())

    def coming_back(self, name: str) -> bool:
        """Whether the endpoint served before the restart of the local cloud, and will soon serve again."""
        return name in self._coming_back

    def create(self, name: str, fleet: Fleet) -> None:
        self._starting[name] = fleet
        self._run(name, lambda: self._create(name, fleet))

    def update(self, name: str, fleet: Fleet, shift: Shift) -> None:
        self._starting[name] = fleet
        self._run(name, lambda: self._update(name, fleet, shift))

    def scale(self, name: str, wanted: dict[str, dict[str, Any]]) -> None:
        self._run(name, lambda: self._scale(name, wanted))

    def delete(self, name: str) -> None:
        self._run(name, lambda: self._delete(name))

    def stop(self) -> None:
        """Ends every fleet."""
        self._down.set()
        fleets = [*self._starting.values(), *(fleet for served in self._served.values() for fleet in served.fleets())]
        for fleet in fleets:
            fleet.cancel()
        threads = [threading.Thread(target=fleet.stop) for fleet in fleets]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(4)

    def _take_up(self, name: str, document: Document, left: endpoint_restart.Left) -> None:
        if left.delete:
            self._delete(name)
            return
        self._set(name, EndpointStatus=left.status)
        try:
            fleet = endpoint_restart.fleet_of(self._cloud, document)
        except AwsError as error:
            self._fail(name, _reason(error))
            return
        self._starting[name] = fleet
        if not left.create:
            self._coming_back.add(name)
        self._run(name, lambda: self._create(name, fleet, failure=left.failure_reason))

    def _heal_regularly(self) -> None:
        while not self._down.wait(_HEALTH_CHECK_SECONDS):
            for served in list(self._served.values()):
                for fleet in served.fleets():
                    try:
                        fleet.heal()
                    except (EngineError, AwsError, ClientError, BotoCoreError) as error:
                        log.warning("endpoint %s: %s", served.name, error)

    def _run(self, name: str, work: Callable[[], None]) -> None:
        threading.Thread(target=work, daemon=True, name=f"endpoint-{name}").start()

    def _create(self, name: str, fleet: Fleet, failure: str | None = None) -> None:
        """``failure``: why an endpoint that is restarted did not get its update."""
        try:
            fleet.start()
        except Exception as error:  # noqa: BLE001  (any error becomes the endpoint's failure reason)
            self._fail(name, _reason(error))
        else:
            self._serve(name, fleet, failure)
        finally:
            self._starting.pop(name, None)
            self._coming_back.discard(name)

    def _serve(self, name: str, fleet: Fleet, failure: str | None) -> None:
        document = self._table.get(name)
        if document is None or document["EndpointStatus"] == "Deleting":
            fleet.stop()
            return
        self._served[name] = ServedEndpoint(name=name, shares=((fleet, 1.0),))
        self._in_service(name, fleet, failure=failure)

    def _update(self, name: str, fleet: Fleet, shift: Shift) -> None:
        served = self._served[name]
        previous = served.fleets()[0]
        progress = DeploymentProgress(fleet, lambda **changes: self._set(name, **changes))
        try:
            progress.creating()
            begun = time.monotonic()
            fleet.start()
            if time.monotonic() - begun > shift.start_seconds:
                raise _RollBackError("The deployment exceeded MaximumExecutionTimeoutInSeconds.")
            self._shift(served, previous, fleet, shift, progress)
        except Exception as error:  # noqa: BLE001  (any error sends the traffic back)
            self._set(name, EndpointStatus="RollingBack")
            served.share((previous, 1.0))
            self._end(fleet)
            self._in_service(name, previous, failure=_reason(error))
            return
        finally:
            self._starting.pop(name, None)
        self._end(previous)
        self._in_service(name, fleet)

    def _shift(
        self, served: ServedEndpoint, previous: Fleet, fleet: Fleet, shift: Shift, progress: DeploymentProgress
    ) -> None:
        """Raises _RollBackError if an alarm goes off before the last bake has ended."""
        since = datetime.now(UTC)
        for step in shift.steps:
            rest = 1.0 - step.share
            progress.activating(step.share)
            served.share((fleet, step.share), *([(previous, rest)] if rest > 0 else []))
            if step.bake_seconds:
                progress.baking(step.share, step.bake_seconds)
            deadline = time.monotonic() + step.bake_seconds / self._cloud.settings.time_scale
            while True:
                self._check_alarms(shift.alarms, since)
                left = deadline - time.monotonic()
                if left <= 0:
                    break
                if self._down.wait(min(left, _ALARM_CHECK_SECONDS)):
                    raise _RollBackError("The local cloud went down.")

    def _check_alarms(self, names: tuple[str, ...], since: datetime) -> None:
        """Raises _RollBackError if an alarm is in ALARM, or has been since the deployment began."""
        if not names:
            return
        cloudwatch = self._cloud.clients.administrator("cloudwatch")
        found = cloudwatch.describe_alarms(AlarmNames=list(names))
        alarms = {alarm["AlarmName"]: alarm for alarm in found["MetricAlarms"]}
        missing = [name for name in names if name not in alarms]
        if missing:
            raise _RollBackError(
                f"Alarms of the auto rollback configuration do not exist, so nothing guards: {', '.join(missing)}."
            )
        ringing = [name for name in names if _has_rung(cloudwatch, alarms[name], since)]
        if ringing:
            raise _RollBackError(
                f"One or more configured alarms in the auto rollback configuration are in ALARM: {', '.join(ringing)}."
            )

    def _scale(self, name: str, wanted: dict[str, dict[str, Any]]) -> None:
        fleet = self._served[name].fleets()[0]
        failure = None
        for variant in fleet.variants:
            change = wanted.get(variant.name, {})
            before = variant.desired_instances
            try:
                fleet.scale(variant, change.get("DesiredInstanceCount", before))
                variant.weight = change.get("DesiredWeight", variant.weight)
            except (EngineError, AwsError, ClientError, BotoCoreError) as error:
                failure = _reason(error)
                fleet.scale(variant, before)
        self._in_service(name, fleet, failure=failure)

    def _delete(self, name: str) -> None:
        starting = self._starting.get(name)
        if starting is not None:
            starting.stop()
        served = self._served.pop(name, None)
        for fleet in served.fleets() if served else ():
            self._end(fleet)
        forget_tags(self._cloud, self._cloud.arn("sagemaker", f"endpoint/{name}"))
        self._table.delete(name)

    def _end(self, fleet: Fleet) -> None:
        """Ends a fleet that gets no new requests, after it has answered the present ones."""
        drain(fleet.in_flight, self._down)
        fleet.stop()

    def _in_service(self, name: str, fleet: Fleet, failure: str | None = None) -> None:
        changes: Document = {
            "EndpointStatus": "InService",
            "EndpointConfigName": fleet.config["EndpointConfigName"],
            "ProductionVariants": [described_variant(variant) for variant in fleet.variants],
            "_config": fleet.config,
        }
        self._set(name, **changes, **({"FailureReason": failure} if failure else {}))

    def _fail(self, name: str, reason: str) -> None:
        document = self._table.get(name)
        if document is not None and document["EndpointStatus"] != "Deleting":
            self._set(name, EndpointStatus="Failed", FailureReason=reason)

    def _set(self, name: str, **changes: Any) -> None:
        def change(document: Document) -> None:
            document.update(changes, LastModifiedTime=datetime.now(UTC))
            if document["EndpointStatus"] == "InService":
                document.pop("PendingDeploymentSummary", None)
                document.pop(endpoint_restart.SCALING, None)

        try:
            self._table.update(name, change)
        except KeyError:
            log.info("endpoint %s was deleted meanwhile", name)


def _has_rung(cloudwatch: Any, alarm: dict[str, Any], since: datetime) -> bool:
    """Whether the alarm is in ALARM, or was between two looks at it: a busy machine looks late."""
    if alarm["StateValue"] == "ALARM":
        return True
    if alarm.get("StateTransitionedTimestamp", since) <= since:
        return False
    history = cloudwatch.describe_alarm_history(
        AlarmName=alarm["AlarmName"], HistoryItemType="StateUpdate", StartDate=since
    )
    states = [json.loads(item["HistoryData"])["newState"]["stateValue"] for item in history["AlarmHistoryItems"]]
    return "ALARM" in states


def _reason(error: Exception) -> str:
    """Cuts a failure reason to AWS's limit of 1,024 characters."""
    if isinstance(error, (EngineError, AwsError, _RollBackError)):
        return str(error)[:1024]
    log.error("a deployment failed", exc_info=error)
    return f"{type(error).__name__}: {error}"[:1024]
