"""Scheduled actions: put, described, deleted."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from localcloud.platform.accepted import accept_only
from localcloud.platform.errors import AwsError
from localcloud.platform.service import Call, Params, operation
from localcloud.services.application_autoscaling.base import ScalingOperations
from localcloud.services.application_autoscaling.dimensions import check_namespace, dimension_of
from localcloud.services.application_autoscaling.records import KEY, key_of, missing, page, selected

_CHANGED = ("Schedule", "Timezone", "StartTime", "EndTime", "ScalableTargetAction")


class ScheduledActions(ScalingOperations):
    @operation("PutScheduledAction")
    def put_scheduled_action(self, _: Call, params: Params) -> Params:
        """Makes an action, or changes what the request names."""
        known_names = {*KEY, *_CHANGED, "ScheduledActionName"}
        accept_only(params, known_names, "application-autoscaling:PutScheduledAction")
        dimension_of(params)
        self.records.target(params)
        key = f"{key_of(params)}|{params['ScheduledActionName']}"
        known = self.records.scheduled.get(key) or {}
        given = {name: _in_utc(params[name]) for name in _CHANGED if params.get(name) is not None}
        action = {
            **{name: params[name] for name in (*KEY, "ScheduledActionName")},
            "ScheduledActionARN": self._action_arn(params),
            "CreationTime": datetime.now(UTC),
            "Timezone": "UTC",
            **known,
            **given,
        }
        lacking = [name for name in ("Schedule", "ScalableTargetAction") if not action.get(name)]
        if lacking:
            raise AwsError("ValidationException", f"A new scheduled action needs {' and '.join(lacking)}.")
        self.schedules.put(key, action)
        self.records.scheduled.put(key, action)
        return {}

    @operation("DeleteScheduledAction")
    def delete_scheduled_action(self, _: Call, params: Params) -> Params:
        key = f"{key_of(params)}|{params['ScheduledActionName']}"
        if key not in self.records.scheduled:
            raise missing(f"No scheduled action {params['ScheduledActionName']} found for", params)
        self.forget_scheduled(key)
        return {}

    @operation("DescribeScheduledActions")
    def describe_scheduled_actions(self, _: Call, params: Params) -> Params:
        check_namespace(params["ServiceNamespace"])
        names = params.get("ScheduledActionNames")
        found = [
            action
            for action in selected([action for _, action in self.records.scheduled.items()], params)
            if not names or action["ScheduledActionName"] in names
        ]
        return page(found, params, "ScheduledActions")

    def _action_arn(self, params: Params) -> str:
        settings = self.cloud.settings
        return (
            f"arn:aws:autoscaling:{settings.region}:{settings.account_id}:scheduledAction:{uuid.uuid4()}:resource/"
            f"{params['ServiceNamespace']}/{params['ResourceId']}:scheduledActionName/{params['ScheduledActionName']}"
        )


def _in_utc(value: object) -> object:
    """The parsers return times without a zone, which are in UTC."""
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) and value.tzinfo is None else value
