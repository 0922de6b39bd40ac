"""What is promised of a door as far as a person deploys it: who is admitted, and what a push cannot change."""

from __future__ import annotations

import json
import re
from typing import Any

import aws_cdk as cdk
import pytest

from handover.function_variables import PublishPageVariables
from handover.places import topic_words
from stacks.api_settings import Api as ApiSettings
from stacks.api_stack import ApiStack
from stacks.pipeline_stack import PipelineStack
from stacks.settings import Settings
from stacks.specs import Workload
from stacks.workloads import WORKLOADS
from tests.templates.cloud_assembly import CloudAssembly
from tests.templates.template import Statement, Template, render

DEPLOYMENT = "ApiDeploymentRole"
#: What the answers of some workloads are shown with: the titles of movies, the words of topics.
SHOWN = {
    "movie_recommender": ["raw/553841ebc7de3a0fd0d6b62a204ea30c1e651aacfb2814c7a6584ac52f2c5701/u.item"],
    "nyt_comments": ["gate/words/*.json"],
}


def of(frame: Template, holder: str) -> list[Statement]:
    found = [s for s in frame.identity_statements() if s.holder.startswith(holder)]
    assert found
    return found


def only_id(template: Template, kind: str, contains: str = "") -> str:
    (found,) = [name for name in template.of_type(kind) if contains in name]
    return found


def last_action(frame: Template) -> dict[str, Any]:
    stages = frame.only("AWS::CodePipeline::Pipeline")["Stages"]
    action: dict[str, Any] = stages[-1]["Actions"][-1]
    return action


def test_the_api_is_deployed_when_prod_is_verified(frame: Template, entered: Workload) -> None:
    """Stage PROD ends with the API's stack, by a role of its own; one whose creation failed is made anew."""
    stages = frame.only("AWS::CodePipeline::Pipeline")["Stages"]
    assert [action["Name"] for action in stages[-1]["Actions"]] == ["DeployProd", "Verify", "DeployApi"]
    configuration = last_action(frame)["Configuration"]
    stack = entered.stack_name("Api")
    assert (configuration["StackName"], configuration["TemplatePath"]) == (stack, f"BuildOutput::{stack}.template.json")
    assert configuration["RoleArn"] == {"Fn::GetAtt": [only_id(frame, "AWS::IAM::Role", DEPLOYMENT), "Arn"]}
    assert configuration["ActionMode"] == "REPLACE_ON_FAILURE"
    assert "Capabilities" not in configuration, "it makes no roles"


def test_the_pipeline_gives_the_parameters_that_the_template_has(frame: Template, api: Template) -> None:
    """None of the API's parameters has a default, and none is left out."""
    given = json.loads(render(last_action(frame)["Configuration"]["ParameterOverrides"]))
    assert set(given) == set(api.document["Parameters"])
    assert [name for name, each in api.document["Parameters"].items() if "Default" in each] == []
    assert given["ModelPackageArn"] == "#{Train.MODEL_PACKAGE_ARN}"


def test_people_are_admitted_by_a_person(frame: Template) -> None:
    """Nobody signs up by himself; the page is the only client, with a code, without a secret, at its own address."""
    pool = frame.only("AWS::Cognito::UserPool")
    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
    assert pool["DeletionProtection"] == "ACTIVE"
    client = frame.only("AWS::Cognito::UserPoolClient")
    assert (client["AllowedOAuthFlows"], client["GenerateSecret"]) == (["code"], False)
    assert client["ExplicitAuthFlows"] == ["ALLOW_REFRESH_TOKEN_AUTH"], "no password passes the API's own calls"
    distribution = only_id(frame, "AWS::CloudFront::Distribution")
    page = f"https://${{{distribution}.DomainName}}/"
    for address in ("CallbackURLs", "LogoutURLs"):
        assert [render(each) for each in client[address]] == [page]


