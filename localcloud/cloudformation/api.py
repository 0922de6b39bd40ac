"""CloudFormation's API: one engine behind all groups of operations."""

from __future__ import annotations

from localcloud.cloudformation.change_set_operations import ChangeSetOperations
from localcloud.cloudformation.reading_operations import ReadingOperations
from localcloud.cloudformation.stack_operations import StackOperations
from localcloud.cloudformation.template_operations import TemplateOperations


class CloudFormation(StackOperations, ChangeSetOperations, ReadingOperations, TemplateOperations):
    def start(self) -> None:
        self.engine.take_up()

    def stop(self) -> None:
        self.engine.stop()
