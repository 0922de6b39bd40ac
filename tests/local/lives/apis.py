"""REST APIs and all that they are made of: API Gateway."""

from __future__ import annotations

from typing import Any

from tests.local.lives.life import Life, Stack, attribute, own_tags, ref

API = {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "needed"}}
IN_API = {"RestApiId": ref("Api")}
MOCK = {
    "Type": "MOCK",
    "RequestTemplates": {"application/json": "{ statusCode: 200 }"},
    "IntegrationResponses": [{"StatusCode": "200", "ResponseTemplates": {"application/json": "first"}}],
}
METHOD = {
    **IN_API,
    "ResourceId": attribute("Api", "RootResourceId"),
    "HttpMethod": "GET",
    "AuthorizationType": "NONE",
    "Integration": MOCK,
}
NEEDED_METHOD = {"Type": "AWS::ApiGateway::Method", "Properties": METHOD}
DEPLOYMENT = {"Type": "AWS::ApiGateway::Deployment", "Properties": IN_API, "DependsOn": ["Method"]}
STAGE = {
    "Type": "AWS::ApiGateway::Stage",
    "Properties": {**IN_API, "StageName": "s", "DeploymentId": ref("Deployment")},
}
STAGED = {"Api": API, "Method": NEEDED_METHOD, "Deployment": DEPLOYMENT, "Stage": STAGE}
POOL = "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_{}"
ROLE = {
    "Type": "AWS::IAM::Role",
    "Properties": {
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "apigateway.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ],
        }
    },
}


def asked(stack: Stack, operation: str, **parameters: str) -> dict[str, Any]:
    found: dict[str, Any] = getattr(stack.client("apigateway"), operation)(**parameters)
    return found


def api(stack: Stack, outputs: dict[str, str]) -> tuple[Any, ...]:
    found = asked(stack, "get_rest_api", restApiId=outputs["Ref"])
    names = ("name", "description", "binaryMediaTypes", "disableExecuteApiEndpoint", "endpointAccessMode")
    return (*(found.get(name) for name in names), own_tags(found["tags"]), found["endpointConfiguration"]["types"])


def account(stack: Stack, _: dict[str, str]) -> bool:
    return "cloudwatchRoleArn" in asked(stack, "get_account")


def resource(stack: Stack, outputs: dict[str, str]) -> str:
    path: str = asked(stack, "get_resource", restApiId=outputs["NeedApi"], resourceId=outputs["Ref"])["path"]
    return path


def method(stack: Stack, outputs: dict[str, str]) -> tuple[Any, ...]:
    root = asked(stack, "get_rest_api", restApiId=outputs["NeedApi"])["rootResourceId"]
    found = asked(stack, "get_method", restApiId=outputs["NeedApi"], resourceId=root, httpMethod="GET")
    answer = found["methodIntegration"]["integrationResponses"]["200"]["responseTemplates"]["application/json"]
    return answer, found["apiKeyRequired"], found.get("methodResponses", {}).keys()


def deployment(stack: Stack, outputs: dict[str, str]) -> str | None:
    found = asked(stack, "get_deployment", restApiId=outputs["NeedApi"], deploymentId=outputs["Ref"])
    return found.get("description")


def stage(stack: Stack, outputs: dict[str, str]) -> tuple[Any, ...]:
    found = asked(stack, "get_stage", restApiId=outputs["NeedApi"], stageName=outputs["Ref"])
    rates = {key: setting["throttlingRateLimit"] for key, setting in found["methodSettings"].items()}
    return found.get("variables", {}), rates, own_tags(found["tags"]), found.get("description")


def model(stack: Stack, outputs: dict[str, str]) -> tuple[Any, ...]:
    found = asked(stack, "get_model", restApiId=outputs["NeedApi"], modelName=outputs["Ref"])
    return found["schema"], found.get("description")


def validator(stack: Stack, outputs: dict[str, str]) -> tuple[bool, bool]:
    found = asked(
        stack, "get_request_validator", restApiId=outputs["NeedApi"], requestValidatorId=outputs["RequestValidatorId"]
    )
    return found["validateRequestBody"], found["validateRequestParameters"]


def authorizer(stack: Stack, outputs: dict[str, str]) -> tuple[Any, ...]:
    found = asked(stack, "get_authorizer", restApiId=outputs["NeedApi"], authorizerId=outputs["AuthorizerId"])
    return found["name"], found["providerARNs"], found["authorizerResultTtlInSeconds"]


