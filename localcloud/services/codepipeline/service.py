"""CodePipeline behind the front door."""

from __future__ import annotations

from localcloud.services.codepipeline.execution_operations import ExecutionOperations
from localcloud.services.codepipeline.history_operations import HistoryOperations
from localcloud.services.codepipeline.webhook_operations import WebhookOperations

#: Well under the five seconds that a group has for its stop.
_STOP_SECONDS = 2.0


class CodePipeline(ExecutionOperations, HistoryOperations, WebhookOperations):
    """All operations over one engine."""

    def start(self) -> None:
        """What an earlier run of the local cloud left under way has ended with it."""
        self.engine.end_all("The local cloud went down while this execution was under way.", 0)
        self.engine.reopen()

    def stop(self) -> None:
        self.engine.end_all("The local cloud was stopped.", _STOP_SECONDS)
