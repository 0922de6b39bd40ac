"""How a pipeline takes commits and hears of pushes: with GitHub's token and a webhook, or through a connection.

A connection's trigger starts the pipeline at pushes that touch its workload's files. A webhook cannot tell them apart.
"""

from __future__ import annotations

from typing import cast

from aws_cdk import SecretValue
from aws_cdk import aws_codepipeline as codepipeline
from aws_cdk import aws_codepipeline_actions as actions

from constructs import Construct
from stacks.constructs.action_specs import SourceSpec
from stacks.constructs.pipeline_role import PipelineRole
from stacks.constructs.push_webhook import PushWebhook
from stacks.pushed_paths import patterns
from stacks.settings import Github
from stacks.specs import Workload

#: The action that a push starts.
SOURCE_ACTION = "GitHub"
_NAMESPACE = "Source"
_TRIGGER = "CodeStarSourceConnection"


def source_action(
    spec: SourceSpec, *, output: codepipeline.Artifact, run_order: int, role: PipelineRole
) -> actions.Action:
    """The action that fetches the commit. What starts it is apart (:func:`attach_pushes`)."""
    github = spec.github
    if github.connection:
        role.allow_connection(github.connection, spec.output)
        return actions.CodeStarConnectionsSourceAction(
            action_name=spec.name,
            output=output,
            connection_arn=github.connection,
            owner=github.owner,
            repo=github.repo,
            branch=github.branch,
            trigger_on_push=False,
            run_order=run_order,
            variables_namespace=_NAMESPACE,
        )
    return actions.GitHubSourceAction(
        action_name=spec.name,
        output=output,
        owner=github.owner,
        repo=github.repo,
        branch=github.branch,
        oauth_token=SecretValue.secrets_manager(github.token_secret or ""),
        trigger=actions.GitHubTrigger.NONE,
        run_order=run_order,
        variables_namespace=_NAMESPACE,
    )


def attach_pushes(scope: Construct, *, pipeline: codepipeline.Pipeline, workload: Workload, github: Github) -> None:
    """Lets pushes start the pipeline."""
    if not github.connection:
        PushWebhook(scope, "Push", pipeline=pipeline, source_action=SOURCE_ACTION)
        return
    of = codepipeline.CfnPipeline
    push = of.GitPushFilterProperty(
        branches=of.GitBranchFilterCriteriaProperty(includes=[github.branch]),
        file_paths=of.GitFilePathFilterCriteriaProperty(includes=list(patterns(workload.name))),
    )
    git = of.GitConfigurationProperty(source_action_name=SOURCE_ACTION, push=[push])
    resource = cast("codepipeline.CfnPipeline", pipeline.node.default_child)
    resource.triggers = [of.PipelineTriggerDeclarationProperty(provider_type=_TRIGGER, git_configuration=git)]
