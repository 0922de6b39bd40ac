"""Who may take and give which artifact of the pipeline."""

from __future__ import annotations

from typing import Any

import pytest

from stacks.specs import Workload
from tests.templates.template import Statement, Template, render

#: How much of a name CodePipeline keeps in an artifact's key.
PIPELINE_LENGTH, ARTIFACT_LENGTH = 20, 10
READ, WRITE = {"s3:GetObject", "s3:GetObjectVersion"}, {"s3:PutObject"}
OF_THE_BUCKET = {"s3:GetBucketAcl", "s3:GetBucketLocation"}


@pytest.fixture
def actions(pipeline: Template) -> dict[str, dict[str, Any]]:
    stages = pipeline.only("AWS::CodePipeline::Pipeline")["Stages"]
    return {action["Name"]: action for stage in stages for action in stage["Actions"]}


@pytest.fixture
def bucket(pipeline: Template) -> str:
    return f"${{{pipeline.only('AWS::CodePipeline::Pipeline')['ArtifactStore']['Location']['Ref']}.Arn}}"


def folders(pipeline: Template, workload: Workload, bucket: str, artifacts: list[str]) -> set[str]:
    """CloudFormation names the pipeline after stack and logical id."""
    (logical_id,) = pipeline.of_type("AWS::CodePipeline::Pipeline")
    start = f"{workload.stack_name('Pipeline')}-{logical_id}"[:PIPELINE_LENGTH]
    return {f"{bucket}/{start}/{artifact[:ARTIFACT_LENGTH]}/*" for artifact in artifacts}


def allowed(pipeline: Template, role: str, bucket: str) -> dict[str, set[str]]:
    """On what of the bucket a role is allowed each action."""
    found: dict[str, set[str]] = {}
    for statement in of_role(pipeline, role):
        for resource in statement.resources:
            if resource.startswith(bucket):
                for action in statement.actions:
                    found.setdefault(action, set()).add(resource)
    return found


def of_role(pipeline: Template, role: str) -> list[Statement]:
    policies = pipeline.of_type("AWS::IAM::Policy").items()
    (holder,) = [name for name, policy in policies if [render(r) for r in policy["Roles"]] == [f"${{{role}}}"]]
    return [statement for statement in pipeline.identity_statements() if statement.holder == holder]


def names(artifacts: list[dict[str, str]]) -> list[str]:
    return [artifact["Name"] for artifact in artifacts]


def test_a_build_reads_its_inputs_and_writes_its_output_and_no_more(
    pipeline: Template, workload: Workload, actions: dict[str, dict[str, Any]], bucket: str
) -> None:
    """A build neither lists nor deletes, and cannot overwrite what another build made."""
    builds = [action for action in actions.values() if action["ActionTypeId"]["Provider"] == "CodeBuild"]
    assert len(builds) >= 5
    for build in builds:
        project = pipeline.of_type("AWS::CodeBuild::Project")[build["Configuration"]["ProjectName"]["Ref"]]
        role = project["ServiceRole"]["Fn::GetAtt"][0]
        inputs, outputs = names(build["InputArtifacts"]), names(build.get("OutputArtifacts", []))
        assert allowed(pipeline, role, bucket) == (
            dict.fromkeys(READ, folders(pipeline, workload, bucket, inputs))
            | (dict.fromkeys(WRITE, folders(pipeline, workload, bucket, outputs)) if outputs else {})
            | {action: {bucket} for action in OF_THE_BUCKET}
        )


def test_the_pipeline_writes_the_source_and_reads_the_templates(
    pipeline: Template, workload: Workload, bucket: str
) -> None:
    """The pipeline's role reaches no other folder of the artifact store."""
    role = pipeline.only("AWS::CodePipeline::Pipeline")["RoleArn"]["Fn::GetAtt"][0]
    assert allowed(pipeline, role, bucket) == (
        dict.fromkeys(READ, folders(pipeline, workload, bucket, ["BuildOutput"]))
        | dict.fromkeys(WRITE, folders(pipeline, workload, bucket, ["SourceOutput", "JudgeOutput"]))
        | {action: {bucket} for action in OF_THE_BUCKET | {"s3:GetBucketVersioning"}}
    )


def test_nobody_else_reaches_artifacts(pipeline: Template, actions: dict[str, dict[str, Any]], bucket: str) -> None:
    """CloudFormation's role reads nothing, for the pipeline hands it the template."""
    holders = {s.holder for s in pipeline.identity_statements() if any(r.startswith(bucket) for r in s.resources)}
    builds = [action for action in actions.values() if action["ActionTypeId"]["Provider"] == "CodeBuild"]
    assert len(holders) == len(builds) + 1
    assert not [holder for holder in holders if "DeploymentRole" in holder]


def test_artifacts_of_two_names_do_not_share_a_folder(actions: dict[str, dict[str, Any]]) -> None:
    """Artifacts are told apart although their folders' names are cut to ten characters."""
    outputs = {name for action in actions.values() for name in names(action.get("OutputArtifacts", []))}
    assert len({name[:ARTIFACT_LENGTH] for name in outputs}) == len(outputs) >= 5
