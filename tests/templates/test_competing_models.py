"""What is promised of PROD where releases compete: one template, with one model or two."""

from __future__ import annotations

from typing import Any

import pytest

from stacks.specs import Workload
from tests.templates.cloud_assembly import CloudAssembly
from tests.templates.template import Template, render

COMPETES = {"Fn::Not": [{"Fn::Equals": [{"Ref": "ChampionPackageArn"}, "none"]}]}


@pytest.fixture
def competing(assembly_with_ab: CloudAssembly, workload: Workload) -> Template:
    return assembly_with_ab.templates[workload.stack_name("Prod")]


def variants(template: Template) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = template.only("AWS::SageMaker::EndpointConfig")["ProductionVariants"]
    return found


def test_without_a_champion_a_release_serves_alone(competing: Template) -> None:
    """The champion's parameter defaults to none, for a first release has nothing to compete with."""
    assert competing.document["Parameters"]["ChampionPackageArn"]["Default"] == "none"
    assert competing.document["Conditions"]["Competes"] == COMPETES
    models = competing.of_type("AWS::SageMaker::Model")
    (main,) = (model for name, model in models.items() if not name.endswith("ChallengerModel"))
    assert main["PrimaryContainer"]["ModelPackageName"] == {
        "Fn::If": ["Competes", {"Ref": "ChampionPackageArn"}, {"Ref": "ModelPackageArn"}]
    }


def test_with_a_champion_the_release_is_a_second_variant(competing: Template) -> None:
    """The release's model and variant exist under one condition, with the weight of the settings."""
    main, second = variants(competing)
    condition, challenger, otherwise = second["Fn::If"]
    assert (condition, otherwise) == ("Competes", {"Ref": "AWS::NoValue"})
    assert (main["VariantName"], challenger["VariantName"]) == ("AllTraffic", "Challenger")
    assert (main["InitialVariantWeight"], challenger["InitialVariantWeight"]) == (80, 20)
    (name,) = (name for name in competing.of_type("AWS::SageMaker::Model") if name.endswith("ChallengerModel"))
    assert competing.resources[name]["Condition"] == "Competes"
    assert render(challenger["ModelName"]) == f"${{{name}.ModelName}}"
    assert competing.of_type("AWS::SageMaker::Model")[name]["PrimaryContainer"] == {
        "ModelPackageName": {"Ref": "ModelPackageArn"}
    }


def test_only_the_variant_that_stays_is_scaled(competing: Template) -> None:
    """The variant that goes is no target of scaling: SageMaker would refuse to remove it."""
    target = competing.only("AWS::ApplicationAutoScaling::ScalableTarget")
    assert target["ResourceId"].endswith("/variant/AllTraffic")


def test_the_challengers_alarms_guard_it_while_it_competes(competing: Template, workload: Workload) -> None:
    """Each variant has the same alarms; the second one's exist under the condition, also in the deployment."""
    alarms = competing.of_type("AWS::CloudWatch::Alarm")
    variant = {
        name: next(d["Value"] for d in alarm["Dimensions"] if d["Name"] == "VariantName")
        for name, alarm in alarms.items()
    }
    seconds = {name for name, value in variant.items() if value == "Challenger"}
    watched = [{alarms[name]["MetricName"] for name in names} for names in (seconds, alarms.keys() - seconds)]
    shares = {"AnswerShare"} if workload.watches else set()
    assert watched == [{"Invocation5XXErrors", "ModelLatency"} | shares] * 2
    assert len(seconds) == len(alarms) / 2
    assert {name for name in alarms if competing.resources[name].get("Condition") == "Competes"} == seconds
    _, config, _ = competing.only("AWS::SageMaker::Endpoint")["DeploymentConfig"]["Fn::If"]
    guards = config["AutoRollbackConfiguration"]["Alarms"]
    conditional = [guard["Fn::If"] for guard in guards if "Fn::If" in guard]
    assert {given["AlarmName"]["Ref"] for _, given, _ in conditional} == seconds
    assert all((condition, other) == ("Competes", {"Ref": "AWS::NoValue"}) for condition, _, other in conditional)


@pytest.mark.watched
def test_an_experiments_answers_are_its_own(competing: Template) -> None:
    """An experiment's answers are captured and counted apart from those that the release gives alone."""
    version = {"Fn::Select": [2, {"Fn::Split": ["/", {"Ref": "ModelPackageArn"}]}]}
    experiment = {"Fn::Join": ["", [version, "-competing"]]}
    folder = {"Fn::If": ["Competes", experiment, version]}
    capture = competing.only("AWS::SageMaker::EndpointConfig")["DataCaptureConfig"]["DestinationS3Uri"]
    assert capture["Fn::Join"][1][-1] == folder
    answers = [a for a in competing.of_type("AWS::CloudWatch::Alarm").values() if a["MetricName"] == "AnswerShare"]
    watched = {
        d["VariantName"]: d["Release"] for d in ({e["Name"]: e["Value"] for e in a["Dimensions"]} for a in answers)
    }
    assert watched == {"AllTraffic": folder, "Challenger": experiment}


def test_qa_serves_what_is_judged_and_nothing_else(assembly_with_ab: CloudAssembly, workload: Workload) -> None:
    """QA's endpoint has one variant and no champion, also where releases compete."""
    qa = assembly_with_ab.templates[workload.stack_name("Qa")]
    assert len(variants(qa)) == 1
    assert "ChampionPackageArn" not in qa.document["Parameters"]


def test_the_pipeline_names_the_champion_that_the_gate_compared_with(
    assembly_with_ab: CloudAssembly, assembly: CloudAssembly, workload: Workload
) -> None:
    """PROD's deployment gets the gate's champion where releases compete, and no champion elsewhere."""
    name = workload.stack_name("Pipeline")
    assert '"ChampionPackageArn":"#{Gate.CHAMPION_PACKAGE_ARN}"' in render(parameters(assembly_with_ab.templates[name]))
    assert "ChampionPackageArn" not in render(parameters(assembly.templates[name]))


def parameters(pipeline: Template) -> Any:
    """The parameters with which PROD is deployed."""
    stages = pipeline.only("AWS::CodePipeline::Pipeline")["Stages"]
    actions = next(stage["Actions"] for stage in stages if stage["Name"] == "PROD")
    return next(a["Configuration"]["ParameterOverrides"] for a in actions if a["Name"] == "DeployProd")