def gateway_response(stack: Stack, outputs: dict[str, str]) -> tuple[Any, ...]:
    found = asked(stack, "get_gateway_response", restApiId=outputs["NeedApi"], responseType="THROTTLED")
    return found["statusCode"], found["responseParameters"]


def api_key(stack: Stack, outputs: dict[str, str]) -> tuple[Any, ...]:
    found = asked(stack, "get_api_key", apiKey=outputs["Ref"])
    return found["enabled"], found.get("description"), own_tags(found["tags"])


def usage_plan(stack: Stack, outputs: dict[str, str]) -> tuple[Any, ...]:
    found = asked(stack, "get_usage_plan", usagePlanId=outputs["Ref"])
    throttles = [stage.get("throttle", {}) for stage in found["apiStages"]]
    return found["name"], found.get("throttle"), found.get("quota"), throttles


def plan_key(stack: Stack, outputs: dict[str, str]) -> str:
    found = asked(stack, "get_usage_plan_key", usagePlanId=outputs["NeedPlan"], keyId=outputs["NeedKey"])
    return f"{found['id']}:{outputs['NeedPlan']}" == outputs["Ref"] and str(found["type"])


def settings(rate: int, path: str = "/*", verb: str = "*") -> dict[str, Any]:
    return {"ResourcePath": path, "HttpMethod": verb, "ThrottlingRateLimit": rate, "ThrottlingBurstLimit": 1}


