"""The pipeline's actions that run no build, and the stages that actions stand in."""

from __future__ import annotations

from dataclasses import dataclass

from handover.names import Artifact, PipelineStage, StackKind

from stacks.constructs.step_spec import StepSpec
from stacks.settings import Github


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceSpec:
    """Fetches the commit from GitHub."""

    name: str
    github: Github
    output: Artifact


@dataclass(frozen=True, kw_only=True, slots=True)
class DeploySpec:
    """Deploys an endpoint stack with the templates of an artifact.

    ``replace``: a stack whose creation failed is deleted first. QA holds nothing that would be missed; PROD's last good
    release is not to be deleted by a bad one.
    """

    kind: StackKind
    templates: Artifact
    replace: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class ApprovalSpec:
    """Waits for a person. ``text`` is what they are told."""

    name: str
    text: str


ActionSpec = SourceSpec | StepSpec | DeploySpec | ApprovalSpec


@dataclass(frozen=True, kw_only=True, slots=True)
class StageSpec:
    """Actions that run one after the other. ``only_when_held``: entered where the gate says HOLD, else skipped."""

    name: PipelineStage
    actions: tuple[ActionSpec, ...]
    only_when_held: bool = False
