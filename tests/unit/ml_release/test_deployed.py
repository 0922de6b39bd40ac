"""A commit whose pipeline is not the deployed one stops at Build, and the message says what to do."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from handover.step_variables import SynthVariables
from ml_release.deployed import check, deployed_template, differences, main, plain
from ml_steps.running import StepError

VARIABLES = SynthVariables(workload="cars", stack="CarsPipeline")
ONE, OTHER = "1" * 64, "2" * 64


def template() -> dict[str, Any]:
    """A pipeline's stack in small: a build, a function's file, stages with names."""
    gate = {"EnvironmentVariables": [{"Name": "APPROVAL", "Value": "false"}, {"Name": "WORKLOAD", "Value": "cars"}]}
    stages = [{"Name": "Source", "Actions": []}, {"Name": "Approve", "BeforeEntry": {"Result": "SKIP"}}]
    return {
        "Description": "The pipeline of cars",
        "Parameters": {"BootstrapVersion": {"Type": "String", "Default": "/cdk/version"}},
        "Resources": {
            "Gate": {"Type": "AWS::CodeBuild::Project", "Properties": {"Environment": gate}, "DependsOn": ["A", "B"]},
            "Ended": {"Type": "AWS::Lambda::Function", "Properties": {"Code": {"S3Key": f"{ONE}.zip"}}},
            "Release": {"Type": "AWS::CodePipeline::Pipeline", "Properties": {"Stages": stages}},
        },
        "Outputs": {"Bucket": {"Value": "b"}},
    }


def found(deployed: dict[str, Any], committed: dict[str, Any]) -> list[str]:
    return list(differences(plain(deployed), plain(committed)))


def properties(of: dict[str, Any], name: str) -> dict[str, Any]:
    members: dict[str, Any] = of["Resources"][name]["Properties"]
    return members


def test_equal_templates_let_the_push_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    """After a deploy of the same commit, the log says that there is nothing to deploy."""
    check(VARIABLES, template(), template())
    assert capsys.readouterr().out == "CarsPipeline is deployed as this commit has it.\n"


def test_a_setting_that_is_not_deployed_stops_the_push() -> None:
    """The message names the stack, the resource, the setting with both values, and the command."""
    committed = template()
    properties(committed, "Gate")["Environment"]["EnvironmentVariables"][0]["Value"] = "true"
    del properties(committed, "Release")["Stages"][1]["BeforeEntry"]
    with pytest.raises(StepError) as stopped:
        check(VARIABLES, template(), committed)
    said = str(stopped.value)
    assert said.startswith("CarsPipeline is deployed with other settings than this commit has:\n")
    assert "  Gate (AWS::CodeBuild::Project): Environment.EnvironmentVariables.APPROVAL.Value: false → true\n" in said
    assert '  Release (AWS::CodePipeline::Pipeline): Stages.Approve.BeforeEntry: {"Result": "SKIP"} → nothing\n' in said
    assert "run make deploy WORKLOAD=cars, and start the pipeline again (make push WORKLOAD=cars AGAIN=1)" in said


def test_a_file_that_is_not_deployed_is_said_and_stops_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """The judge's code or rules of another commit: whose files they are, and that the deployed ones judge."""
    committed = template()
    properties(committed, "Ended")["Code"]["S3Key"] = f"{OTHER}.zip"
    check(VARIABLES, template(), committed)
    said = capsys.readouterr().out
    assert "CarsPipeline is deployed with other files than this commit has, of Ended." in said
    assert "The push is judged by what is deployed; make deploy WORKLOAD=cars brings this commit's." in said


def test_what_may_honestly_differ_is_no_difference() -> None:
    """The CDK's metadata and version, orders of names, and characters that CloudFormation gives as question marks."""
    deployed, committed = template(), template()
    properties(committed, "Ended")["Description"] = "Ends a “held” release"
    properties(deployed, "Ended")["Description"] = "Ends a ?held? release"
    committed["Resources"]["Ended"]["Metadata"] = {"aws:cdk:path": "Cars/Ended"}
    committed["Resources"]["CDKMetadata"] = {"Type": "AWS::CDK::Metadata", "Properties": {"Analytics": "v2:x"}}
    committed["Resources"]["Gate"]["DependsOn"] = ["B", "A"]
    committed["Parameters"]["BootstrapVersion"]["Default"] = "/another"
    committed["Rules"] = {"CheckBootstrapVersion": {}}
    committed = {name: committed[name] for name in reversed(committed)}
    assert found(deployed, committed) == []


