"""The spec of a step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from aws_cdk import aws_codebuild as codebuild
from handover.names import Artifact
from handover.variables import Variables

from stacks.constructs.build_step import BuildStep


def _nothing(_: BuildStep) -> None:
    """For a step that needs no permissions of its own."""


def of_commit(path: str) -> codebuild.BuildSpec:
    """A build file of the pushed commit."""
    return codebuild.BuildSpec.from_source_filename(path)


@dataclass(frozen=True, kw_only=True, slots=True)
class StepSpec:
    """One build of the pipeline.

    The build starts in the first of ``inputs``. ``build_spec``: a file of the commit, or the project's own.
    ``name``: the action's. ``project``: the build project's, if it differs. ``grant``: grants what it may do besides
    reading its inputs and writing its output and log. ``reads_history``: it reads the results of pipeline actions.
    """

    name: str
    build_spec: codebuild.BuildSpec
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
