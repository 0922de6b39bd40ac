"""Scalable targets: registered for a resource that exists, described, deregistered with all that is theirs."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from localcloud.platform.accepted import accept_only
from localcloud.platform.errors import AwsError
from localcloud.platform.service import Call, Params, operation
from localcloud.services.application_autoscaling.base import ScalingOperations
from localcloud.services.application_autoscaling.decisions import check_bounds
from localcloud.services.application_autoscaling.dimensions import check_namespace, dimension_of
from localcloud.services.application_autoscaling.linked_roles import refused_as_there
from localcloud.services.application_autoscaling.records import KEY, key_of, page, selected

if TYPE_CHECKING:
    from localcloud.platform.store import Document
    from localcloud.services.application_autoscaling.dimensions import Dimension

_SUSPENDED = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")


class Targets(ScalingOperations):
    @operation("RegisterScalableTarget")
    def register(self, call: Call, params: Params) -> Params:
        """Registers, or changes what the request names. The capacity moves into the bounds at once."""
        known_names = {*KEY, "MinCapacity", "MaxCapacity", "RoleARN", "SuspendedState", "Tags"}
        accept_only(params, known_names, "application-autoscaling:RegisterScalableTarget")
        kind = dimension_of(params)
        known = self.records.targets.get(key_of(params))
        bounds = _bounds(params, known, kind)
        with refused_as_there():
            self.roles.ensure(kind, call)
            kind.capacity(self.roles.client_of(kind), params["ResourceId"])
        fresh = {
            **{name: params[name] for name in KEY},
            "RoleARN": self.roles.arn(kind),
            "CreationTime": datetime.now(UTC),
            "SuspendedState": dict.fromkeys(_SUSPENDED, False),
            "ScalableTargetARN": self.cloud.arn("application-autoscaling", f"scalable-target/{_identifier()}"),
        }
        target = {**fresh, **(known or {}), **bounds}
        target["SuspendedState"] = target["SuspendedState"] | params.get("SuspendedState", {})
        self.records.targets.put(key_of(params), target)
        self.put_tags(target["ScalableTargetARN"], params.get("Tags"))
        self.scaler.hold_bounds(key_of(params))
        return {"ScalableTargetARN": target["ScalableTargetARN"]}

    @operation("DeregisterScalableTarget")
    def deregister(self, call: Call, params: Params) -> Params:
        """Deletes the policies too, with their alarms, and the scheduled actions. The capacity stays."""
        target = self.records.target(params)
        for policy_key, policy in self.records.policies_of(key_of(params)).items():
            self.delete_policy(call, policy_key, policy)
        for action_key in self.records.scheduled.names():
            if action_key.startswith(f"{key_of(params)}|"):
                self.forget_scheduled(action_key)
        self.records.targets.delete(key_of(params))
        self.records.tags.delete(target["ScalableTargetARN"])
        self.scaler.forget(key_of(params))
        return {}

    @operation("DescribeScalableTargets")
    def describe_targets(self, _: Call, params: Params) -> Params:
        check_namespace(params["ServiceNamespace"])
        found = selected([target for _, target in self.records.targets.items()], params)
        return page(found, params, "ScalableTargets")

    @operation("DescribeScalingActivities")
    def describe_activities(self, _: Call, params: Params) -> Params:
        """Newest first."""
        check_namespace(params["ServiceNamespace"])
        found = selected([activity for _, activity in self.records.activities.items()], params)
        if not params.get("IncludeNotScaledActivities"):
            found = [activity for activity in found if "NotScaledReasons" not in activity]
        return page(found[::-1], params, "ScalingActivities")


def _bounds(params: Params, known: Document | None, kind: Dimension) -> dict[str, int]:
    given = {name: params.get(name, (known or {}).get(name)) for name in ("MinCapacity", "MaxCapacity")}
    lacking = [name for name, value in given.items() if value is None]
    if lacking:
        raise AwsError("ValidationException", f"A new scalable target needs {' and '.join(lacking)}.")
    bounds = {name: int(value) for name, value in given.items() if value is not None}
    check_bounds(bounds["MinCapacity"], bounds["MaxCapacity"], kind.least)
    return bounds


def _identifier() -> str:
    return (uuid.uuid4().hex + uuid.uuid4().hex)[:36]
