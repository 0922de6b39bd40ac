"""The role of the pipeline and of its actions."""

from __future__ import annotations

from typing import cast

from aws_cdk import Stack
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_codepipeline as codepipeline
from aws_cdk import aws_iam as iam
from aws_cdk.aws_s3_assets import Asset

from constructs import Construct
from stacks.constructs.artifact_store import ArtifactStore
from stacks.constructs.permissions import allow, allow_stack, policy_of, service

_CLOUDFORMATION = "cloudformation.amazonaws.com"


class PipelineRole(iam.Role):
    """Starts the builds, deploys the stacks and passes on the artifacts of one pipeline.

    The CDK's own grants are wider (the whole artifact bucket, wildcards in actions). A pipeline gets this role as
    ``fixed``, to which the CDK adds nothing.
    """

    def __init__(self, scope: Construct, construct_id: str, *, store: ArtifactStore) -> None:
        super().__init__(scope, construct_id, assumed_by=service(scope, "codepipeline"))
        self._store = store
        # As in the policy in CodePipeline's user guide, "Manage the CodePipeline service role".
        store.grant_find(self, "s3:GetBucketVersioning")
        self.fixed = self.without_policy_updates()

    def come_before(self, pipeline: codepipeline.Pipeline) -> None:
        """A pipeline starts as soon as it is created: its permissions must exist by then."""
        resource = cast("codepipeline.CfnPipeline", pipeline.node.default_child)
        # The CDK adds role and policy here. The policy depends on the role anyway: one is redundant (cfn-lint W3005).
        resource.add_override("DependsOn", [Stack.of(self).get_logical_id(policy_of(self))])

    def allow_source(self, output: str) -> None:
        self._store.grant_give(self, output)

    def allow_connection(self, arn: str, output: str) -> None:
        """Use this connection, under both names of the service, and give its archive to the bucket's owner.

        Sources: CodePipeline user guide, "Manage the CodePipeline service role"; the access control list is what the
        CDK grants for this action.
        """
        services = ("codeconnections", "codestar-connections")
        allow(self, [f"{service}:UseConnection" for service in services], [arn])
        self._store.grant_give(self, output, "s3:PutObjectAcl")

    def allow_asset(self, asset: Asset) -> None:
        """Read this asset, in a bucket that keeps versions.

        Source: CodePipeline user guide, "Manage the CodePipeline service role", for an S3 source action.
        """
        allow(self, ["s3:GetObject", "s3:GetObjectVersion"], [asset.bucket.arn_for_objects(asset.s3_object_key)])
        allow(self, ["s3:GetBucketAcl", "s3:GetBucketLocation", "s3:GetBucketVersioning"], [asset.bucket.bucket_arn])

    def allow_build(self, project: codebuild.IProject) -> None:
        """Run the build. It reads and writes its artifacts with a role of its own."""
        actions = [f"codebuild:{action}" for action in ("BatchGetBuilds", "StartBuild", "StopBuild")]
        allow(self, actions, [project.project_arn])

    def allow_deploy(self, stack_name: str, *, template: str, role: iam.IRole, replace: bool) -> None:
        """Create and update a stack with this role, from a template in an artifact.

        CodePipeline reads the artifact with its own role and passes the template to CloudFormation, so the stack's role
        reads nothing. ``replace``: it may also delete the stack, in case the first creation failed.
        """
        self._store.grant_take(self, template)
        verbs = ["CreateStack", "UpdateStack", *(["DeleteStack"] if replace else [])]
        allow_stack(self, [*verbs, "DescribeStacks", "DescribeStackEvents"], stack_name)
        allow(
            self,
            ["iam:PassRole"],
            [role.role_arn],
            conditions={"StringEquals": {"iam:PassedToService": _CLOUDFORMATION}},
        )
