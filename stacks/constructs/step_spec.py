"""The spec of a step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from handover.names import Artifact
from handover.variables import Variables

from stacks.constructs.build_step import BuildStep


def _nothing(_: BuildStep) -> None:
    """For a step that needs no permissions of its own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StepSpec:
    """One build of the pipeline.

    ``name``: the action's. ``project``: the build project's, if it differs. ``grant``: grants what it may do besides
    reading its inputs and writing its output and log. ``reads_history``: it reads the results of pipeline actions.
    """

    name: str
    build_file: str
    minutes: int
    variables: Variables
    inputs: tuple[Artifact, ...] = (Artifact.SOURCE,)
    output: Artifact | None = None
    grant: Callable[[BuildStep], None] = _nothing
    reads_history: bool = False
    project: str = ""

    @property
    def construct_id(self) -> str:
        return self.project or self.name
