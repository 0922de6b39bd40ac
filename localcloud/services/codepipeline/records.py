"""CodePipeline's records: pipelines by version, executions, action executions, and each stage's latest."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.platform.store import Document, Store

#: The final states of an execution. Only a retry of a stage changes them.
FINISHED = frozenset({"Succeeded", "Failed", "Stopped", "Superseded", "Cancelled"})


def now() -> datetime:
    return datetime.now(UTC)


class Records:
    def __init__(self, store: Store) -> None:
        self.pipelines = store.table("codepipeline.pipelines")
        """Name → version, created, updated, tags."""
        self.versions = store.table("codepipeline.versions")
        """Name/version → declaration with its secrets."""
        self.executions = store.table("codepipeline.executions")
        """Pipeline/execution id → execution."""
        self.actions = store.table("codepipeline.actions")
        """Pipeline/execution id/action execution id → action execution."""
        self.rules = store.table("codepipeline.rules")
        """Pipeline/execution id/rule execution id → rule execution."""
        self.states = store.table("codepipeline.states")
        """Pipeline → stage → latest execution, latest run of each action, entry condition, inbound transition."""
        self.webhooks = store.table("codepipeline.webhooks")
        """Name → definition with its secret, id in its address, hook at the third party."""

    def pipeline(self, name: str) -> Document:
        found = self.pipelines.get(name)
        if found is None:
            raise AwsError(
                "PipelineNotFoundException",
                f"Account does not have a pipeline with name '{name}'",
            )
        return found

    def pipeline_names(self) -> list[str]:
        return [name for name, _ in self.pipelines.items()]

    def declaration(self, name: str, version: int | None = None) -> Document:
        """The pipeline's declaration, with secrets, in this version or the current one."""
        current = self.pipeline(name)["version"]
        found = self.versions.get(f"{name}/{version or current}")
        if found is None:
            raise AwsError("PipelineVersionNotFoundException", f"Pipeline '{name}' has no version {version}")
        return found

    def execution(self, name: str, execution_id: str) -> Document:
        found = self.executions.get(f"{name}/{execution_id}")
        if found is None:
            raise AwsError(
                "PipelineExecutionNotFoundException",
                f"Pipeline '{name}' has no execution '{execution_id}'",
            )
        return found

    def change_execution(self, name: str, execution_id: str, change: Callable[[Document], None]) -> Document:
        def touched(document: Document) -> None:
            change(document)
            document["lastUpdateTime"] = now()

        return self.executions.update(f"{name}/{execution_id}", touched)

    def executions_of(self, name: str) -> list[Document]:
        """Oldest first."""
        return [execution for _, execution in self.executions.items(f"{name}/")]

    def action_executions_of(self, name: str, execution_id: str | None = None) -> list[Document]:
        """Oldest first."""
        prefix = f"{name}/{execution_id}/" if execution_id else f"{name}/"
        return [action for _, action in self.actions.items(prefix)]

    def rule_executions_of(self, name: str, execution_id: str | None = None) -> list[Document]:
        """Oldest first."""
        prefix = f"{name}/{execution_id}/" if execution_id else f"{name}/"
        return [rule for _, rule in self.rules.items(prefix)]

    def change_state(self, name: str, stage: str, change: Callable[[Document], None]) -> None:
        """Changes a stage's record: its latest entry, its actions' latest runs, its transition."""

        def one_stage(document: Document) -> None:
            change(document.setdefault(stage, {"actions": {}}))

        if name not in self.states:
            self.states.put(name, {})
        self.states.update(name, one_stage)

    def delete_pipeline(self, name: str) -> None:
        self.pipelines.delete(name)
        self.states.delete(name)
        for table in (self.versions, self.executions, self.actions, self.rules):
            for key, _ in table.items(f"{name}/"):
                table.delete(key)


def action_key(action: dict[str, Any]) -> str:
    return f"{action['pipelineName']}/{action['pipelineExecutionId']}/{action['actionExecutionId']}"