def test_the_authorizer_asks_this_pool(frame: Template) -> None:
    """The API's only authorizer takes tokens of the workload's own pool."""
    authorizer = frame.only("AWS::ApiGateway::Authorizer")
    pool = only_id(frame, "AWS::Cognito::UserPool")
    assert [render(arn) for arn in authorizer["ProviderARNs"]] == [f"${{{pool}.Arn}}"]
    given = json.loads(render(last_action(frame)["Configuration"]["ParameterOverrides"]))
    assert given["AuthorizerId"] == f"${{{only_id(frame, 'AWS::ApiGateway::Authorizer')}}}"


def test_the_api_speaks_tls_1_2_at_the_least(frame: Template) -> None:
    """The API is regional, and its security policy knows no older TLS."""
    api = frame.only("AWS::ApiGateway::RestApi")
    assert api["EndpointConfiguration"] == {"Types": ["REGIONAL"]}
    assert (api["SecurityPolicy"], api["EndpointAccessMode"]) == ("SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09", "STRICT")


def test_cloudfront_alone_reads_the_page(frame: Template) -> None:
    """The bucket is private; its policy admits this distribution, which signs what it asks, and takes HTTPS alone."""
    bucket = frame.of_type("AWS::S3::Bucket")[only_id(frame, "AWS::S3::Bucket", "DoorPage")]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    config = frame.only("AWS::CloudFront::Distribution")["DistributionConfig"]
    assert config["DefaultCacheBehavior"]["ViewerProtocolPolicy"] == "redirect-to-https"
    assert (config["DefaultRootObject"], config["PriceClass"]) == ("index.html", "PriceClass_100")
    (origin,) = config["Origins"]
    control = only_id(frame, "AWS::CloudFront::OriginAccessControl")
    assert render(origin["OriginAccessControlId"]) == f"${{{control}.Id}}"
    signing = frame.only("AWS::CloudFront::OriginAccessControl")["OriginAccessControlConfig"]
    assert (signing["SigningBehavior"], signing["SigningProtocol"]) == ("always", "sigv4")
    policies = frame.of_type("AWS::S3::BucketPolicy")
    (policy,) = [each for name, each in policies.items() if name.startswith("DoorPage")]
    (reading,) = [s for s in policy["PolicyDocument"]["Statement"] if s["Effect"] == "Allow"]
    assert (reading["Action"], reading["Principal"]) == ("s3:GetObject", {"Service": "cloudfront.amazonaws.com"})
    source = render(reading["Condition"]["StringEquals"]["AWS:SourceArn"])
    assert source.endswith(f":distribution/${{{only_id(frame, 'AWS::CloudFront::Distribution')}}}")


def test_the_page_calls_the_api_and_the_sign_in_and_nobody_else(frame: Template, entered: Workload) -> None:
    """The Content-Security-Policy has no third party, nothing inline, and two addresses to connect to."""
    policy = frame.only("AWS::CloudFront::ResponseHeadersPolicy")["ResponseHeadersPolicyConfig"]
    sent = policy["SecurityHeadersConfig"]
    text = render(sent["ContentSecurityPolicy"]["ContentSecurityPolicy"])
    directives = dict(each.strip().split(" ", 1) for each in text.split(";"))
    api = only_id(frame, "AWS::ApiGateway::RestApi")
    assert directives["default-src"] == "'none'"
    assert directives["connect-src"].split() == [
        "'self'",
        f"https://${{{api}}}.execute-api.us-east-1.amazonaws.com",
        f"https://{entered.dashed_name}-123456789012.auth.us-east-1.amazoncognito.com",
    ]
    assert "unsafe" not in text
    assert {directives[name] for name in ("script-src", "style-src", "font-src")} == {"'self'"}
    assert sent["FrameOptions"]["FrameOption"] == "DENY"
    behavior = frame.only("AWS::CloudFront::Distribution")["DistributionConfig"]["DefaultCacheBehavior"]
    assert render(behavior["ResponseHeadersPolicyId"]) == (
        f"${{{only_id(frame, 'AWS::CloudFront::ResponseHeadersPolicy')}}}"
    )


