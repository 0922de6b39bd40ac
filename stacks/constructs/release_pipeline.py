"""The pipeline: from a commit to PROD, stage by stage."""

from __future__ import annotations

from collections.abc import Iterable

from aws_cdk import aws_codepipeline as codepipeline

from constructs import Construct
from stacks.constructs.action_specs import StageSpec
from stacks.constructs.artifact_store import ArtifactStore
from stacks.constructs.encryption import Encryption
from stacks.constructs.pipeline_actions import PipelineActions
from stacks.constructs.pipeline_role import PipelineRole
from stacks.execution import VERDICT


class ReleasePipeline(Construct):
    """CodePipeline V2; a newer commit supersedes a waiting one."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stages: Iterable[StageSpec],
        actions: PipelineActions,
        encryption: Encryption,
    ) -> None:
        super().__init__(scope, construct_id)
        self._actions = actions
        self._store = ArtifactStore(self, "Artifacts", pipeline_id=f"{construct_id}Pipeline", encryption=encryption)
        self._role = PipelineRole(self, "PipelineRole", store=self._store)
        self.pipeline = codepipeline.Pipeline(
            self,
            "Pipeline",
            pipeline_type=codepipeline.PipelineType.V2,
            execution_mode=codepipeline.ExecutionMode.SUPERSEDED,
            artifact_bucket=self._store.bucket,
            role=self._role.fixed,
            restart_execution_on_update=False,
            use_pipeline_role_for_actions=True,
        )
        for stage in stages:
            self._add(stage)
        actions.allow_history(self.pipeline)
        self._role.come_before(self.pipeline)

    def _add(self, stage: StageSpec) -> None:
        """Adds the stage; its actions run one after the other."""
        self.pipeline.add_stage(
            stage_name=stage.name.value,
            actions=[
                self._actions.make(spec, run_order=place, store=self._store, role=self._role)
                for place, spec in enumerate(stage.actions, start=1)
            ],
            before_entry=_only_when_held() if stage.only_when_held else None,
        )


def _only_when_held() -> codepipeline.Conditions:
    """The gate passes a release or stops it. If it does neither, the stage is entered: a person decides."""
    held = codepipeline.Rule(
        name="GateHolds",
        provider="VariableCheck",
        version="1",
        configuration={"Variable": VERDICT, "Value": "HOLD", "Operator": "EQ"},
    )
    condition = codepipeline.Condition(result=codepipeline.Result.SKIP, rules=[held])
    return codepipeline.Conditions(conditions=[condition])
