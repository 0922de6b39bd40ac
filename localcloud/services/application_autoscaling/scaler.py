"""Acts on alarms and on new bounds: decides by what is measured and what runs, changes one capacity at a time, follows.

An alarm of a scaling policy is heard once a minute for as long as it is in its state, so what cannot be done now (the
resource changes, a cooldown holds) is decided again then. An activity and new bounds wait in the agenda, on disk.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from localcloud.platform.agenda import Again, Agenda
from localcloud.platform.errors import AwsError
from localcloud.services.application_autoscaling.decisions import Bounds, Breach, Change, Direction
from localcloud.services.application_autoscaling.dimensions import dimension_of
from localcloud.services.application_autoscaling.linked_roles import reason_of
from localcloud.services.application_autoscaling.policy_kinds import kind_of
from localcloud.services.application_autoscaling.records import key_of

if TYPE_CHECKING:
    from localcloud.platform.alarm_actions import AlarmAction
    from localcloud.platform.cloud import Cloud
    from localcloud.platform.store import Document
    from localcloud.services.application_autoscaling.dimensions import Capacity, Dimension
    from localcloud.services.application_autoscaling.linked_roles import LinkedRoles
    from localcloud.services.application_autoscaling.records import Records

#: How long what a policy asked for counts beside what another asks: two of an alarm's minutes, and its lateness here.
_FRESH_SECONDS, _LATE_HERE_SECONDS = 120.0, 2.0
_LOOK_SECONDS = 0.2
#: How often new bounds are tried again if the resource's service refuses the change.
_TRIES = 3
_REFUSALS = (ClientError, BotoCoreError, AwsError)

log = logging.getLogger("localcloud.application_autoscaling")


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """One change of a capacity."""

    before: int
    after: int
    cause: str
    cooldown_seconds: float = 0.0
    """AWS's seconds."""


