"""Turns records into the view from which :mod:`schedule` decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.services.codepipeline.schedule import ActionView, ExecutionView, Mode, PipelineView

if TYPE_CHECKING:
    from localcloud.platform.store import Document


def pipeline_view(declaration: Document, state: Document, executions: list[tuple[Document, Document]]) -> PipelineView:
    """``executions``: those under way, oldest first, each with the declaration from its start."""
    return PipelineView(
        mode=Mode(declaration.get("executionMode", "SUPERSEDED")),
        executions=tuple(_execution_view(execution, started_with, state) for execution, started_with in executions),
    )


def is_enabled(state: Document, stage: str) -> bool:
    return bool(state.get(stage, {}).get("transition", {}).get("enabled", True))


def _execution_view(execution: Document, declaration: Document, state: Document) -> ExecutionView:
    stages = declaration["stages"]
    stage = stages[execution["stage"]]
    run = execution["stages"].get(stage["name"], {})
    retries = stage.get("onFailure", {}).get("result") == "RETRY"
    return ExecutionView(
        execution_id=execution["pipelineExecutionId"],
        stage=stage["name"],
        is_last=execution["stage"] == len(stages) - 1,
        enabled=is_enabled(state, stage["name"]),
        inside=execution["inside"],
        stopping=execution["status"] == "Stopping",
        actions=tuple(
            ActionView(
                name=action["name"],
                run_order=action.get("runOrder", 1),
                status=run.get("actions", {}).get(action["name"], {}).get("status"),
            )
            for action in stage["actions"]
        ),
        may_retry=retries and run.get("automaticRetries", 0) == 0,
    )
