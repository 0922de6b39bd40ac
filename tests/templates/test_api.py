"""What is promised of the API of a release: who may call what, and what stands behind it."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import replace
from typing import Any

import aws_cdk as cdk
import pytest

from handover.predict_variables import PredictVariables
from stacks.api_stack import attach_api
from stacks.pipeline_stack import PipelineStack
from stacks.settings import Settings
from stacks.specs import Workload
from stacks.workloads import WORKLOADS
from tests.templates.cloud_assembly import PROJECT, CloudAssembly
from tests.templates.template import Template, render

PATHS = {"predictions", "schema", "openapi.json"}
#: What a caller sends where it is not a value for each column, and what the facts call that.
ASKED = {"dog_breeds": ["address"], "movie_recommender": ["user"]}
KINDS = {"dog_breeds": "image", "movie_recommender": "ranking", "nyt_comments": "text"}


def path_of(template: Template, method: dict[str, Any]) -> str:
    """``people/predictions``."""
    resources = template.of_type("AWS::ApiGateway::Resource")
    parts, reference = [], method["ResourceId"]["Ref"]
    while reference in resources:
        parts.append(resources[reference]["PathPart"])
        reference = resources[reference]["ParentId"]["Ref"]
    assert reference == "RootResourceId"
    return "/".join(reversed(parts))


@pytest.fixture
def methods(api: Template) -> dict[tuple[str, str], dict[str, Any]]:
    """The methods by verb and path."""
    found = api.of_type("AWS::ApiGateway::Method").values()
    return {(method["HttpMethod"], path_of(api, method)): method for method in found}


def test_programs_sign_and_people_bring_a_token(methods: dict[tuple[str, str], dict[str, Any]]) -> None:
    """Each question has a method for programs, by IAM, and one for people, by the pool's authorizer and a scope."""
    asked = {(verb, path) for verb, path in methods if verb != "OPTIONS"}
    own = {("POST", "predictions"), ("GET", "schema"), ("GET", "openapi.json")}
    assert asked == own | {(verb, f"people/{path}") for verb, path in own}
    for (verb, path), method in methods.items():
        if verb != "OPTIONS":
            person = path.startswith("people/")
            assert method["AuthorizationType"] == ("COGNITO_USER_POOLS" if person else "AWS_IAM")
            assert method.get("AuthorizerId") == ({"Ref": "AuthorizerId"} if person else None)
            assert method.get("AuthorizationScopes") == (["openid"] if person else None)


def test_nothing_is_open_but_a_browsers_question(methods: dict[tuple[str, str], dict[str, Any]]) -> None:
    """Only OPTIONS of people's paths has no authorization, and API Gateway answers it without the function."""
    open_to_all = {key: method for key, method in methods.items() if method["AuthorizationType"] == "NONE"}
    assert set(open_to_all) == {("OPTIONS", f"people/{path}") for path in PATHS}
    assert {method["Integration"]["Type"] for method in open_to_all.values()} == {"MOCK"}


def test_only_the_page_may_read_answers(api: Template, methods: dict[tuple[str, str], dict[str, Any]]) -> None:
    """Every Access-Control-Allow-Origin is the page's own address, in answers, refusals and the function's variable."""
    page = "'${PageOrigin}'"
    for (verb, _), method in methods.items():
        if verb == "OPTIONS":
            (answer,) = method["Integration"]["IntegrationResponses"]
            sent = {name.rpartition("-")[2]: render(value) for name, value in answer["ResponseParameters"].items()}
            assert (sent["Origin"], sent["Headers"]) == (page, "'Authorization,Content-Type'")
    refusals = api.of_type("AWS::ApiGateway::GatewayResponse").values()
    assert {each["ResponseType"] for each in refusals} == {"DEFAULT_4XX", "DEFAULT_5XX", "BAD_REQUEST_BODY"}
    for each in refusals:
        (origin,) = each["ResponseParameters"].values()
        assert render(origin) == page
    assert api.only("AWS::Lambda::Function")["Environment"]["Variables"]["PAGE_ORIGIN"] == {"Ref": "PageOrigin"}


def test_a_body_has_the_members_of_the_data_set(
    api: Template, entered: Workload, methods: dict[tuple[str, str], dict[str, Any]]
) -> None:
    """Both POST methods validate bodies by a model: all columns, a ranking's user or a picture's address."""
    dataset = tomllib.loads((PROJECT / "ml_init" / entered.name / "dataset.toml").read_text())
    columns = ASKED.get(entered.name) or [feature["name"] for feature in dataset["features"]]
    model = api.only("AWS::ApiGateway::Model")
    assert model["Schema"]["required"] == columns
    assert list(model["Schema"]["properties"]) == columns
    assert (model["Schema"]["type"], model["Schema"]["additionalProperties"]) == ("object", False)
    assert api.only("AWS::ApiGateway::RequestValidator")["ValidateRequestBody"] is True
    (validator,) = api.of_type("AWS::ApiGateway::RequestValidator")
    (name,) = api.of_type("AWS::ApiGateway::Model")
    for (verb, _), method in methods.items():
        validated = method.get("RequestValidatorId"), method.get("RequestModels")
        wanted = ({"Ref": validator}, {"application/json": {"Ref": name}}) if verb == "POST" else (None, None)
        assert validated == wanted


