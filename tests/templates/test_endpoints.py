"""What is promised of QA's and PROD's endpoints."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import assertions

from handover.names import StackKind
from stacks.constructs.answer_alarms import AnswerAlarms
from stacks.constructs.endpoint import ModelEndpoint
from stacks.constructs.guardrails import deployment_config
from stacks.settings import Deployment, Settings, Stage
from stacks.specs import ExpectedAnswers, Workload
from tests.templates.cloud_assembly import CloudAssembly
from tests.templates.template import Template, render

SERVED = {"AWS::SageMaker::Model", "AWS::SageMaker::EndpointConfig", "AWS::SageMaker::Endpoint"}
SCALING = {"AWS::ApplicationAutoScaling::ScalableTarget", "AWS::ApplicationAutoScaling::ScalingPolicy"}


@pytest.fixture(params=["Qa", "Prod"])
def kind(request: pytest.FixtureRequest) -> StackKind:
    chosen: StackKind = request.param
    return chosen


@pytest.fixture
def endpoint(assembly: CloudAssembly, workload: Workload, kind: StackKind) -> Template:
    return assembly.templates[workload.stack_name(kind)]


def test_the_model_is_a_package_that_the_pipeline_names(endpoint: Template) -> None:
    """One template serves every release, and no default package could be served by mistake."""
    model = endpoint.only("AWS::SageMaker::Model")
    assert model["PrimaryContainer"] == {"ModelPackageName": {"Ref": "ModelPackageArn"}}
    assert model["ExecutionRoleArn"] == {"Ref": "ExecutionRoleArn"}
    assert [p for p in endpoint.document["Parameters"].values() if "Default" in p or p["Type"] != "String"] == []


def test_containers_have_no_network(endpoint: Template) -> None:
    """SageMaker isolates the model's containers from the network."""
    assert endpoint.only("AWS::SageMaker::Model")["EnableNetworkIsolation"] is True


def test_endpoint_config_and_model_belong_together(endpoint: Template) -> None:
    """The endpoint refers to its configuration, and the configuration to its model."""
    (model,), (config,) = (endpoint.of_type(f"AWS::SageMaker::{kind}") for kind in ("Model", "EndpointConfig"))
    (variant,) = endpoint.only("AWS::SageMaker::EndpointConfig")["ProductionVariants"]
    assert render(variant["ModelName"]) == f"${{{model}.ModelName}}"
    name = endpoint.only("AWS::SageMaker::Endpoint")["EndpointConfigName"]
    assert render(name) == f"${{{config}.EndpointConfigName}}"


def test_instances_are_what_the_settings_say(endpoint: Template, settings: Settings, kind: StackKind) -> None:
    """Type and count of a stage's instances are those of gatehouse.toml."""
    stage = settings.stages.qa if kind == "Qa" else settings.stages.prod
    (variant,) = endpoint.only("AWS::SageMaker::EndpointConfig")["ProductionVariants"]
    assert (variant["InstanceType"], variant["InitialInstanceCount"]) == (stage.instance_type, stage.instance_count)


def test_prod_scales_as_the_settings_say(prod: Template, settings: Settings) -> None:
    """Autoscaling's bounds, target and cooldowns are those of gatehouse.toml."""
    scaling = settings.stages.prod.scaling
    assert scaling is not None
    endpoint = prod.only("AWS::SageMaker::Endpoint")["EndpointName"]
    (variant,) = prod.only("AWS::SageMaker::EndpointConfig")["ProductionVariants"]
    target = prod.only("AWS::ApplicationAutoScaling::ScalableTarget")
    assert target["ResourceId"] == f"endpoint/{endpoint}/variant/{variant['VariantName']}"
    assert (target["MinCapacity"], target["MaxCapacity"]) == (scaling.min_instances, scaling.max_instances)
    policy = prod.only("AWS::ApplicationAutoScaling::ScalingPolicy")
    assert policy["TargetTrackingScalingPolicyConfiguration"] == {
        "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
        "TargetValue": scaling.invocations_per_instance,
        "ScaleInCooldown": scaling.scale_in_cooldown_seconds,
        "ScaleOutCooldown": scaling.scale_out_cooldown_seconds,
    }


def test_prod_is_scaled_only_once_it_is_there(prod: Template) -> None:
    """The target depends on the endpoint, to which nothing else in it refers."""
    (target,) = (r for r in prod.resources.values() if r["Type"] == "AWS::ApplicationAutoScaling::ScalableTarget")
    assert target["DependsOn"] == list(prod.of_type("AWS::SageMaker::Endpoint"))


#: The release: the last part of the package's ARN.
VERSION = "${${ModelPackageArn} at /2}"


def alarm(template: Template, metric: str) -> dict[str, Any]:
    (found,) = [a for a in template.of_type("AWS::CloudWatch::Alarm").values() if a["MetricName"] == metric]
    return found


