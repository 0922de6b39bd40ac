"""CloudWatch behind the front door."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError
from localcloud.platform.service import Call, Params, operation
from localcloud.services.cloudwatch.alarm_descriptions import AlarmDescriptions
from localcloud.services.cloudwatch.alarms import Alarms
from localcloud.services.cloudwatch.composite_alarms import CompositeAlarms
from localcloud.services.cloudwatch.dashboards import Dashboards
from localcloud.services.cloudwatch.evaluator import Evaluator
from localcloud.services.cloudwatch.metrics import Metrics

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud


class CloudWatch(Metrics, Alarms, CompositeAlarms, AlarmDescriptions, Dashboards):
    """All operations over one store of samples, and the evaluator of the alarms."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self._evaluator = Evaluator(self.states, self.composites, self.samples, cloud.settings.time_scale)

    def start(self) -> None:
        self.cloud.metrics.deliver_to(self.samples.put)
        self._evaluator.start()

    def stop(self) -> None:
        self._evaluator.stop()

    @operation("TagResource")
    def tag_resource(self, _: Call, params: Params) -> Params:
        self._check(params["ResourceARN"])
        self.put_tags(params["ResourceARN"], params["Tags"])
        return {}

    @operation("UntagResource")
    def untag_resource(self, _: Call, params: Params) -> Params:
        self._check(params["ResourceARN"])
        kept = {
            key: value
            for key, value in (self.tags.get(params["ResourceARN"]) or {}).items()
            if key not in params["TagKeys"]
        }
        self.tags.put(params["ResourceARN"], kept)
        return {}

    @operation("ListTagsForResource")
    def list_tags_for_resource(self, _: Call, params: Params) -> Params:
        found = self.tags.get(params["ResourceARN"]) or {}
        return {"Tags": [{"Key": key, "Value": value} for key, value in found.items()]}

    def _check(self, arn: str) -> None:
        """Raises AwsError for an ARN that belongs to no alarm or dashboard."""
        alarms = {alarm["AlarmArn"] for _, alarm in self.states.alarms.items()}
        dashboards = {each["DashboardArn"] for _, each in self.cloud.store.table("cloudwatch.dashboards").items()}
        if arn not in alarms | dashboards:
            raise AwsError("ResourceNotFoundException", f"There is no resource {arn}.", status=404)