def test_a_refused_body_is_told_what_is_wrong(api: Template) -> None:
    """API Gateway's answer to a body names the members that are missing or too many."""
    (refusal,) = [
        each
        for each in api.of_type("AWS::ApiGateway::GatewayResponse").values()
        if each["ResponseType"] == "BAD_REQUEST_BODY"
    ]
    assert "$context.error.validationErrorString" in refusal["ResponseTemplates"]["application/json"]


def test_the_function_ends_before_api_gateway_does(
    api: Template, methods: dict[tuple[str, str], dict[str, Any]]
) -> None:
    """API Gateway waits 29 seconds for a function whose own limit is shorter."""
    assert api.only("AWS::Lambda::Function")["Timeout"] < 29
    waits = {m["Integration"]["TimeoutInMillis"] for m in methods.values() if m["Integration"]["Type"] == "AWS_PROXY"}
    assert waits == {29_000}


def test_the_function_is_told_what_it_reads_and_nothing_else(api: Template, entered: Workload) -> None:
    """The variables are those that the function declares; its endpoint is PROD's, its release the package's version."""
    given = api.only("AWS::Lambda::Function")["Environment"]["Variables"]
    assert PredictVariables.required() <= given.keys() <= PredictVariables.names()
    assert given["ENDPOINT_NAME"] == entered.endpoint_name("Prod")
    assert render(given["RELEASE"]) == "${${ModelPackageArn} at /2}"


def test_a_releases_function_has_its_handler_and_the_doors_facts(
    assembly: CloudAssembly, api: Template, entered: Workload
) -> None:
    """The function is packed from lambda/predict, with the hand-over and the door's facts beside its handler."""
    code = api.only("AWS::Lambda::Function")["Code"]
    folder = assembly.folder / f"asset.{code['S3Key'].rpartition('/')[2].removesuffix('.zip')}"
    own = {path.name for path in (PROJECT / "lambda" / "predict").glob("*.py")}
    assert {name for name in own if (folder / name).read_bytes() == _program(name)} == own
    assert (folder / "handover" / "variables.py").is_file()
    assert json.loads((folder / "door.json").read_text())["asks"] == KINDS.get(entered.name, "row")


def _program(name: str) -> bytes:
    return (PROJECT / "lambda" / "predict" / name).read_bytes()


def test_each_release_is_a_version_behind_one_alias(api: Template, settings: Settings) -> None:
    """A version's description has the release, so another release makes another version, which the alias gets."""
    assert "${${ModelPackageArn} at /2}" in render(api.only("AWS::Lambda::Version")["Description"])
    (version,) = api.of_type("AWS::Lambda::Version")
    alias = api.only("AWS::Lambda::Alias")
    assert (alias["Name"], render(alias["FunctionVersion"])) == ("live", f"${{{version}.Version}}")
    assert alias["ProvisionedConcurrencyConfig"] == {
        "ProvisionedConcurrentExecutions": settings.api.function.provisioned
    }


def test_ready_instances_follow_their_use(api: Template, settings: Settings) -> None:
    """The alias scales between the settings' numbers, by the share of its ready instances that are in use."""
    own = settings.api.function
    target = api.only("AWS::ApplicationAutoScaling::ScalableTarget")
    assert (target["MinCapacity"], target["MaxCapacity"]) == (own.provisioned, own.most_provisioned)
    (function,) = api.of_type("AWS::Lambda::Function")
    assert render(target["ResourceId"]) == f"function:${{{function}}}:live"
    policy = api.only("AWS::ApplicationAutoScaling::ScalingPolicy")["TargetTrackingScalingPolicyConfiguration"]
    assert policy["TargetValue"] == own.utilization_percent / 100
    kind = policy["PredefinedMetricSpecification"]["PredefinedMetricType"]
    assert kind == "LambdaProvisionedConcurrencyUtilization"


def test_only_this_apis_stage_may_call_the_function(
    api: Template, methods: dict[tuple[str, str], dict[str, Any]]
) -> None:
    """The one permission is API Gateway's, for this API's stage, on the alias that every method calls."""
    permission = api.only("AWS::Lambda::Permission")
    (alias,) = api.of_type("AWS::Lambda::Alias")
    assert permission["Principal"] == "apigateway.amazonaws.com"
    assert render(permission["FunctionName"]) == f"${{{alias}}}"
    assert render(permission["SourceArn"]) == "arn:aws:execute-api:us-east-1:123456789012:${RestApiId}/live/*"
    called = {
        render(method["Integration"]["Uri"])
        for method in methods.values()
        if method["Integration"]["Type"] == "AWS_PROXY"
    }
    assert [re.findall(r"functions/(.*)/invocations$", uri) for uri in called] == [[f"${{{alias}}}"]]