def test_the_function_reaches_prods_endpoint_and_nothing_else(frame: Template, entered: Workload) -> None:
    """Besides its log, the function's role may invoke one endpoint, and read what some answers are shown with."""
    allowed = {a: s.resources for s in of(frame, "DoorFunctionRole") for a in s.actions if not a.startswith("logs:")}
    endpoint = f"arn:aws:sagemaker:us-east-1:123456789012:endpoint/{entered.endpoint_name('Prod')}"
    shown = allowed.pop("s3:GetObject", ())
    assert allowed == {"sagemaker:InvokeEndpoint": (endpoint,)}
    bucket = only_id(frame, "AWS::S3::Bucket", "DataBucket")
    assert [key.removeprefix(f"${{{bucket}.Arn}}/") for key in shown] == SHOWN.get(entered.name, [])


def test_a_push_gives_no_method_away(frame: Template) -> None:
    """The deploying role puts methods of three verbs: GET and POST with authorization, and OPTIONS without."""
    api = only_id(frame, "AWS::ApiGateway::RestApi")
    methods = f"arn:aws:apigateway:us-east-1::/restapis/${{{api}}}/resources/*/methods/"
    found = {
        resource.removeprefix(methods): s.conditions
        for s in of(frame, DEPLOYMENT)
        for resource in s.resources
        if "apigateway:PUT" in s.actions and resource.startswith(methods) and "/" not in resource.removeprefix(methods)
    }
    key = "apigateway:Request/RouteAuthorizationType"
    guarded = {"StringEquals": {key: ["AWS_IAM", "COGNITO_USER_POOLS"]}}
    assert found == {"GET": guarded, "POST": guarded, "OPTIONS": {"StringEquals": {key: ["NONE"]}}}


def test_a_push_changes_no_method_that_stands(frame: Template) -> None:
    """The deploying role has no PATCH on methods, which could take a method's authorization away."""
    patched = [r for s in of(frame, DEPLOYMENT) if "apigateway:PATCH" in s.actions for r in s.resources]
    kinds = {resource.partition("}/")[2].partition("/")[0] for resource in patched}
    assert kinds == {"models", "requestvalidators", "deployments", "stages"}


def test_a_push_changes_neither_who_may_call_nor_where(frame: Template) -> None:
    """The deploying role reaches below this one API, and neither its authorizers nor its policy, nor pool or page."""
    statements = of(frame, DEPLOYMENT)
    api = only_id(frame, "AWS::ApiGateway::RestApi")
    reached = {r for s in statements for r in s.resources if ":apigateway:" in r and "apigateway:GET" not in s.actions}
    assert reached
    assert not [r for r in reached if not r.startswith(f"arn:aws:apigateway:us-east-1::/restapis/${{{api}}}/")]
    assert not [r for r in reached if "authorizers" in r]
    services = {action.partition(":")[0] for s in statements for action in s.actions}
    assert services == {"apigateway", "application-autoscaling", "cloudwatch", "iam", "lambda", "s3"}
    assert "apigateway:UpdateRestApiPolicy" not in {action for s in statements for action in s.actions}


def test_a_push_hands_on_one_role_to_lambda_alone(frame: Template) -> None:
    """The deploying role passes the function's role to Lambda, and no other role to anybody."""
    (passing,) = [s for s in of(frame, DEPLOYMENT) if "iam:PassRole" in s.actions]
    assert passing.resources == (f"${{{only_id(frame, 'AWS::IAM::Role', 'DoorFunctionRole')}.Arn}}",)
    assert passing.conditions == {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}


