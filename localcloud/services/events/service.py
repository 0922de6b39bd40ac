"""EventBridge's API: one router behind all groups of operations."""

from __future__ import annotations

from localcloud.services.events.bus_operations import BusOperations
from localcloud.services.events.event_operations import EventOperations
from localcloud.services.events.rule_operations import RuleOperations
from localcloud.services.events.tag_operations import TagOperations
from localcloud.services.events.target_operations import TargetOperations


class Events(RuleOperations, TargetOperations, BusOperations, EventOperations, TagOperations):
    def start(self) -> None:
        self.router.start()
        self.cloud.events.deliver_to(self.router.receive)

    def stop(self) -> None:
        self.router.stop()
