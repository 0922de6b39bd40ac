"""The base of Application Auto Scaling's groups of operations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError
from localcloud.platform.service import Call, Operations
from localcloud.services.application_autoscaling.linked_roles import LinkedRoles, as_caller, refused_as_there
from localcloud.services.application_autoscaling.records import Records
from localcloud.services.application_autoscaling.scaler import Scaler
from localcloud.services.application_autoscaling.schedules import Schedules

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud
    from localcloud.platform.store import Document


class ScalingOperations(Operations):
    service = "application-autoscaling"

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self.records = Records(cloud)
        self.roles = LinkedRoles(cloud)
        self.scaler = Scaler(cloud, self.records, self.roles)
        self.schedules = Schedules(cloud, self.records, self.scaler)

    def delete_policy(self, call: Call, key: str, policy: Document) -> None:
        """Deletes the alarms that the service made, with the caller's permission, and then the policy."""
        cloudwatch = as_caller(self.cloud, call, "cloudwatch")
        for alarm in policy.get("Alarms", []):
            try:
                with refused_as_there():
                    cloudwatch.delete_alarms(AlarmNames=[alarm["AlarmName"]])
            except AwsError as error:
                if error.code != "ResourceNotFound":
                    raise
        self.records.policies.delete(key)

    def forget_scheduled(self, key: str) -> None:
        self.records.scheduled.delete(key)
        self.schedules.remove(key)

    def put_tags(self, arn: str, tags: dict[str, str] | None) -> None:
        """Adds tags. A key that exists already gets the new value."""
        if tags:
            self.records.tags.put(arn, (self.records.tags.get(arn) or {}) | tags)
