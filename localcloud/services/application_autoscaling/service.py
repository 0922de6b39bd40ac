"""Application Auto Scaling behind the front door."""

from __future__ import annotations

from localcloud.platform.errors import AwsError
from localcloud.platform.service import Call, Params, operation
from localcloud.services.application_autoscaling.policies import Policies
from localcloud.services.application_autoscaling.scheduled_actions import ScheduledActions
from localcloud.services.application_autoscaling.targets import Targets


class ApplicationAutoScaling(Targets, Policies, ScheduledActions):
    """All operations over one set of records, and the scaler that acts on alarms."""

    def start(self) -> None:
        self.scaler.start()
        self.schedules.start()

    def stop(self) -> None:
        self.schedules.stop()
        self.scaler.stop()

    @operation("TagResource")
    def tag_resource(self, _: Call, params: Params) -> Params:
        self._check(params["ResourceARN"])
        self.put_tags(params["ResourceARN"], params["Tags"])
        return {}

    @operation("UntagResource")
    def untag_resource(self, _: Call, params: Params) -> Params:
        arn = params["ResourceARN"]
        self._check(arn)
        kept = {key: value for key, value in (self.records.tags.get(arn) or {}).items() if key not in params["TagKeys"]}
        self.records.tags.put(arn, kept)
        return {}

    @operation("ListTagsForResource")
    def list_tags_for_resource(self, _: Call, params: Params) -> Params:
        self._check(params["ResourceARN"])
        return {"Tags": self.records.tags.get(params["ResourceARN"]) or {}}

    def _check(self, arn: str) -> None:
        if arn not in {target["ScalableTargetARN"] for _, target in self.records.targets.items()}:
            raise AwsError("ResourceNotFoundException", f"There is no scalable target {arn}.")
