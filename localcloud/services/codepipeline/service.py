"""CodePipeline's operations."""

from __future__ import annotations

from localcloud.services.codepipeline.announcements import announce
from localcloud.services.codepipeline.execution_operations import ExecutionOperations
from localcloud.services.codepipeline.history_operations import HistoryOperations
from localcloud.services.codepipeline.push_operations import PushOperations
from localcloud.services.codepipeline.webhook_operations import WebhookOperations

#: A group of operations has five seconds to stop.
_STOP_SECONDS = 2.0


class CodePipeline(ExecutionOperations, HistoryOperations, PushOperations, WebhookOperations):
    """All operations over one engine."""

    def start(self) -> None:
        announce(self.cloud)
        self.engine.take_up()
        for name in self.records.pipeline_names():
            self.polling.look_at(name)

    def stop(self) -> None:
        self.polling.stop()
        self.engine.close(_STOP_SECONDS)