def test_a_push_lets_nobody_but_api_gateway_call_its_function(frame: Template, entered: Workload) -> None:
    """Permissions on the function are API Gateway's alone, no function gets an address, and only this one changes."""
    statements = of(frame, DEPLOYMENT)
    (adding,) = [s for s in statements if "lambda:AddPermission" in s.actions]
    assert adding.conditions == {"StringEquals": {"lambda:Principal": "apigateway.amazonaws.com"}}
    actions = {action for s in statements for action in s.actions}
    assert not {"lambda:CreateFunctionUrlConfig", "lambda:UpdateFunctionUrlConfig"} & actions
    function = f"arn:aws:lambda:us-east-1:123456789012:function:{entered.function_name}"
    (publisher,) = [s.resources for s in statements if "lambda:InvokeFunction" in s.actions]
    assert publisher == (f"${{{only_id(frame, 'AWS::Lambda::Function', 'DoorPublisher')}.Arn}}",)
    changed = {r for s in statements for r in s.resources if r.startswith("arn:aws:lambda:")}
    assert changed == {function, f"{function}:*"}


def test_a_push_publishes_beside_what_a_person_deploys(frame: Template, entered: Workload) -> None:
    """The Build stage adds objects below its own prefix of the bootstrap's bucket, overwrites none, and reads none."""
    bucket = "arn:aws:s3:::cdk-hnb659fds-assets-123456789012-us-east-1"
    found = [s for s in frame.identity_statements() if any(r.startswith(f"{bucket}/pushed") for r in s.resources)]
    assert {s.resources for s in found} == {(f"{bucket}/pushed/{entered.name}/*",)}
    held = {s.holder.partition("DefaultPolicy")[0]: s for s in found}
    assert {name: s.actions for name, s in held.items()} == {
        "StepsSynthRole": ("s3:PutObject",),
        DEPLOYMENT: ("s3:GetObject",),
        "DoorPublisherFunctionRole": ("s3:GetObject",),
    }
    assert held["StepsSynthRole"].conditions == {"Null": {"s3:if-none-match": "false"}}
    judges = render(_judges(frame)["S3ObjectKey"])
    assert not judges.startswith("pushed/")


def _judges(frame: Template) -> dict[str, Any]:
    first = frame.only("AWS::CodePipeline::Pipeline")["Stages"][0]
    (action,) = [each for each in first["Actions"] if each["Name"] == "JudgeCode"]
    configuration: dict[str, Any] = action["Configuration"]
    return configuration


def test_the_build_knows_which_assets_it_publishes(assembly: CloudAssembly, frame: Template, entered: Workload) -> None:
    """The Synth build is told the manifest that its synthesis writes for the API's stack."""
    project = frame.of_type("AWS::CodeBuild::Project")[only_id(frame, "AWS::CodeBuild::Project", "Synth")]
    told = {each["Name"]: each["Value"] for each in project["Environment"]["EnvironmentVariables"]}
    assert told == {
        "WORKLOAD": entered.name,
        "PIPELINE_STACK_NAME": entered.stack_name("Pipeline"),
        "ASSETS_MANIFEST": f"{entered.stack_name('Api')}.assets.json",
    }
    assert (assembly.folder / told["ASSETS_MANIFEST"]).is_file()


def test_the_publisher_knows_its_places_and_the_pages_configuration(frame: Template, entered: Workload) -> None:
    """The publishing function writes the page's bucket, and its config.json names this API, sign-in and client."""
    name = only_id(frame, "AWS::Lambda::Function", "DoorPublisher")
    given = frame.of_type("AWS::Lambda::Function")[name]["Environment"]["Variables"]
    assert given.keys() == PublishPageVariables.names()
    configuration = json.loads(render(given["PAGE_CONFIGURATION"]))
    api = only_id(frame, "AWS::ApiGateway::RestApi")
    address = f"https://${{{api}}}.execute-api.us-east-1.amazonaws.com/live"
    assert configuration == {
        "workload": entered.name,
        "api": f"{address}/people",
        "programs": address,
        "sign_in": f"https://{entered.dashed_name}-123456789012.auth.us-east-1.amazoncognito.com",
        "client_id": f"${{{only_id(frame, 'AWS::Cognito::UserPoolClient')}}}",
        "scopes": ["openid"],
    }
    bucket = f"${{{only_id(frame, 'AWS::S3::Bucket', 'DoorPage')}.Arn}}"
    statements = of(frame, "DoorPublisherFunctionRole")
    written = {resource for s in statements if "s3:PutObject" in s.actions for resource in s.resources}
    assert written == {f"{bucket}/*"}