def test_resources_parameters_and_outputs_come_and_go() -> None:
    """What only one of the two has is named, with the side that lacks it."""
    committed = template()
    committed["Parameters"]["ChampionPackageArn"] = {"Type": "String"}
    committed["Resources"]["Topic"] = {"Type": "AWS::SNS::Topic"}
    del committed["Resources"]["Ended"], committed["Outputs"]["Bucket"]
    assert found(template(), committed) == [
        "ChampionPackageArn (Parameters): it is not deployed",
        "Ended (AWS::Lambda::Function): the commit does not have it",
        "Topic (AWS::SNS::Topic): it is not deployed",
        "Bucket (Outputs): the commit does not have it",
    ]


def test_an_order_that_counts_is_a_difference() -> None:
    """Stages that change places, although they are named; a list that grows."""
    committed = template()
    properties(committed, "Release")["Stages"].reverse()
    assert any(
        line.startswith("Release (AWS::CodePipeline::Pipeline): Stages.0") for line in found(template(), committed)
    )
    committed = template()
    properties(committed, "Gate")["Layers"] = ["a"]
    deployed = template()
    properties(deployed, "Gate")["Layers"] = ["a", "b"]
    assert found(deployed, committed) == ["Gate (AWS::CodeBuild::Project): Layers: b → nothing"]
    assert found(committed, deployed) == ["Gate (AWS::CodeBuild::Project): Layers: nothing → b"]


def test_an_images_digest_is_a_setting() -> None:
    """Which image may be served is chosen by people: another digest is no mere file."""
    deployed, committed = template(), template()
    for each, digest in ((deployed, ONE), (committed, OTHER)):
        properties(each, "Gate")["Image"] = f"xgboost@sha256:{digest}"
    assert len(found(deployed, committed)) == 1


def test_long_values_and_many_differences_are_cut() -> None:
    """A message stays readable when everything is different."""
    committed = template()
    for number in range(20):
        committed["Outputs"][f"Output{number:02}"] = {"Value": "x"}
    properties(committed, "Ended")["Runtime"] = "y" * 101
    with pytest.raises(StepError) as stopped:
        check(VARIABLES, template(), committed)
    assert "nothing → " + "y" * 100 + "…\n" in str(stopped.value)
    assert "  and 9 more\n" in str(stopped.value)


class CloudFormation:
    """Gives a stack's template, or refuses."""

    def __init__(self, body: object = None) -> None:
        self._body = body

    def get_template(self, **asked: str) -> dict[str, object]:
        assert asked == {"StackName": "CarsPipeline", "TemplateStage": "Original"}
        if self._body is None:
            message = "User: synth is not authorized to perform: cloudformation:GetTemplate"
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": message}}, "GetTemplate")
        return {"TemplateBody": self._body}


def test_a_pipeline_that_may_not_be_compared_needs_a_deploy() -> None:
    """A role deployed before this check existed is refused: the message says so, and what to run."""
    assert deployed_template(CloudFormation(template()), VARIABLES) == template()
    with pytest.raises(StepError, match=r"GetTemplate.*run make deploy WORKLOAD=cars"):
        deployed_template(CloudFormation(), VARIABLES)
    with pytest.raises(StepError, match="no JSON"):
        deployed_template(CloudFormation("Resources: {}"), VARIABLES)


def test_a_build_that_is_told_nothing_needs_a_deploy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipeline deployed before this check existed does not name its stack: the message says what to run."""
    monkeypatch.delenv("PIPELINE_STACK_NAME", raising=False)
    monkeypatch.setenv("WORKLOAD", "cars")
    with pytest.raises(StepError, match=r"older than this commit: run make deploy WORKLOAD=…\. .*PIPELINE_STACK_NAME"):
        main()


def test_comparing_changes_neither_template() -> None:
    """Both are as they were afterwards."""
    deployed, committed = template(), template()
    before = copy.deepcopy((deployed, committed))
    assert found(deployed, committed) == []
    assert json.dumps([deployed, committed]) == json.dumps(before)
