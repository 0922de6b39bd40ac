"""Which declarations are pipelines, and what is said of those that are not."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.services.codepipeline.action_types import masked_pipeline
from localcloud.services.codepipeline.structure import validate

Declaration = dict[str, Any]
Change = Callable[[Declaration], object]

PIPELINE: Declaration = {
    "name": "p",
    "roleArn": "arn:aws:iam::123456789012:role/p",
    "pipelineType": "V2",
    "artifactStore": {"type": "S3", "location": "bucket"},
    "variables": [{"name": "Depth"}],
    "stages": [
        {
            "name": "Source",
            "actions": [
                {
                    "name": "GitHub",
                    "actionTypeId": {"category": "Source", "owner": "ThirdParty", "provider": "GitHub", "version": "1"},
                    "configuration": {"Owner": "o", "Repo": "r", "Branch": "main", "OAuthToken": "very secret"},
                    "outputArtifacts": [{"name": "SourceOutput"}],
                    "namespace": "Source",
                }
            ],
        },
        {
            "name": "Build",
            "actions": [
                {
                    "name": "Build",
                    "actionTypeId": {"category": "Build", "owner": "AWS", "provider": "CodeBuild", "version": "1"},
                    "configuration": {
                        "ProjectName": "x",
                        "EnvironmentVariables": '[{"name":"C","value":"#{Source.CommitId} #{variables.Depth}"}]',
                    },
                    "inputArtifacts": [{"name": "SourceOutput"}],
                    "outputArtifacts": [{"name": "BuildOutput"}],
                },
                {
                    "name": "Deploy",
                    "actionTypeId": {
                        "category": "Deploy",
                        "owner": "AWS",
                        "provider": "CloudFormation",
                        "version": "1",
                    },
                    "configuration": {
                        "ActionMode": "CREATE_UPDATE",
                        "StackName": "s",
                        "TemplatePath": "BuildOutput::t.json",
                    },
                    "inputArtifacts": [{"name": "BuildOutput"}],
                    "runOrder": 2,
                },
            ],
        },
    ],
}


def source(pipeline: Declaration) -> Declaration:
    found: Declaration = pipeline["stages"][0]["actions"][0]
    return found


def build(pipeline: Declaration) -> Declaration:
    found: Declaration = pipeline["stages"][1]["actions"][0]
    return found


def deploy(pipeline: Declaration) -> Declaration:
    found: Declaration = pipeline["stages"][1]["actions"][1]
    return found


def asking(variable: str) -> Declaration:
    rule_type = {"category": "Rule", "owner": "AWS", "provider": "VariableCheck", "version": "1"}
    configuration = {"Variable": variable, "Value": "HOLD", "Operator": "EQ"}
    rule = {"name": "Verdict", "ruleTypeId": rule_type, "configuration": configuration}
    return {"conditions": [{"result": "SKIP", "rules": [rule]}]}


def asked_stage() -> Declaration:
    return deepcopy(PIPELINE["stages"][1]) | {"name": "Asked", "beforeEntry": asking("#{Source.CommitId}")}


def checked(change: Change) -> None:
    pipeline = deepcopy(PIPELINE)
    change(pipeline)
    validate(pipeline, region="us-east-1")


def test_a_pipeline() -> None:
    """What CDK writes for source, build and deployment is one."""
    checked(lambda _: None)


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        (lambda p: p["stages"].pop(), "InvalidStructureException", "minimum of 2 stages"),
        (lambda p: p["stages"].reverse(), "InvalidStructureException", "only contains source actions"),
        (lambda p: p["stages"].append(p["stages"][0]), "InvalidStructureException", "unique within a pipeline: Source"),
        (lambda p: p["stages"][1].update(name="Source"), "InvalidStructureException", "Stage name must be unique"),
        (lambda p: deploy(p).update(name="Build"), "InvalidStructureException", "unique within stage Build: Build"),
        (lambda p: p["stages"][1].update(actions=[]), "InvalidStageDeclarationException", "Build has no actions"),
        (lambda p: deploy(p).update(runOrder=1), "InvalidStructureException", "Bundle BuildOutput in action Deploy"),
        (
            lambda p: build(p).update(outputArtifacts=[{"name": "SourceOutput"}]),
            "InvalidStructureException",
            "unique within a pipeline: SourceOutput",
        ),
        (lambda p: build(p).update(namespace="Source"), "InvalidStructureException", "Namespace must be unique"),
        (lambda p: build(p).update(namespace="variables"), "InvalidStructureException", "variables is reserved"),
        (lambda p: source(p).pop("namespace"), "InvalidActionDeclarationException", "#{Source.CommitId}"),
        (lambda p: p.pop("variables"), "InvalidActionDeclarationException", "#{variables.Depth}"),
        (
            lambda p: build(p)["configuration"].update(Typo="x"),
            "InvalidActionDeclarationException",
            "unknown configuration 'Typo'",
        ),
        (
            lambda p: source(p)["configuration"].pop("Branch"),
            "InvalidActionDeclarationException",
            "missing required configuration 'Branch'",
        ),
        (
            lambda p: source(p)["configuration"].update(OAuthToken="****"),
            "InvalidActionDeclarationException",
            "the mask that GetPipeline shows",
        ),
        (
            lambda p: build(p)["configuration"].update(EnvironmentVariables="{"),
            "InvalidActionDeclarationException",
            "is not JSON",
        ),
        (lambda p: build(p).update(inputArtifacts=[]), "InvalidActionDeclarationException", "has 0 input artifacts"),
        (
            lambda p: build(p)["configuration"].update(PrimarySource="Other"),
            "InvalidActionDeclarationException",
            "'Other' of action Build is not one of its input artifacts",
        ),
        (
            lambda p: deploy(p)["configuration"].update(ActionMode="MAYBE"),
            "InvalidActionDeclarationException",
            "'MAYBE' of action Deploy is not one of CREATE_UPDATE",
        ),
        (
            lambda p: deploy(p)["configuration"].update(TemplatePath="SourceOutput::t.json"),
            "InvalidActionDeclarationException",
            "'SourceOutput', which is not one of its input artifacts",
        ),
        (lambda p: p.update(pipelineType="V1"), "InvalidStructureException", "type V2"),
        (lambda p: p.pop("artifactStore"), "InvalidStructureException", "artifactStore"),
        (lambda p: build(p).update(runOrder=0), "InvalidActionDeclarationException", "between 1 and 999"),
        (
            lambda p: p["stages"][1].update(beforeEntry=asking("#{Gate.VERDICT}")),
            "InvalidActionDeclarationException",
            "Rule Verdict of stage Build refers to #{Gate.VERDICT}, but no preceding action",
        ),
        (
            lambda p: p.update(pipelineType="V1", variables=[], stages=[*p["stages"], asked_stage()]),
            "InvalidStructureException",
            "Conditions of a stage need a pipeline of type V2",
        ),
    ],
)
def test_mistakes(change: Change, code: str, words: str) -> None:
    """Each mistake is refused under AWS's code, with the value that is wrong."""
    with pytest.raises(AwsError) as refused:
        checked(change)

    assert refused.value.code == code
    assert words in refused.value.message


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (lambda p: p.update(artifactStores={"us-east-1": {}}), "artifactStores"),
        (lambda p: p["stages"][1].update(onFailure={"result": "ROLLBACK"}), "onFailure.result ROLLBACK"),
        (lambda p: p["stages"][1].update(onFailure={"conditions": [{"rules": []}]}), "onFailure.conditions"),
        (lambda p: p["stages"][1].update(onSuccess={"conditions": [{"rules": []}]}), "onSuccess of stage Build"),
        (lambda p: deploy(p)["actionTypeId"].update(provider="S3"), "Deploy/AWS/S3/1 of action Deploy"),
        (lambda p: source(p)["configuration"].update(PollForSourceChanges="true"), "PollForSourceChanges=true"),
        (lambda p: build(p).update(region="eu-west-1"), "region eu-west-1"),
        (lambda p: build(p)["configuration"].update(BatchEnabled="true"), "BatchEnabled of action Build"),
    ],
)
def test_what_is_not_supported(change: Change, name: str) -> None:
    """What the local cloud does not support is refused by name."""
    with pytest.raises(UnsupportedError, match="not supported by the local cloud") as refused:
        checked(change)

    assert name in refused.value.message


def test_the_mask() -> None:
    """A masked declaration holds no secret, and the original stays whole."""
    assert "very secret" not in str(masked_pipeline(PIPELINE))
    assert source(PIPELINE)["configuration"]["OAuthToken"] == "very secret"
