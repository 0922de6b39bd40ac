"""The pipeline: from a commit to PROD, stage by stage."""

from __future__ import annotations

from aws_cdk import SecretValue
from aws_cdk import aws_codepipeline as codepipeline
from aws_cdk import aws_codepipeline_actions as actions
from aws_cdk.aws_codebuild import BuildEnvironmentVariable
from constructs import Construct

from stacks.constructs.artifact_store import ArtifactStore
from stacks.constructs.build_step import BuildStep
from stacks.constructs.data_capture import CAPTURE_BUCKET_PARAMETER
from stacks.constructs.encryption_key import ENCRYPTION_KEY_PARAMETER
from stacks.constructs.ended_release import EndedRelease
from stacks.constructs.endpoint_alarms import NOTIFICATION_TOPIC_PARAMETER
from stacks.constructs.endpoint_deployment import EndpointDeploymentRole
from stacks.constructs.pipeline_role import PipelineRole
from stacks.constructs.qa_clean_up import QA_STAGE
from stacks.constructs.steps import Steps
from stacks.constructs.workshop import Workshop
from stacks.settings import Prod, Settings, Stage
from stacks.specs import CHAMPION_PARAMETER, GUARDED, PACKAGE_PARAMETER, SHIFT_PARAMETER, StackKind, Workload

_PACKAGE = "#{Train.MODEL_PACKAGE_ARN}"
_CHAMPION = "#{Gate.CHAMPION_PACKAGE_ARN}"


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
        self._artifacts = {
            name: codepipeline.Artifact(name)
            for name in ("SourceOutput", "BuildOutput", "DataOutput", "ModelOutput", "GateOutput", "VerifyOutput")
        }
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
            asked = name != "Approve" or settings.stages.prod.approval
            self.pipeline.add_stage(
                stage_name=name, actions=stage_actions, before_entry=None if asked else _only_when_held()
            )
        # Who approved stands in the pipeline's own history.
        steps.approve.allow(["codepipeline:ListActionExecutions"], [self.pipeline.pipeline_arn])
        self._role.come_before(self.pipeline)
        EndedRelease(self, "Ended", workload=workload, pipeline=self.pipeline, workshop=workshop)

    def _stages(self, settings: Settings, steps: Steps) -> dict[str, list[actions.Action]]:
        return {
            "Source": [self._source(settings)],
            "Build": [self._build("Synth", steps.synth, ["SourceOutput"], "BuildOutput")],
            "Data": [self._build("Data", steps.data, ["SourceOutput"], "DataOutput")],
            "Train": [self._build("Train", steps.train, ["SourceOutput", "DataOutput"], "ModelOutput")],
            QA_STAGE: [
                self._deploy("Qa", settings.stages.qa),
                self._build(
                    "Gate", steps.gate, ["SourceOutput", "DataOutput", "ModelOutput"], "GateOutput", run_order=2
                ),
            ],
            "Approve": [
                self._approval(),
                self._build("SetApproved", steps.approve, ["SourceOutput", "GateOutput"], run_order=2),
            ],
            "PROD": [
                self._deploy("Prod", settings.stages.prod),
                self._build(
                    "Verify",
                    steps.verify,
                    ["SourceOutput", "GateOutput"],
                    "VerifyOutput",
                    run_order=2,
                    competes=settings.stages.prod.ab is not None,
                ),
            ],
        }

    def _source(self, settings: Settings) -> actions.Action:
        self._role.allow_source("SourceOutput")
        return actions.GitHubSourceAction(
            action_name="GitHub",
            output=self._artifacts["SourceOutput"],
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
        inputs: list[str],
        output: str | None = None,
        *,
        run_order: int = 1,
        competes: bool = False,
    ) -> actions.Action:
        variables = {
            "COMMIT_ID": "#{Source.CommitId}",
            "PIPELINE_EXECUTION_ID": "#{codepipeline.PipelineExecutionId}",
            **({"MODEL_PACKAGE_ARN": _PACKAGE} if name in ("Gate", "SetApproved", "Verify") else {}),
            **({"CHAMPION_PACKAGE_ARN": _CHAMPION} if competes else {}),
        }
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
            environment_variables={key: BuildEnvironmentVariable(value=value) for key, value in variables.items()},
            run_order=run_order,
            variables_namespace=name,
        )

    def _deploy(self, kind: StackKind, stage: Stage) -> actions.Action:
        stack_name = self._workload.stack_name(kind)
        parameters = {PACKAGE_PARAMETER: _PACKAGE, "ExecutionRoleArn": self._workshop.serving_roles[kind].role_arn}
        if self._workshop.encryption:
            parameters[ENCRYPTION_KEY_PARAMETER] = self._workshop.encryption.arn
        if stage.capture_percent:
            parameters[CAPTURE_BUCKET_PARAMETER] = self._workshop.data.name
        if stage.alarms:
            parameters[NOTIFICATION_TOPIC_PARAMETER] = self._workshop.notifications.topic_arn
        if isinstance(stage, Prod) and stage.ab:
            parameters[CHAMPION_PARAMETER] = _CHAMPION
        if isinstance(stage, Prod) and stage.deployment:
            parameters[SHIFT_PARAMETER] = GUARDED
        replace = kind == "Qa"
        self._role.allow_deploy(stack_name, template="BuildOutput", role=self._deployment, replace=replace)
        return actions.CloudFormationCreateUpdateStackAction(
            action_name=f"Deploy{kind}",
            stack_name=stack_name,
            template_path=self._artifacts["BuildOutput"].at_path(f"{stack_name}.template.json"),
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
