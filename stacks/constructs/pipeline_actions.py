"""Makes CodePipeline's actions from their specs, and grants the pipeline what each needs: one method per kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from aws_cdk import aws_codepipeline as codepipeline
from aws_cdk import aws_codepipeline_actions as actions
from aws_cdk.aws_codebuild import BuildEnvironmentVariable
from handover.names import Artifact, StackKind

from constructs import Construct
from stacks.constructs.action_specs import ActionSpec, ApprovalSpec, AssetSpec, DeploySpec, SourceSpec
from stacks.constructs.artifact_store import ArtifactStore
from stacks.constructs.build_step import BuildStep
from stacks.constructs.deployments import Deployment
from stacks.constructs.pipeline_role import PipelineRole
from stacks.constructs.pushes import source_action
from stacks.constructs.step_spec import StepSpec
from stacks.constructs.workload_resources import WorkloadResources
from stacks.specs import Workload


class PipelineActions(Construct):
    """The builds of one pipeline, and the methods that make its actions."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        workload: Workload,
        resources: WorkloadResources,
        deployment: Mapping[StackKind, Deployment],
    ) -> None:
        super().__init__(scope, construct_id)
        self._workload, self._resources, self._deployment = workload, resources, deployment
        self._artifacts = {artifact: codepipeline.Artifact(artifact.value) for artifact in Artifact}
        self._readers: list[BuildStep] = []
        self._makers: dict[type, Callable[..., actions.Action]] = {
            SourceSpec: self._source,
            AssetSpec: self._asset,
            StepSpec: self._build,
            DeploySpec: self._deploy,
            ApprovalSpec: self._approval,
        }

    def make(self, spec: ActionSpec, *, run_order: int, store: ArtifactStore, role: PipelineRole) -> actions.Action:
        return self._makers[type(spec)](spec, run_order, store, role)

    def allow_history(self, pipeline: codepipeline.Pipeline) -> None:
        """Let the steps that need it read the results of the pipeline's actions."""
        for step in self._readers:
            step.allow(["codepipeline:ListActionExecutions"], [pipeline.pipeline_arn])

    def _source(self, spec: SourceSpec, run_order: int, _: ArtifactStore, role: PipelineRole) -> actions.Action:
        role.allow_source(spec.output)
        return source_action(spec, output=self._artifacts[spec.output], run_order=run_order, role=role)

    def _asset(self, spec: AssetSpec, run_order: int, _: ArtifactStore, role: PipelineRole) -> actions.Action:
        role.allow_source(spec.output)
        role.allow_asset(spec.asset)
        return actions.S3SourceAction(
            action_name=spec.name,
            output=self._artifacts[spec.output],
            bucket=spec.asset.bucket,
            bucket_key=spec.asset.s3_object_key,
            trigger=actions.S3Trigger.NONE,
            run_order=run_order,
        )

    def _build(self, spec: StepSpec, run_order: int, store: ArtifactStore, role: PipelineRole) -> actions.Action:
        step = BuildStep(
            self,
            spec.construct_id,
            build_spec=spec.build_spec,
            minutes=spec.minutes,
            variables=spec.variables,
            encryption=self._resources.encryption,
        )
        spec.grant(step)
        if spec.reads_history:
            self._readers.append(step)
        role.allow_build(step.project)
        store.grant_find(step.role)
        store.grant_take(step.role, *spec.inputs)
        if spec.output:
            store.grant_give(step.role, spec.output)
        first, *others = [self._artifacts[artifact] for artifact in spec.inputs]
        own = spec.variables.of_execution().items()
        return actions.CodeBuildAction(
            action_name=spec.name,
            project=step.project,
            input=first,
            extra_inputs=others,
            outputs=[self._artifacts[spec.output]] if spec.output else None,
            environment_variables={name: BuildEnvironmentVariable(value=value) for name, value in own},
            run_order=run_order,
            variables_namespace=spec.name,
        )

    def _deploy(self, spec: DeploySpec, run_order: int, _: ArtifactStore, role: PipelineRole) -> actions.Action:
        stack_name = self._workload.stack_name(spec.kind)
        deployment = self._deployment[spec.kind]
        role.allow_deploy(stack_name, template=spec.templates, role=deployment.role, replace=spec.replace)
        return actions.CloudFormationCreateUpdateStackAction(
            action_name=f"Deploy{spec.kind}",
            stack_name=stack_name,
            template_path=self._artifacts[spec.templates].at_path(f"{stack_name}.template.json"),
            parameter_overrides=deployment.parameters,
            replace_on_failure=spec.replace,
            admin_permissions=False,
            deployment_role=deployment.role,
            run_order=run_order,
        )

    def _approval(self, spec: ApprovalSpec, run_order: int, _: ArtifactStore, role: PipelineRole) -> actions.Action:
        self._resources.notifications.grant_tell(role)
        return actions.ManualApprovalAction(
            action_name=spec.name,
            notification_topic=self._resources.notifications.topic,
            additional_information=spec.text,
            run_order=run_order,
        )