def test_prod_alarms_on_errors_as_the_settings_say(prod: Template, settings: Settings) -> None:
    """The alarm watches the metric's average, which is the share of failed requests."""
    assert settings.stages.prod.alarms is not None
    errors = alarm(prod, "Invocation5XXErrors")
    assert (errors["Statistic"], errors["Period"], errors["EvaluationPeriods"]) == ("Average", 60, 1)
    assert errors["ComparisonOperator"] == "GreaterThanThreshold"
    assert errors["Threshold"] == settings.stages.prod.alarms.errors_5xx_percent / 100


def test_prod_alarms_on_latency_as_the_settings_say(prod: Template, settings: Settings) -> None:
    """The alarm has SageMaker's microseconds where the settings have milliseconds."""
    assert settings.stages.prod.alarms is not None
    latency = alarm(prod, "ModelLatency")
    assert (latency["ExtendedStatistic"], latency["Period"], latency["EvaluationPeriods"]) == ("p99", 60, 3)
    assert latency["ComparisonOperator"] == "GreaterThanThreshold"
    assert latency["Threshold"] == settings.stages.prod.alarms.p99_latency_milliseconds * 1000


def test_alarms_watch_this_endpoint_and_silence_is_no_alarm(prod: Template, workload: Workload) -> None:
    """Each alarm of PROD has the endpoint's dimensions and treats missing data as not breaching."""
    endpoint = prod.only("AWS::SageMaker::Endpoint")["EndpointName"]
    alarms = prod.of_type("AWS::CloudWatch::Alarm").values()
    assert len(alarms) == 2 + len(workload.watches)
    for found in alarms:
        dimensions = {d["Name"]: d["Value"] for d in found["Dimensions"]}
        assert dimensions.items() >= {"EndpointName": endpoint, "VariantName": "AllTraffic"}.items()
        assert found["TreatMissingData"] == "notBreaching"


@pytest.mark.watched
def test_prod_alarms_on_its_own_releases_answers(prod: Template, workload: Workload) -> None:
    """The alarm watches this release's answers alone, for what it replaces answers under the same name."""
    (expected,) = workload.watches
    answers = alarm(prod, "AnswerShare")
    dimensions = {d["Name"]: d["Value"] for d in answers["Dimensions"]}
    assert (answers["Namespace"], answers["Statistic"], answers["Period"]) == ("Gatehouse", "Average", 60)
    assert (render(dimensions["Release"]), dimensions["Answer"]) == (VERSION, expected.label)
    assert (answers["Threshold"], answers["ComparisonOperator"]) == (expected.at_most, "GreaterThanThreshold")


def test_a_band_of_answers_has_an_alarm_for_each_bound() -> None:
    """A band from 20 to 60 % has one alarm that rings below and one that rings above."""
    stack = cdk.Stack()
    stage = Stage(instance_type="ml.m5.large", capture_percent=0)
    made = {"name": "e", "package_arn": "arn:x/group/7", "role_arn": "arn:role", "key_arn": None}
    endpoint = ModelEndpoint(stack, "E", stage=stage, **made)
    AnswerAlarms(
        stack,
        "A",
        dimensions=endpoint.answer_dimensions,
        expected=ExpectedAnswers(label="yes", at_least=0.2, at_most=0.6),
    )
    found = assertions.Template.from_stack(stack).find_resources("AWS::CloudWatch::Alarm").values()
    bounds = {(each["Properties"]["ComparisonOperator"], each["Properties"]["Threshold"]) for each in found}
    assert bounds == {("LessThanThreshold", 0.2), ("GreaterThanThreshold", 0.6)}


def test_alarms_tell_the_topic_that_the_pipeline_names(prod: Template, workload: Workload) -> None:
    """Each of PROD's alarms publishes to the topic of the stack's parameter."""
    actions = [found["AlarmActions"] for found in prod.of_type("AWS::CloudWatch::Alarm").values()]
    assert actions == [[{"Ref": "NotificationTopicArn"}]] * (2 + len(workload.watches))


def guarded(prod: Template) -> dict[str, Any]:
    """PROD's deployment as a push has it."""
    condition, config, _ = prod.only("AWS::SageMaker::Endpoint")["DeploymentConfig"]["Fn::If"]
    assert prod.document["Conditions"][condition] == {"Fn::Equals": [{"Ref": "TrafficShift"}, "guarded"]}
    found: dict[str, Any] = config
    return found


def test_a_rollback_can_move_all_the_traffic_at_once(prod: Template) -> None:
    """The traffic moves unguarded only where the stack's parameter says so: an alarm that rings would send it back."""
    *_, otherwise = prod.only("AWS::SageMaker::Endpoint")["DeploymentConfig"]["Fn::If"]
    routing = {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}
    assert otherwise == {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing}}
    parameter = prod.document["Parameters"]["TrafficShift"]
    assert parameter["AllowedValues"] == ["guarded", "at-once"]


