"""The way from a commit to PROD, as a table: one row per stage, one column per action. A new action is a line here."""

from __future__ import annotations

from handover.names import Artifact, PipelineStage

from stacks.constructs.action_specs import ApprovalSpec, AssetSpec, DeploySpec, SourceSpec, StageSpec
from stacks.constructs.pushes import SOURCE_ACTION
from stacks.constructs.workload_resources import WorkloadResources
from stacks.execution import EXECUTION, REASON, REPORT_URL, VERDICT
from stacks.settings import Settings
from stacks.specs import Workload
from stacks.steps.approve import approve_step
from stacks.steps.data import data_step
from stacks.steps.gate import gate_step
from stacks.steps.synth import synth_step
from stacks.steps.train import train_step
from stacks.steps.verify import verify_step


def stages_of(workload: Workload, resources: WorkloadResources, settings: Settings) -> tuple[StageSpec, ...]:
    prod = settings.stages.prod
    source = SourceSpec(name=SOURCE_ACTION, github=settings.github, output=Artifact.SOURCE)
    judges = AssetSpec(name="JudgeCode", asset=resources.judges.asset, output=Artifact.JUDGES)
    qa = DeploySpec(kind="Qa", templates=Artifact.BUILD, replace=True)
    gate = gate_step(
        workload,
        resources,
        approval=prod.approval,
        dataset=settings.dataset,
        repository=f"{settings.github.owner}/{settings.github.repo}",
    )
    person = ApprovalSpec(name="Approve", text=_question(workload))
    release = DeploySpec(kind="Prod", templates=Artifact.BUILD, replace=False)
    verify = verify_step(workload, resources, competes=prod.competes_by is not None)
    # Last: the door says which release answers, and that one is verified.
    doors = tuple(DeploySpec(kind="Api", templates=Artifact.BUILD, replace=True) for _ in workload.doors)
    return (
        StageSpec(name=PipelineStage.SOURCE, actions=(source, judges)),
        StageSpec(name=PipelineStage.BUILD, actions=(synth_step(workload),)),
        StageSpec(name=PipelineStage.DATA, actions=(data_step(workload, resources, dataset=settings.dataset),)),
        StageSpec(name=PipelineStage.TRAIN, actions=(train_step(workload, resources, limits=settings.training),)),
        StageSpec(name=PipelineStage.QA, actions=(qa, gate)),
        StageSpec(
            name=PipelineStage.APPROVE,
            actions=(person, approve_step(workload, resources)),
            only_when_held=not prod.approval,
        ),
        StageSpec(name=PipelineStage.PROD, actions=(release, verify, *doors)),
    )


def _question(workload: Workload) -> str:
    """The question to the person who is to approve."""
    return (
        f"The gate says {VERDICT}: {REASON}. Its report: {REPORT_URL}. "
        f"To fetch and check it: make verify-report WORKLOAD={workload.name} EXECUTION={EXECUTION}. "
        f"To answer: make approve WORKLOAD={workload.name} COMMENT='why', "
        f"or make reject WORKLOAD={workload.name} COMMENT='why'"
    )