class Scaler:
    def __init__(self, cloud: Cloud, records: Records, roles: LinkedRoles) -> None:
        self._cloud = cloud
        self._records = records
        self._roles = roles
        self._heard: queue.SimpleQueue[AlarmAction | None] = queue.SimpleQueue()
        #: Policy → what its alarm said last, and when.
        self._latest: dict[str, tuple[AlarmAction, float]] = {}
        self._agenda = Agenda(cloud.store.table("application_autoscaling.agenda"), self._carry_out)
        self._deciding = threading.Lock()

    def start(self) -> None:
        self._cloud.alarm_actions.deliver_to("autoscaling", self._heard.put)
        self._agenda.start()
        threading.Thread(target=self._listen, daemon=True, name="scaling").start()

    def stop(self) -> None:
        self._heard.put(None)
        self._agenda.stop()

    def hold_bounds(self, target_key: str) -> None:
        """Moves the capacity into the bounds, as soon as nothing else changes the resource."""
        self._agenda.put({"target": target_key, "tries": _TRIES}, key=f"{target_key}/bounds")

    def forget(self, target_key: str) -> None:
        for what in ("bounds", "activity"):
            self._agenda.remove(f"{target_key}/{what}")

    def _listen(self) -> None:
        while (action := self._heard.get()) is not None:
            try:
                with self._deciding:
                    self._decide(action)
            except _REFUSALS as error:
                log.warning("alarm %s: nothing is scaled: %s", action.alarm, error)
            except Exception:
                log.exception("alarm %s: nothing is scaled", action.alarm)

    def _decide(self, action: AlarmAction) -> None:
        arn = action.action.partition(":createdBy/")[0]
        policies = [(key, each) for key, each in self._records.policies.items() if each["PolicyARN"] == arn]
        target = self._records.targets.get(key_of(policies[0][1])) if policies else None
        if target is None:
            return
        policy_key, policy = policies[0]
        self._latest[policy_key] = (action, time.time())
        if f"{key_of(target)}/activity" in self._agenda:
            return
        kind = dimension_of(target)
        capacity = self._capacity(kind, target)
        if capacity.settled:
            plan = self._plan(policy_key, policy, target, kind, capacity.desired, action)
            if plan is not None:
                self._change(target, kind, plan)

    def _plan(
        self, policy_key: str, policy: Document, target: Document, kind: Dimension, current: int, action: AlarmAction
    ) -> Plan | None:
        wanted = self._wanted(policy, breach_of(target, action, current))
        if wanted is None:
            return None
        out = wanted > current or (wanted == current and action.comparison.startswith("Greater"))
        direction = Direction.OUT if out else Direction.IN
        suspended = f"DynamicScaling{'Out' if direction is Direction.OUT else 'In'}Suspended"
        others = [each for key, each in self._records.policies_of(key_of(target)).items() if key != policy_key]
        agreed = self._agreed(wanted, direction, others, target, current)
        if agreed is None or target["SuspendedState"][suspended]:
            return None
        cause = f"monitor alarm {action.alarm} in state {action.state} triggered policy {policy['PolicyName']}"
        bounds = Bounds(least=target["MinCapacity"], most=target["MaxCapacity"])
        after = bounds.hold(agreed)
        if after == current:
            self._not_scaled(target, cause, bounds.reason(direction, current))
            return None
        cooldown = kind_of(policy).cooldown_seconds(policy[kind_of(policy).member], direction, kind)
        return Plan(before=current, after=after, cause=cause, cooldown_seconds=cooldown)

    def _wanted(self, policy: Document, breach: Breach) -> int | None:
        return kind_of(policy).wanted(policy[kind_of(policy).member], breach)

    def _agreed(
        self, wanted: int, direction: Direction, others: list[Document], target: Document, current: int
    ) -> int | None:
        """The largest capacity that a policy asks for; a scale-in only where every policy that can agrees to it."""
        for other in others:
            demand = self._latest_demand(other, target, current)
            if direction is Direction.OUT:
                wanted = max(wanted, demand or 0)
            elif demand is not None and demand > current:
                return None
            elif kind_of(other).agrees_to_scale_in(other[kind_of(other).member]):
                if demand is None:
                    return None
                wanted = max(wanted, demand)
        return wanted

    def _latest_demand(self, policy: Document, target: Document, current: int) -> int | None:
        action, at = self._latest.get(f"{key_of(policy)}|{policy['PolicyName']}", (None, 0.0))
        fresh = _FRESH_SECONDS / self._cloud.settings.time_scale + _LATE_HERE_SECONDS
        if action is None or time.time() - at > fresh:
            return None
        return self._wanted(policy, breach_of(target, action, current))

    def _not_scaled(self, target: Document, cause: str, reason: dict[str, Any]) -> None:
        """Writes it down once, until something else happens to the target."""
        latest = next(self._records.activities_of(key_of(target)), None)
        if latest is None or [each["Code"] for each in latest.get("NotScaledReasons", [])] != [reason["Code"]]:
            self._records.add_activity(
                target,
                Description="Attempting to scale due to alarm triggered",
                Cause=cause,
                StatusCode="Failed",
                NotScaledReasons=[reason],
            )

    def _capacity(self, kind: Dimension, target: Document) -> Capacity:
        return kind.capacity(self._roles.client_of(kind), target["ResourceId"])

    def _change(self, target: Document, kind: Dimension, plan: Plan) -> bool:
        """Begins the change, and follows it; False where the resource's service refuses it."""
        waiting = (
            f"Successfully set {kind.noun} to {plan.after}. Waiting for change to be fulfilled by {kind.namespace}."
        )
        activity = self._records.add_activity(
            target,
            Description=f"Setting {kind.noun} to {plan.after}.",
            Cause=plan.cause,
            StatusCode="InProgress",
            StatusMessage=waiting,
        )
        document = {
            "target": key_of(target),
            "activity": activity,
            "before": plan.before,
            "after": plan.after,
            "cooldown_seconds": plan.cooldown_seconds,
        }
        follow = self._agenda.put(document, key=f"{key_of(target)}/activity", after_seconds=_LOOK_SECONDS)
        try:
            kind.set_capacity(self._roles.client_of(kind), target["ResourceId"], plan.after)
        except _REFUSALS as error:
            self._agenda.remove(follow)
            self._failed(activity, kind, plan.after, reason_of(error))
            return False
        return True

    def _carry_out(self, key: str, document: Document) -> Again | None:
        target = self._records.targets.get(document["target"])
        if target is None:
            return None
        kind = dimension_of(target)
        if key.endswith("/activity"):
            return self._follow(target, kind, document)
        with self._deciding:
            return self._move_into_bounds(target, kind, document)

    def _follow(self, target: Document, kind: Dimension, document: Document) -> Again | None:
        try:
            capacity = self._capacity(kind, target)
        except _REFUSALS as error:
            self._failed(document["activity"], kind, document["after"], reason_of(error))
            return None
        if not capacity.settled:
            return Again(after_seconds=_LOOK_SECONDS, document=document)
        if capacity.failure or capacity.desired != document["after"]:
            reason = capacity.failure or f"the {kind.noun} is {capacity.desired}"
            self._failed(document["activity"], kind, document["after"], reason)
            return None
        now = time.time()
        cooled = now + document["cooldown_seconds"] / self._cloud.settings.time_scale
        change = {"before": document["before"], "after": document["after"], "ended": now, "cooled": cooled}
        self._records.targets.update(document["target"], lambda known: known.update(_last=change))
        message = (
            f"Successfully set {kind.noun} to {document['after']}. Change successfully fulfilled by {kind.namespace}."
        )
        self._end(document["activity"], "Successful", message)
        return None

    def _move_into_bounds(self, target: Document, kind: Dimension, document: Document) -> Again | None:
        again = Again(after_seconds=_LOOK_SECONDS, document=document)
        if f"{document['target']}/activity" in self._agenda:
            return again
        try:
            capacity = self._capacity(kind, target)
        except _REFUSALS as error:
            log.warning("the bounds of %s are not held: %s", document["target"], error)
            return None
        if not capacity.settled:
            return again
        least, most = target["MinCapacity"], target["MaxCapacity"]
        after = Bounds(least=least, most=most).hold(capacity.desired)
        if after == capacity.desired:
            return None
        which = "minimum" if after > capacity.desired else "maximum"
        plan = Plan(before=capacity.desired, after=after, cause=f"{which} capacity was set to {after}")
        if self._change(target, kind, plan) or document["tries"] <= 1:
            return None
        return Again(after_seconds=_LOOK_SECONDS, document=document | {"tries": document["tries"] - 1})

    def _failed(self, activity: str, kind: Dimension, wanted: int, reason: str) -> None:
        self._end(activity, "Failed", f"Failed to set {kind.noun} to {wanted}. Reason: {reason}")

    def _end(self, activity: str, status: str, message: str) -> None:
        facts = {"StatusCode": status, "StatusMessage": message, "EndTime": datetime.now(UTC)}
        if activity in self._records.activities:
            self._records.activities.update(activity, lambda known: known.update(facts))


def breach_of(target: Document, action: AlarmAction, current: int) -> Breach:
    last = target.get("_last")
    return Breach(
        datapoints=action.datapoints,
        periods=action.periods,
        threshold=action.threshold,
        above=action.comparison.startswith("Greater"),
        current=current,
        last=Change(**last) if last else None,
        now=time.time(),
    )