def test_prod_changes_as_the_settings_say(prod: Template, settings: Settings) -> None:
    """PROD changes by a canary of SageMaker's blue/green deployment, with time for its bakes and a fleet's start."""
    deployment = settings.stages.prod.deployment
    assert deployment is not None
    assert deployment.strategy == "CANARY"
    config = guarded(prod)
    assert config["BlueGreenUpdatePolicy"] == {
        "TrafficRoutingConfiguration": {
            "Type": "CANARY",
            "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": deployment.share_percent},
            "WaitIntervalInSeconds": deployment.bake_seconds,
        },
        "TerminationWaitInSeconds": deployment.final_bake_seconds,
        "MaximumExecutionTimeoutInSeconds": deployment.timeout_seconds,
    }


def test_every_alarm_of_prod_sends_the_traffic_back(prod: Template) -> None:
    """The endpoint refers to its alarms, so that they exist before it, and no alarm refers to the endpoint."""
    config = guarded(prod)
    named = [alarm["AlarmName"] for alarm in config["AutoRollbackConfiguration"]["Alarms"]]
    assert named == [{"Ref": logical_id} for logical_id in prod.of_type("AWS::CloudWatch::Alarm")]
    (endpoint,) = prod.of_type("AWS::SageMaker::Endpoint")
    assert endpoint not in json.dumps(list(prod.of_type("AWS::CloudWatch::Alarm").values()))


def test_an_update_of_prod_keeps_the_instances_that_autoscaling_has_set(prod: Template) -> None:
    """An update takes weights and data capture, and no instance count, from the new configuration."""
    endpoint = prod.only("AWS::SageMaker::Endpoint")
    assert endpoint["RetainAllVariantProperties"] is True
    excluded = {each["VariantPropertyType"] for each in endpoint["ExcludeRetainedVariantProperties"]}
    assert excluded == {"DesiredWeight", "DataCaptureConfig"}


def test_linear_and_all_at_once_are_sagemakers_words() -> None:
    """LINEAR has a step size and an interval; ALL_AT_ONCE has neither."""
    linear = Deployment(strategy="LINEAR", share_percent=25, bake_seconds=60, final_bake_seconds=30)
    at_once = Deployment(strategy="ALL_AT_ONCE", final_bake_seconds=30)
    policies = [deployment_config(each, [])["BlueGreenUpdatePolicy"] for each in (linear, at_once)]
    assert [policy["TrafficRoutingConfiguration"] for policy in policies] == [
        {
            "Type": "LINEAR",
            "LinearStepSize": {"Type": "CAPACITY_PERCENT", "Value": 25},
            "WaitIntervalInSeconds": 60,
        },
        {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0},
    ]
    assert [policy["TerminationWaitInSeconds"] for policy in policies] == [30, 30]


def test_prod_captures_what_the_settings_say(prod: Template, settings: Settings) -> None:
    """PROD captures requests and answers as text, in the pipeline's bucket, in a folder for each release."""
    capture = prod.only("AWS::SageMaker::EndpointConfig")["DataCaptureConfig"]
    assert capture["EnableCapture"] is True
    assert capture["InitialSamplingPercentage"] == settings.stages.prod.capture_percent
    assert render(capture["DestinationS3Uri"]) == f"s3://${{CaptureBucket}}/capture/{VERSION}"
    assert [option["CaptureMode"] for option in capture["CaptureOptions"]] == ["Input", "Output"]
    assert capture["CaptureContentTypeHeader"]["CsvContentTypes"] == ["text/csv"]


def test_qa_has_neither_scaling_nor_alarms_nor_capture(qa: Template, prod: Template) -> None:
    """QA's stack has the served model alone; PROD's has scaling and alarms besides."""
    assert {resource["Type"] for resource in qa.resources.values()} == SERVED
    assert {resource["Type"] for resource in prod.resources.values()} == SERVED | SCALING | {"AWS::CloudWatch::Alarm"}
    assert "DataCaptureConfig" not in qa.only("AWS::SageMaker::EndpointConfig")


def test_endpoint_templates_stand_alone(endpoint: Template) -> None:
    """The template needs no bootstrap version, no other stack and no asset, for CodePipeline deploys the bare file."""
    assert set(endpoint.document) - {"Conditions"} == {"Description", "Parameters", "Resources", "Outputs"}
    text = json.dumps(endpoint.document)
    assert "Fn::ImportValue" not in text
    assert "cdk-" not in text
    assert "BootstrapVersion" not in text


def test_endpoint_stacks_have_no_assets(assembly: CloudAssembly, workload: Workload, kind: StackKind) -> None:
    """No asset file and no template asset belong to an endpoint's stack."""
    name = workload.stack_name(kind)
    assert not (assembly.folder / f"{name}.assets.json").exists()
    assert "stackTemplateAssetObjectUrl" not in assembly.manifest["artifacts"][name]["properties"]


def test_whoever_asks_learns_name_and_package(endpoint: Template) -> None:
    """The stack's outputs are the endpoint's name and the package that it serves."""
    outputs = {name: render(output["Value"]) for name, output in endpoint.document["Outputs"].items()}
    (endpoint_id,) = endpoint.of_type("AWS::SageMaker::Endpoint")
    assert outputs == {"EndpointName": f"${{{endpoint_id}.EndpointName}}", "ServedPackageArn": "${ModelPackageArn}"}
