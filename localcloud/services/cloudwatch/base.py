"""The base of CloudWatch's groups of operations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.platform.service import Operations
from localcloud.services.cloudwatch.alarm_states import AlarmStates
from localcloud.services.cloudwatch.composite_states import CompositeStates
from localcloud.services.cloudwatch.metric_store import MetricStore

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud


class CloudWatchOperations(Operations):
    service = "cloudwatch"

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self.samples = MetricStore(cloud.store)
        self.states = AlarmStates(cloud)
        self.composites = CompositeStates(self.states)
        self.tags = cloud.store.table("cloudwatch.tags")

    def put_tags(self, arn: str, tags: list[dict[str, str]] | None) -> None:
        """Adds tags. A key that exists already gets the new value."""
        if tags:
            self.tags.put(arn, (self.tags.get(arn) or {}) | {tag["Key"]: tag["Value"] for tag in tags})
