"""One step of the pipeline: a CodeBuild project with its own role and log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_iam as iam
from handover.variables import Variables

from constructs import Construct
from stacks.constructs.encryption import Encryption
from stacks.constructs.log_access import kept_log
from stacks.constructs.permissions import allow, service


class BuildStep(Construct):
    """Runs a build file: one of the commit, or one of the project's own. ``variables`` are its environment, no secrets.

    The project carries the variables that are known at synthesis. The pipeline's action adds those of the execution.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        build_spec: codebuild.BuildSpec,
        minutes: int,
        variables: Variables,
        encryption: Encryption,
    ) -> None:
        super().__init__(scope, construct_id)
        self.variables = variables
        self.log_group = kept_log(self, "Log", encryption=encryption)
        self._role = iam.Role(self, "Role", assumed_by=service(scope, "codebuild"))
        self.log_group.grant_write(self._role)
        self.project = codebuild.PipelineProject(
            self,
            "Project",
            # The CDK would add log groups and report groups that no build writes to, and the whole artifact bucket.
            role=self._role.without_policy_updates(),
            build_spec=build_spec,
            timeout=Duration.minutes(minutes),
            encryption_key=encryption.key,
            environment=codebuild.BuildEnvironment(
                build_image=codebuild.LinuxBuildImage.STANDARD_7_0, compute_type=codebuild.ComputeType.SMALL
            ),
            environment_variables={
                name: codebuild.BuildEnvironmentVariable(value=value) for name, value in variables.of_project().items()
            },
            logging=codebuild.LoggingOptions(cloud_watch=codebuild.CloudWatchLoggingOptions(log_group=self.log_group)),
        )

    @property
    def role(self) -> iam.IRole:
        return self._role

    def allow(
        self,
        actions: list[str],
        resources: list[str],
        *,
        conditions: Mapping[str, Any] | None = None,
        because: str = "",
    ) -> None:
        allow(self._role, actions, resources, conditions=conditions, because=because)
