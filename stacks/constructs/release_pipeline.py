"""The pipeline: from a commit to PROD, stage by stage."""

from __future__ import annotations

from typing import Any

from aws_cdk import SecretValue
from aws_cdk import aws_codepipeline as codepipeline
from aws_cdk import aws_codepipeline_actions as actions
from aws_cdk.aws_codebuild import BuildEnvironmentVariable
from constructs import Construct

from handover.names import GUARDED, Artifact, Parameter, PipelineStage, StackKind
from stacks.constructs.artifact_store import ArtifactStore
from stacks.constructs.build_step import BuildStep
from stacks.constructs.ended_release import EndedRelease
from stacks.constructs.endpoint_deployment import EndpointDeploymentRole
from stacks.constructs.pipeline_role import PipelineRole
from stacks.constructs.steps import CHAMPION, PACKAGE, Steps
from stacks.constructs.workshop import Workshop
from stacks.settings import Prod, Settings, Stage
from stacks.specs import Workload


class ReleasePipeline(Construct):
    """CodePipeline V2; a newer commit supersedes one that waits."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        workload: Workload,
        settings: Settings,
        workshop: Workshop,
        steps: Steps,
        deployment: EndpointDeploymentRole,
    ) -> None:
        super().__init__(scope, construct_id)
        self._workload, self._workshop, self._deployment = workload, workshop, deployment
        self._artifacts = {artifact: codepipeline.Artifact(artifact.value) for artifact in Artifact}
        self._store = ArtifactStore(
            self, "Artifacts", pipeline_id=f"{construct_id}Pipeline", encryption=workshop.encryption
        )
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
        for name, stage_actions in self._stages(settings, steps).items():
            asked = name is not PipelineStage.APPROVE or settings.stages.prod.approval
            self.pipeline.add_stage(
                stage_name=name.value, actions=stage_actions, before_entry=None if asked else _only_when_held()
            )
        # Who approved stands in the pipeline's own history.
        steps.approve.allow(["codepipeline:ListActionExecutions"], [self.pipeline.pipeline_arn])
        self._role.come_before(self.pipeline)
        EndedRelease(self, "Ended", workload=workload, pipeline=self.pipeline, workshop=workshop)

    def _stages(self, settings: Settings, steps: Steps) -> dict[PipelineStage, list[actions.Action]]:
        return {
            PipelineStage.SOURCE: [self._source(settings)],
            PipelineStage.BUILD: [self._build("Synth", steps.synth, [Artifact.SOURCE], Artifact.BUILD)],
            PipelineStage.DATA: [self._build("Data", steps.data, [Artifact.SOURCE], Artifact.DATA)],
            PipelineStage.TRAIN: [self._build("Train", steps.train, [Artifact.SOURCE, Artifact.DATA])],
            PipelineStage.QA: [
                self._deploy("Qa", settings.stages.qa),
                self._build("Gate", steps.gate, [Artifact.SOURCE, Artifact.DATA], Artifact.GATE, run_order=2),
            ],
            PipelineStage.APPROVE: [
                self._approval(),
                self._build("SetApproved", steps.approve, [Artifact.SOURCE, Artifact.GATE], run_order=2),
            ],
            PipelineStage.PROD: [
                self._deploy("Prod", settings.stages.prod),
                self._build("Verify", steps.verify, [Artifact.SOURCE, Artifact.GATE], Artifact.VERIFY, run_order=2),
            ],
        }

    def _source(self, settings: Settings) -> actions.Action:
        self._role.allow_source(Artifact.SOURCE)
        return actions.GitHubSourceAction(
            action_name="GitHub",
            output=self._artifacts[Artifact.SOURCE],
            owner=settings.github.owner,
            repo=settings.github.repo,
            branch=settings.github.branch,
            oauth_token=SecretValue.secrets_manager(settings.github.token_secret),
            trigger=actions.GitHubTrigger.WEBHOOK,
            variables_namespace="Source",
        )

    def _build(
        self,
        name: str,
        step: BuildStep,
        inputs: list[Artifact],
        output: Artifact | None = None,
        *,
        run_order: int = 1,
    ) -> actions.Action:
        self._role.allow_build(step.project)
        self._store.grant_find(step.role)
        self._store.grant_take(step.role, *inputs)
        if output:
            self._store.grant_give(step.role, output)
        first, *others = [self._artifacts[artifact] for artifact in inputs]
        return actions.CodeBuildAction(
            action_name=name,
            project=step.project,
            input=first,
            extra_inputs=others,
            outputs=[self._artifacts[output]] if output else None,
            environment_variables={
                key: BuildEnvironmentVariable(value=value) for key, value in step.variables.of_execution().items()
            },
            run_order=run_order,
            variables_namespace=name,
        )

    def _deploy(self, kind: StackKind, stage: Stage) -> actions.Action:
        stack_name = self._workload.stack_name(kind)
        parameters: dict[str, Any] = {
            Parameter.PACKAGE: PACKAGE,
            Parameter.ROLE: self._workshop.serving_roles[kind].role_arn,
        }
        if self._workshop.encryption:
            parameters[Parameter.ENCRYPTION_KEY] = self._workshop.encryption.arn
        if stage.capture_percent:
            parameters[Parameter.CAPTURE_BUCKET] = self._workshop.data.name
        if stage.alarms:
            parameters[Parameter.TOPIC] = self._workshop.notifications.topic_arn
        if isinstance(stage, Prod) and stage.ab:
            parameters[Parameter.CHAMPION] = CHAMPION
        if isinstance(stage, Prod) and stage.deployment:
            parameters[Parameter.SHIFT] = GUARDED
        replace = kind == "Qa"
        self._role.allow_deploy(stack_name, template=Artifact.BUILD, role=self._deployment, replace=replace)
        return actions.CloudFormationCreateUpdateStackAction(
            action_name=f"Deploy{kind}",
            stack_name=stack_name,
            template_path=self._artifacts[Artifact.BUILD].at_path(f"{stack_name}.template.json"),
            parameter_overrides=parameters,
            # QA holds nothing that would be missed; PROD's last good release is not to be deleted by a bad one.
            replace_on_failure=replace,
            admin_permissions=False,
            deployment_role=self._deployment,
        )

    def _approval(self) -> actions.Action:
        self._workshop.notifications.grant_tell(self._role)
        return actions.ManualApprovalAction(
            action_name="Approve",
            notification_topic=self._workshop.notifications.topic,
            additional_information=(
                "The gate says #{Gate.VERDICT}: #{Gate.REASON}. Its report: #{Gate.REPORT_URL}. "
                f"To fetch and check it: make verify-report WORKLOAD={self._workload.name} "
                "EXECUTION=#{codepipeline.PipelineExecutionId}"
            ),
        )


def _only_when_held() -> codepipeline.Conditions:
    """The gate lets a release through, or stops it; where it does neither, the stage is entered: a person decides."""
    held = codepipeline.Rule(
        name="GateHolds",
        provider="VariableCheck",
        version="1",
        configuration={"Variable": "#{Gate.VERDICT}", "Value": "HOLD", "Operator": "EQ"},
    )
    condition = codepipeline.Condition(result=codepipeline.Result.SKIP, rules=[held])
    return codepipeline.Conditions(conditions=[condition])