def test_the_stage_is_throttled_and_logs_no_bodies(api: Template, settings: Settings) -> None:
    """All methods share the settings' limits; the access log has neither bodies nor tokens, and nothing else logs."""
    stage = api.only("AWS::ApiGateway::Stage")
    (method,) = stage["MethodSettings"]
    assert (method["ResourcePath"], method["HttpMethod"]) == ("/*", "*")
    assert method["ThrottlingRateLimit"] == settings.api.throttling.requests_per_second
    assert method["ThrottlingBurstLimit"] == settings.api.throttling.burst_requests
    assert (method["DataTraceEnabled"], method["LoggingLevel"]) == (False, "OFF")
    logged = json.loads(stage["AccessLogSetting"]["Format"])
    assert {"requestId", "status", "latencyMilliseconds"} <= logged.keys()
    assert not [value for value in logged.values() if re.search(r"body|header|token|authorization|apiKey", value)]
    assert stage["AccessLogSetting"]["DestinationArn"] == {"Ref": "AccessLogArn"}


def test_changed_methods_are_deployed_anew(assembly: CloudAssembly) -> None:
    """A deployment's id is made of the methods, models and answers: those of two data sets have two."""
    templates = [assembly.templates[name] for name in ("CarEvaluationApi", "CreditDefaultApi")]
    found = [name for template in templates for name in template.of_type("AWS::ApiGateway::Deployment")]
    assert len(set(found)) == 2
    for template, name in zip(templates, found, strict=True):
        kinds = ("Method", "Model", "Resource", "RequestValidator", "GatewayResponse")
        made = {each for kind in kinds for each in template.of_type(f"AWS::ApiGateway::{kind}")}
        assert set(template.resources[name]["DependsOn"]) == made


def test_a_release_brings_no_roles_and_admits_nobody(api: Template) -> None:
    """Roles, pool, authorizer, policies and the API itself are no resources of the stack that a push deploys."""
    kinds = {resource["Type"] for resource in api.resources.values()}
    assert not [kind for kind in kinds if kind.startswith(("AWS::IAM::", "AWS::Cognito::", "AWS::S3::", "AWS::Cloud"))]
    assert not kinds & {"AWS::ApiGateway::RestApi", "AWS::ApiGateway::Authorizer", "AWS::Lambda::Url"}
    assert api.only("AWS::Lambda::Function")["Role"] == {"Ref": "FunctionRoleArn"}


def test_its_assets_are_under_the_workloads_own_prefix(api: Template, entered: Workload) -> None:
    """Function and page come from the bootstrap's bucket, from where pushes publish and no person deploys from."""
    prefix = f"pushed/{entered.name}/"
    code, page = api.only("AWS::Lambda::Function")["Code"], api.only("Custom::Page")
    assert code["S3Bucket"] == "cdk-hnb659fds-assets-123456789012-us-east-1"
    assert code["S3Key"].startswith(prefix)
    assert page["Key"].startswith(prefix)
    assert page["ServiceToken"] == {"Ref": "PagePublisherArn"}


def test_a_workload_without_a_door_has_no_api(settings: Settings) -> None:
    """The stack, its deployment, its role and all that a person decides exist only for a workload with a door."""
    workload = replace(WORKLOADS["credit_default"], doors=())
    app = cdk.App(builtin_cloud_formation_validation=False, analytics_reporting=False)
    attach_api(app, workload=workload, settings=settings)
    PipelineStack(app, workload.stack_name("Pipeline"), workload=workload, settings=settings)
    (pipeline,) = app.synth().stacks
    found = Template(pipeline.template)
    assert [name for name in found.resources if name.startswith(("Door", "ApiDeployment"))] == []
    assert [name for name in found.document["Outputs"] if name in ("ApiAddress", "PageAddress", "ProgramsArn")] == []
    actions = [action["Name"] for action in found.only("AWS::CodePipeline::Pipeline")["Stages"][-1]["Actions"]]
    assert actions == ["DeployProd", "Verify"]


def test_while_releases_compete_the_function_knows_both(assembly_with_ab: CloudAssembly) -> None:
    """The pipeline gives the champion's package too, and a version is made when the champion changes."""
    api = assembly_with_ab.templates["CarEvaluationApi"]
    given = api.only("AWS::Lambda::Function")["Environment"]["Variables"]
    assert given["CHAMPION_PACKAGE_ARN"] == {"Ref": "ChampionPackageArn"}
    assert "champion ${ChampionPackageArn}, code " in render(api.only("AWS::Lambda::Version")["Description"])
    action = assembly_with_ab.templates["CarEvaluationPipeline"].only("AWS::CodePipeline::Pipeline")["Stages"][-1]
    overrides = json.loads(render(action["Actions"][-1]["Configuration"]["ParameterOverrides"]))
    assert overrides["ChampionPackageArn"] == "#{Gate.CHAMPION_PACKAGE_ARN}"
    assert overrides.keys() == api.document["Parameters"].keys() - {"BootstrapVersion"}