def test_the_stack_tells_people_where_their_door_is(frame: Template) -> None:
    """The outputs have the page, the API, the pool, and the ARN that a program's policy names."""
    outputs = {name: render(each["Value"]) for name, each in frame.document["Outputs"].items()}
    api = f"${{{only_id(frame, 'AWS::ApiGateway::RestApi')}}}"
    assert outputs["ApiAddress"] == f"https://{api}.execute-api.us-east-1.amazonaws.com/live"
    assert outputs["ProgramsArn"] == f"arn:aws:execute-api:us-east-1:123456789012:{api}/live/*"
    assert re.fullmatch(r"https://\$\{DoorPageDistribution\w+\.DomainName\}/", outputs["PageAddress"])
    assert outputs["UserPoolId"] == f"${{{only_id(frame, 'AWS::Cognito::UserPool')}}}"


def synthesized(settings: Settings, workload: Workload, **decided: Any) -> tuple[Template, Template]:
    """The templates of API and pipeline by these settings of ``[api]``, without the cdk command."""
    own = settings.model_copy(update={"api": ApiSettings.model_validate(decided)})
    app = cdk.App(builtin_cloud_formation_validation=False, analytics_reporting=False)
    api = ApiStack(app, workload=workload, settings=own)
    pipeline = PipelineStack(app, workload.stack_name("Pipeline"), workload=workload, settings=own)
    made = app.synth()
    return tuple(Template(made.get_stack_by_name(stack.stack_name).template) for stack in (api, pipeline))  # type: ignore[return-value]


PARTNER = {"requests_per_second": 5, "burst_requests": 10, "requests_per_day": 1000}


@pytest.fixture(scope="session")
def with_options(settings: Settings) -> tuple[Template, Template]:
    """A door with everything that is off by default."""
    decided = {"sign_up": True, "waf": True, "tracing": True, "log_days": 30}
    return synthesized(settings, WORKLOADS["car_evaluation"], **decided, partners={"acme": PARTNER, "zeta": PARTNER})


def test_partners_bring_a_key_and_have_a_plan_of_their_own(with_options: tuple[Template, Template]) -> None:
    """Programs' methods need a key, each partner has one and a plan with its quota; people's methods need none."""
    api, pipeline = with_options
    needing = {m["AuthorizationType"]: m.get("ApiKeyRequired", False) for m in _methods(api)}
    assert needing == {"AWS_IAM": True, "COGNITO_USER_POOLS": False, "NONE": False}
    assert len(pipeline.of_type("AWS::ApiGateway::ApiKey")) == 2
    plans = api.of_type("AWS::ApiGateway::UsagePlan").values()
    assert [plan["Quota"] for plan in plans] == [{"Limit": 1000, "Period": "DAY"}] * 2
    chosen = {render(key["KeyId"]) if "Ref" in key["KeyId"] else json.dumps(key["KeyId"]) for key in _keys(api)}
    assert chosen == {json.dumps({"Fn::Select": [place, {"Ref": "PartnerKeyIds"}]}) for place in (0, 1)}


def _methods(api: Template) -> list[dict[str, Any]]:
    return list(api.of_type("AWS::ApiGateway::Method").values())


def _keys(api: Template) -> list[dict[str, Any]]:
    return list(api.of_type("AWS::ApiGateway::UsagePlanKey").values())


