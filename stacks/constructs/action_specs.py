"""The pipeline's actions that run no build, and the stages that group actions."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk.aws_s3_assets import Asset
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
class AssetSpec:
    """Fetches an asset of the pipeline's own stack."""

    name: str
    asset: Asset
    output: Artifact


@dataclass(frozen=True, kw_only=True, slots=True)
class DeploySpec:
    """Deploys a stack from the templates in an artifact.

    ``replace``: first deletes a stack whose creation failed. Nothing in QA or in the API's stack is worth keeping; a
    failed release must not delete PROD's last good one.
    """

    kind: StackKind
    templates: Artifact
    replace: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class ApprovalSpec:
    """Waits for a person, who is shown ``text``."""

    name: str
    text: str


ActionSpec = SourceSpec | AssetSpec | StepSpec | DeploySpec | ApprovalSpec


@dataclass(frozen=True, kw_only=True, slots=True)
class StageSpec:
    """Actions that run one after the other. ``only_when_held``: the stage is skipped unless the gate says HOLD."""

    name: PipelineStage
    actions: tuple[ActionSpec, ...]
    only_when_held: bool = False
