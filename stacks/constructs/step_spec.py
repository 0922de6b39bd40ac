"""What a step is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from handover.names import Artifact
from handover.variables import Variables

from stacks.constructs.build_step import BuildStep


def _nothing(_: BuildStep) -> None:
    """A step that needs no permission of its own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StepSpec:
    """One build of the pipeline.

    ``name``: of its action. ``project``: of its build project, where that has another name. ``grant``: gives it what
    it may do besides reading its inputs, writing its output and its log. ``reads_history``: it asks the pipeline what
    became of its actions.
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