def test_what_is_off_by_default_can_be_switched_on(with_options: tuple[Template, Template]) -> None:
    """A firewall before the stage, traces, sign-up with an e-mail address, and logs kept as long as is said."""
    api, pipeline = with_options
    association = api.only("AWS::WAFv2::WebACLAssociation")
    assert association["WebACLArn"] == {"Ref": "WebAclArn"}
    assert render(association["ResourceArn"]).startswith("arn:aws:apigateway:us-east-1::/restapis/${RestApiId}/stages/")
    rules = pipeline.only("AWS::WAFv2::WebACL")["Rules"]
    assert [rule["Name"] for rule in rules] == [
        "Limit",
        "AWSManagedRulesCommonRuleSet",
        "AWSManagedRulesKnownBadInputsRuleSet",
    ]
    assert api.only("AWS::ApiGateway::Stage")["TracingEnabled"] is True
    assert api.only("AWS::Lambda::Function")["TracingConfig"] == {"Mode": "Active"}
    pool = pipeline.only("AWS::Cognito::UserPool")
    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": False}
    assert pool["AutoVerifiedAttributes"] == ["email"]
    kept = {name: log["RetentionInDays"] for name, log in pipeline.of_type("AWS::Logs::LogGroup").items()}
    assert {days for name, days in kept.items() if name.startswith(("DoorApiAccess", "DoorFunctionRole"))} == {30}


def test_the_pipeline_gives_parameters_for_options_too(with_options: tuple[Template, Template]) -> None:
    """With every option, the pipeline still gives exactly the parameters that the template has."""
    api, pipeline = with_options
    given = json.loads(render(last_action(pipeline)["Configuration"]["ParameterOverrides"]))
    assert set(given) == set(api.document["Parameters"])


def test_programs_alone_need_neither_page_nor_pool(settings: Settings) -> None:
    """With programs alone there is no page, no pool, no OPTIONS, and no CORS header."""
    api, pipeline = synthesized(settings, WORKLOADS["iris"], callers=["programs"], function={"provisioned": 0})
    assert {method["AuthorizationType"] for method in _methods(api)} == {"AWS_IAM"}
    assert api.of_type("Custom::Page") == {}
    assert "Access-Control" not in json.dumps(api.document)
    kinds = {resource["Type"] for resource in pipeline.resources.values()}
    assert not {kind for kind in kinds if kind.startswith(("AWS::Cognito::", "AWS::CloudFront::"))}
    assert api.of_type("AWS::ApplicationAutoScaling::ScalableTarget") == {}
    assert "ProvisionedConcurrencyConfig" not in api.only("AWS::Lambda::Alias")


def test_people_alone_leave_no_method_for_programs(settings: Settings) -> None:
    """With people alone, every path is below people, and no output names what programs may call."""
    api, pipeline = synthesized(settings, WORKLOADS["credit_default"], callers=["people"])
    assert {method["AuthorizationType"] for method in _methods(api)} == {"COGNITO_USER_POOLS", "NONE"}
    assert "ProgramsArn" not in pipeline.document["Outputs"]


def test_answers_of_topics_read_the_releases_words_and_nothing_else(assembly: CloudAssembly) -> None:
    """A door to topics knows the data bucket, of which its function may read the words of each release."""
    api, pipeline = (assembly.templates[f"NytComments{kind}"] for kind in ("Api", "Pipeline"))
    assert api.only("AWS::Lambda::Function")["Environment"]["Variables"]["DATA_BUCKET"] == {"Ref": "DataBucket"}
    reading = [s for s in of(pipeline, "DoorFunctionRole") if "s3:GetObject" in s.actions]
    (key,) = [resource.partition(".Arn}/")[2] for s in reading for resource in s.resources]
    assert key == topic_words("any", "*").key
    given = json.loads(render(last_action(pipeline)["Configuration"]["ParameterOverrides"]))
    assert set(given) == set(api.document["Parameters"])