LIVES = [
    Life(
        type_name="AWS::ApiGateway::RestApi",
        first={
            "Name": "one",
            "BinaryMediaTypes": ["image/png", "image/gif"],
            "EndpointConfiguration": {"Types": ["REGIONAL"]},
            "SecurityPolicy": "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09",
            "EndpointAccessMode": "STRICT",
            "Tags": [{"Key": "team", "Value": "a"}],
        },
        then={
            "Name": "two",
            "Description": "later",
            "BinaryMediaTypes": ["image/png", "image/jpeg"],
            "EndpointConfiguration": {"Types": ["EDGE"]},
            "DisableExecuteApiEndpoint": True,
        },
        look=api,
        at_first=("one", None, ["image/png", "image/gif"], False, "STRICT", {"team": "a"}, ["REGIONAL"]),
        later=("two", "later", ["image/png", "image/jpeg"], True, None, {}, ["EDGE"]),
        attributes=("RootResourceId",),
    ),
    Life(
        type_name="AWS::ApiGateway::Account",
        needs={"Role": ROLE},
        first={"CloudWatchRoleArn": attribute("Role")},
        then={},
        look=account,
        at_first=True,
        later=False,
        gone=False,
    ),
    Life(
        type_name="AWS::ApiGateway::Resource",
        needs={"Api": API},
        first={**IN_API, "ParentId": attribute("Api", "RootResourceId"), "PathPart": "{proxy+}"},
        look=resource,
        at_first="/{proxy+}",
    ),
    Life(
        type_name="AWS::ApiGateway::Method",
        needs={"Api": API},
        first=METHOD,
        then={
            **METHOD,
            "ApiKeyRequired": True,
            "MethodResponses": [{"StatusCode": "200"}],
            "Integration": {
                **MOCK,
                "IntegrationResponses": [{"StatusCode": "200", "ResponseTemplates": {"application/json": "later"}}],
            },
        },
        look=method,
        at_first=("first", False, {}.keys()),
        later=("later", True, {"200": None}.keys()),
    ),
    Life(
        type_name="AWS::ApiGateway::Deployment",
        needs={"Api": API, "Method": NEEDED_METHOD},
        first={"RestApiId": {"Fn::Select": [0, [ref("Api"), ref("Method")]]}},
        then={"RestApiId": {"Fn::Select": [0, [ref("Api"), ref("Method")]]}, "Description": "later"},
        look=deployment,
        at_first=None,
        later="later",
    ),
    Life(
        type_name="AWS::ApiGateway::Stage",
        needs={"Api": API, "Method": NEEDED_METHOD, "Deployment": DEPLOYMENT},
        first={
            **IN_API,
            "StageName": "prod",
            "DeploymentId": ref("Deployment"),
            "Variables": {"a": "1", "b": "2"},
            "MethodSettings": [settings(5), settings(2, "/~1predictions", "POST")],
            "Tags": [{"Key": "team", "Value": "a"}],
        },
        then={
            **IN_API,
            "StageName": "prod",
            "DeploymentId": ref("Deployment"),
            "Description": "later",
            "Variables": {"b": "3"},
            "MethodSettings": [settings(6)],
        },
        look=stage,
        at_first=({"a": "1", "b": "2"}, {"*/*": 5.0, "~1predictions/POST": 2.0}, {"team": "a"}, None),
        later=({"b": "3"}, {"*/*": 6.0}, {}, "later"),
    ),
    Life(
        type_name="AWS::ApiGateway::Model",
        needs={"Api": API},
        first={**IN_API, "ContentType": "application/json", "Schema": {"type": "object"}},
        then={**IN_API, "ContentType": "application/json", "Schema": {"type": "array"}, "Description": "later"},
        look=model,
        at_first=('{"type": "object"}', None),
        later=('{"type": "array"}', "later"),
    ),
    Life(
        type_name="AWS::ApiGateway::RequestValidator",
        needs={"Api": API},
        first={**IN_API, "ValidateRequestBody": True},
        then={**IN_API, "ValidateRequestParameters": True},
        look=validator,
        at_first=(True, False),
        later=(False, True),
        attributes=("RequestValidatorId",),
    ),
    Life(
        type_name="AWS::ApiGateway::Authorizer",
        needs={"Api": API},
        first={
            **IN_API,
            "Name": "one",
            "Type": "COGNITO_USER_POOLS",
            "IdentitySource": "method.request.header.Authorization",
            "ProviderARNs": [POOL.format("A")],
        },
        then={
            **IN_API,
            "Name": "two",
            "Type": "COGNITO_USER_POOLS",
            "IdentitySource": "method.request.header.Authorization",
            "ProviderARNs": [POOL.format("B")],
            "AuthorizerResultTtlInSeconds": 0,
        },
        look=authorizer,
        at_first=("one", [POOL.format("A")], 300),
        later=("two", [POOL.format("B")], 0),
        attributes=("AuthorizerId",),
    ),
    Life(
        type_name="AWS::ApiGateway::GatewayResponse",
        needs={"Api": API},
        first={**IN_API, "ResponseType": "THROTTLED", "StatusCode": "430"},
        then={
            **IN_API,
            "ResponseType": "THROTTLED",
            "ResponseParameters": {"gatewayresponse.header.Retry-After": "'1'"},
        },
        look=gateway_response,
        at_first=("430", {}),
        later=("429", {"gatewayresponse.header.Retry-After": "'1'"}),
    ),
    Life(
        type_name="AWS::ApiGateway::ApiKey",
        first={"Enabled": True, "Tags": [{"Key": "team", "Value": "a"}]},
        then={"Description": "later"},
        look=api_key,
        at_first=(True, None, {"team": "a"}),
        later=(False, "later", {}),
        attributes=("APIKeyId",),
    ),
    Life(
        type_name="AWS::ApiGateway::UsagePlan",
        needs=STAGED,
        first={
            "UsagePlanName": "one",
            "ApiStages": [{"ApiId": ref("Api"), "Stage": ref("Stage")}],
            "Throttle": {"RateLimit": 5, "BurstLimit": 2},
        },
        then={
            "UsagePlanName": "two",
            "ApiStages": [
                {
                    "ApiId": ref("Api"),
                    "Stage": ref("Stage"),
                    "Throttle": {"/a/GET": {"RateLimit": 1, "BurstLimit": 1}},
                }
            ],
            "Quota": {"Limit": 10, "Period": "WEEK"},
        },
        look=usage_plan,
        at_first=("one", {"rateLimit": 5.0, "burstLimit": 2}, None, [{}]),
        later=(
            "two",
            None,
            {"limit": 10, "period": "WEEK"},
            [{"/a/GET": {"rateLimit": 1.0, "burstLimit": 1}}],
        ),
        attributes=("Id",),
    ),
    Life(
        type_name="AWS::ApiGateway::UsagePlanKey",
        needs={
            "Plan": {"Type": "AWS::ApiGateway::UsagePlan", "Properties": {}},
            "Key": {"Type": "AWS::ApiGateway::ApiKey", "Properties": {"Enabled": True}},
        },
        first={"KeyId": ref("Key"), "KeyType": "API_KEY", "UsagePlanId": ref("Plan")},
        look=plan_key,
        at_first="API_KEY",
    ),
]
