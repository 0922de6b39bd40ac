"""Decides what happens next in a pipeline, from its present state: pure functions without clock or store.

A stage is locked while an execution is inside it. An execution that leaves a stage waits at the entry of the next one.
There, mode SUPERSEDED admits the newest and ends the older ones, QUEUED admits one after the other, and PARALLEL admits
all. Inside a stage, the actions of one run order start together after those of the order before have succeeded.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


class Mode(StrEnum):
    SUPERSEDED = "SUPERSEDED"
    QUEUED = "QUEUED"
    PARALLEL = "PARALLEL"


@dataclass(frozen=True, kw_only=True, slots=True)
class ActionView:
    name: str
    run_order: int
    status: str | None = None
    """None before the start, then InProgress, Succeeded, Failed or Abandoned."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ExecutionView:
    execution_id: str
    stage: str
    """The stage that the execution is in, or at whose entry it waits."""
    is_last: bool = False
    """Whether the stage is the pipeline's last one."""
    enabled: bool = True
    """Whether the stage's inbound transition is enabled."""
    inside: bool = False
    stopping: bool = False
    actions: tuple[ActionView, ...] = ()
    """The actions of its present stage."""
    may_retry: bool = False
    """Whether the stage is retried on failure and was not retried yet."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PipelineView:
    mode: Mode
    executions: tuple[ExecutionView, ...]
    """The executions under way, oldest first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Supersede:
    execution_id: str
    by: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Enter:
    execution_id: str
    stage: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Start:
    execution_id: str
    stage: str
    actions: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Leave:
    """The stage has succeeded. ``last``: so has the pipeline."""

    execution_id: str
    stage: str
    last: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Retry:
    execution_id: str
    stage: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Fail:
    execution_id: str
    stage: str
    actions: tuple[str, ...]
    """The actions that failed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stop:
    execution_id: str
    stage: str
    inside: bool


Decision: TypeAlias = Supersede | Enter | Start | Leave | Retry | Fail | Stop


def decide(pipeline: PipelineView) -> Decision | None:
    """The next step; None while there is nothing to do but wait."""
    for execution in pipeline.executions:
        found = _inside(execution) if execution.inside else _at_entry(execution, pipeline)
        if found is not None:
            return found
    return None


def _inside(execution: ExecutionView) -> Decision | None:
    name, stage = execution.execution_id, execution.stage
    if any(action.status == "InProgress" for action in execution.actions):
        return None
    if all(action.status == "Succeeded" for action in execution.actions) and not (
        execution.stopping and not execution.is_last
    ):
        return Leave(execution_id=name, stage=stage, last=execution.is_last)
    if execution.stopping:
        return Stop(execution_id=name, stage=stage, inside=True)
    failed = tuple(action.name for action in execution.actions if action.status in {"Failed", "Abandoned"})
    if failed and execution.may_retry:
        return Retry(execution_id=name, stage=stage)
    if failed:
        return Fail(execution_id=name, stage=stage, actions=failed)
    waiting = [action for action in execution.actions if action.status is None]
    order = min(action.run_order for action in waiting)
    return Start(
        execution_id=name, stage=stage, actions=tuple(action.name for action in waiting if action.run_order == order)
    )


def _at_entry(execution: ExecutionView, pipeline: PipelineView) -> Decision | None:
    if execution.stopping:
        return Stop(execution_id=execution.execution_id, stage=execution.stage, inside=False)
    there = [other for other in pipeline.executions if other.stage == execution.stage]
    waiting = [other for other in there if not other.inside and not other.stopping]
    if pipeline.mode is Mode.SUPERSEDED and waiting[-1] is not execution:
        return Supersede(execution_id=execution.execution_id, by=waiting[-1].execution_id)
    if not execution.enabled:
        return None
    locked = any(other.inside for other in there)
    if pipeline.mode is Mode.PARALLEL or (
        not locked and waiting[0 if pipeline.mode is Mode.QUEUED else -1] is execution
    ):
        return Enter(execution_id=execution.execution_id, stage=execution.stage)
    return None
