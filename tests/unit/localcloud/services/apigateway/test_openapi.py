"""APIs from OpenAPI documents: what AWS's extensions ask for, and what is refused by name."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from localcloud.platform.cloud import Cloud
from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.services.apigateway.service import ApiGateway
from localcloud.services.apigateway.serving.snapshots import check_snapshot
from tests.unit.localcloud.services.calls import call

CALL = call("apigateway")
URI = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:1:function:f/invocations"
PROXY = {"x-amazon-apigateway-integration": {"type": "aws_proxy", "httpMethod": "POST", "uri": URI}}
USER = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
POOL = "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_A"
SCHEMES = {
    "api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
    "signed": {"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "awsSigv4"},
    "people": {
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        "x-amazon-apigateway-authtype": "cognito_user_pools",
        "x-amazon-apigateway-authorizer": {"type": "cognito_user_pools", "providerARNs": [POOL]},
    },
}


UNEVALUATED = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "execute-api:Invoke",
            "Resource": "execute-api:/*",
            "Condition": {"StringEquals": {"aws:surprise": "x"}},
        }
    ],
}


@pytest.fixture
def gateway(cloud: Cloud) -> ApiGateway:
    return ApiGateway(cloud)


def document(paths: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"swagger": "2.0", "info": {"title": "Users", "version": "1"}, "paths": paths, **more}


def imported(gateway: ApiGateway, given: dict[str, Any] | bytes) -> dict[str, Any]:
    """The API's own document, after the import and a deployment of it."""
    body = given if isinstance(given, bytes) else json.dumps(given).encode()
    api = gateway.import_rest_api(CALL, {"body": body})
    found = gateway.documents.api(api["id"])
    check_snapshot(found)
    return found


def method(api: dict[str, Any], path: str, verb: str = "GET") -> dict[str, Any]:
    (resource,) = (each for each in api["resources"].values() if each["path"] == path)
    found: dict[str, Any] = resource["methods"][verb]
    return found


def test_paths_become_resources_with_their_methods(gateway: ApiGateway) -> None:
    """Parents are made, and one path's ANY is a method too."""
    api = imported(gateway, document({"/a/{id}/b": {"get": PROXY}, "/a": {"x-amazon-apigateway-any-method": PROXY}}))
    assert sorted(each["path"] for each in api["resources"].values()) == ["/", "/a", "/a/{id}", "/a/{id}/b"]
    assert api["name"] == "Users"
    assert method(api, "/a", "ANY")["httpMethod"] == "ANY"
    integration = method(api, "/a/{id}/b")["methodIntegration"]
    assert integration == integration | {"type": "AWS_PROXY", "uri": URI, "timeoutInMillis": 29_000}


@pytest.mark.parametrize("version", ["swagger", "openapi"])
def test_bodies_and_parameters_are_validated(gateway: ApiGateway, version: str) -> None:
    """Models of definitions or components, and what the named validator asks for, alike in both versions."""
    reference = "#/definitions/User" if version == "swagger" else "#/components/schemas/User"
    query = {"in": "query", "name": "q", "required": True}
    operation: dict[str, Any] = {**PROXY, "x-amazon-apigateway-request-validator": "all", "parameters": [query]}
    if version == "swagger":
        operation["parameters"] = [query, {"in": "body", "name": "u", "schema": {"$ref": reference}}]
        given = document({"/x": {"post": operation}}, definitions={"User": USER})
    else:
        operation["requestBody"] = {"content": {"application/json": {"schema": {"$ref": reference}}}}
        given = document({"/x": {"post": operation}}, components={"schemas": {"User": USER}}, openapi="3.0.1")
        del given["swagger"]
    validators = {"all": {"validateRequestBody": True, "validateRequestParameters": True}}
    api = imported(gateway, given | {"x-amazon-apigateway-request-validators": validators})
    made = method(api, "/x", "POST")
    assert made["requestParameters"] == {"method.request.querystring.q": True}
    assert made["requestModels"] == {"application/json": "User"}
    assert json.loads(api["models"]["User"]["schema"]) == USER
    assert api["validators"][made["requestValidatorId"]]["name"] == "all"


def test_models_refer_to_each_other_as_the_gateway_has_them(gateway: ApiGateway) -> None:
    """The document's references become addresses of the API's models; a schema by itself becomes a model."""
    body = {"in": "body", "name": "u", "schema": {"type": "array", "items": {"$ref": "#/definitions/User"}}}
    api = imported(gateway, document({"/x": {"post": {**PROXY, "parameters": [body]}}}, definitions={"User": USER}))
    (name,) = method(api, "/x", "POST")["requestModels"].values()
    address = f"https://apigateway.amazonaws.com/restapis/{api['id']}/models/User"
    assert json.loads(api["models"][name]["schema"])["items"] == {"$ref": address}


def test_who_may_call_is_the_schemes_that_a_method_names(gateway: ApiGateway) -> None:
    """A signature, a pool's token with a key, and nothing for a scheme that nobody defined."""
    asked = {"/signed": ["signed"], "/people": ["api_key", "people"], "/open": ["NONE"]}
    paths = {path: {"get": {**PROXY, "security": [{each: []} for each in names]}} for path, names in asked.items()}
    api = imported(gateway, document(paths, securityDefinitions=SCHEMES))
    kinds = {path: (method(api, path)["authorizationType"], method(api, path)["apiKeyRequired"]) for path in asked}
    assert kinds == {"/signed": ("AWS_IAM", False), "/people": ("COGNITO_USER_POOLS", True), "/open": ("NONE", False)}
    authorizer = api["authorizers"][method(api, "/people")["authorizerId"]]
    assert (authorizer["providerARNs"], authorizer["identitySource"]) == ([POOL], "method.request.header.Authorization")


def test_a_mock_answers_with_the_documents_headers(gateway: ApiGateway) -> None:
    """SAM's answer to a preflight: its default response has no pattern."""
    header = {"method.response.header.Access-Control-Allow-Origin": "'*'"}
    mock = {
        "type": "mock",
        "requestTemplates": {"application/json": '{"statusCode": 200}'},
        "responses": {"default": {"statusCode": "200", "responseParameters": header}},
    }
    responses = {200: {"description": "", "headers": {"Access-Control-Allow-Origin": {"type": "string"}}}}
    operation = {"x-amazon-apigateway-integration": mock, "responses": responses}
    text = yaml.safe_dump(document({"/x": {"options": operation}}, info={"title": "T", "version": 1})).encode()
    found = method(imported(gateway, text), "/x", "OPTIONS")
    assert found["methodIntegration"]["integrationResponses"] == {
        "200": {"statusCode": "200", "responseParameters": header}
    }
    assert found["methodResponses"]["200"]["responseParameters"] == {next(iter(header)): False}


def test_the_apis_own_settings_come_with_the_document(gateway: ApiGateway) -> None:
    """Its answers, binary types and policy."""
    responses = {"DEFAULT_4XX": {"responseParameters": {"gatewayresponse.header.x": "'1'"}, "responseTemplates": {}}}
    statement = {"Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "execute-api:/*"}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    more = {"gateway-responses": responses, "binary-media-types": ["image/png"], "policy": policy}
    extensions = {f"x-amazon-apigateway-{name}": value for name, value in more.items()}
    api = imported(gateway, document({"/x": {"get": PROXY}}, **extensions))
    assert api["gateway_responses"]["DEFAULT_4XX"] == {
        "responseType": "DEFAULT_4XX",
        "responseParameters": {"gatewayresponse.header.x": "'1'"},
    }
    assert (api["binaryMediaTypes"], json.loads(api["policy"])) == (["image/png"], policy)


def test_a_document_takes_the_place_of_the_definition(gateway: ApiGateway) -> None:
    """Stages and deployments stay; a document that is refused changes nothing."""
    api = imported(gateway, document({"/old": {"get": PROXY}}))
    gateway.create_deployment(CALL, {"restApiId": api["id"], "stageName": "prod"})
    body = json.dumps(document({"/new": {"get": PROXY}})).encode()
    gateway.put_rest_api(CALL, {"restApiId": api["id"], "mode": "overwrite", "body": body})
    found = gateway.documents.api(api["id"])
    assert sorted(each["path"] for each in found["resources"].values()) == ["/", "/new"]
    assert list(found["stages"]) == ["prod"]
    wrong = json.dumps(document({"/a b": {"get": PROXY}})).encode()
    with pytest.raises(AwsError, match="path part"):
        gateway.put_rest_api(CALL, {"restApiId": api["id"], "mode": "overwrite", "body": wrong})
    assert gateway.documents.api(api["id"]) == found


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (document({}, **{"x-amazon-apigateway-minimum-compression-size": 1}), "minimum-compression-size"),
        (document({"/x": {"get": {**PROXY, "x-amazon-apigateway-surprise": {}}}}), "surprise of GET /x"),
        (document({"/x": {"get": {"x-amazon-apigateway-integration": {"type": "mock", "more": 1}}}}), "more of an"),
        (document({}, **{"x-amazon-apigateway-gateway-responses": {"ACCESS_DENIED": {"more": 1}}}), "more of the"),
    ],
)
def test_an_extension_that_is_not_known_is_named(gateway: ApiGateway, given: dict[str, Any], named: str) -> None:
    """No part of a document with a meaning of AWS's is skipped."""
    with pytest.raises(UnsupportedError, match=named):
        imported(gateway, given)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "cannot be read"),
        (b"a: &a [1]\nb: *a\n", "aliases"),
        (b"[]", "swagger"),
        (b'{"swagger": "2.0", "paths": []}', "paths must be"),
        (b'{"swagger": "2.0", "paths": {"/x": {"get": {"parameters": [1]}}}}', "Invalid OpenAPI input"),
        (b'{"swagger": "2.0", "paths": {"/x": {"get": []}}}', "Invalid OpenAPI input"),
    ],
)
def test_what_is_no_document_is_a_bad_request(gateway: ApiGateway, body: bytes, words: str) -> None:
    """The message says what is wrong; no API is made."""
    with pytest.raises(AwsError, match=words) as refused:
        imported(gateway, body)
    assert refused.value.code == "BadRequestException"
    assert gateway.get_rest_apis(CALL, {})["items"] == []


def mocked(**more: Any) -> dict[str, Any]:
    return document({"/x": {"get": {"x-amazon-apigateway-integration": {"type": "mock", **more}}}})


def guarded(**more: Any) -> dict[str, Any]:
    authorizer = {**SCHEMES["people"]["x-amazon-apigateway-authorizer"], **more}
    return document({}, securityDefinitions={"p": SCHEMES["people"] | {"x-amazon-apigateway-authorizer": authorizer}})


def answering(**more: Any) -> dict[str, Any]:
    return document({}, **{"x-amazon-apigateway-gateway-responses": {"ACCESS_DENIED": more}})


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (mocked(requestTemplates="x"), "Expected map"),
        (mocked(requestTemplates={"application/json": 5}), "NUMBER_VALUE"),
        (mocked(timeoutInMillis="x"), "STRING_VALUE"),
        (mocked(responses={"default": {"statusCode": {}}}), "pattern"),
        (mocked(responses={"default": {"statusCode": "200", "responseParameters": ["x"]}}), "Expected map"),
        (mocked(type="nothing"), "enum value set"),
        (guarded(providerARNs=[5]), "NUMBER_VALUE"),
        (guarded(authorizerResultTtlInSeconds="x"), "STRING_VALUE"),
        (answering(responseParameters="x"), "Expected map"),
        (answering(responseTemplates={"application/json": 5}), "NUMBER_VALUE"),
        (document({}, **{"x-amazon-apigateway-binary-media-types": "image/png"}), "Expected list"),
        (document({}, **{"x-amazon-apigateway-request-validators": {"v": {"validateRequestBody": "no"}}}), "Boolean"),
        (document({}, **{"x-amazon-apigateway-policy": {"Statement": "x"}}), "Invalid policy document"),
        (document({}, **{"x-amazon-apigateway-policy": UNEVALUATED}), "aws:surprise"),
        (document({"/x": {"get": {"parameters": [{"$ref": "#/swagger"}]}}}), "ValueError"),
        (document({}, info={"title": {"a": 1}}), "is no text"),
    ],
)
def test_values_of_other_types_are_refused(gateway: ApiGateway, given: dict[str, Any], words: str) -> None:
    """Where other operations have parameters, a document may have anything: no API is made that cannot be shown."""
    with pytest.raises(AwsError, match=words) as refused:
        imported(gateway, given)
    assert refused.value.code == "BadRequestException"
    assert gateway.get_rest_apis(CALL, {})["items"] == []


def test_an_api_has_as_many_resources_as_on_aws(gateway: ApiGateway) -> None:
    """A document with more is refused before it takes long, and so is one in YAML that would."""
    with pytest.raises(AwsError, match="Maximum number of resources") as refused:
        imported(gateway, document({f"/p{number}": {"get": PROXY} for number in range(300)}))
    assert refused.value.code == "LimitExceededException"
    with pytest.raises(UnsupportedError, match="YAML of more than"):
        imported(gateway, b"a: " + b"x" * 1024 * 1024)


def test_parameters_of_an_import_say_the_endpoint(gateway: ApiGateway) -> None:
    """The whole query is among them, as AWS's model has it; a base path that would count is refused by name."""
    body = json.dumps(document({"/x": {"get": PROXY}})).encode()
    regional = {"endpointConfigurationTypes": "REGIONAL", "failonwarnings": "true", "basepath": "ignore"}
    api = gateway.import_rest_api(CALL, {"body": body, "parameters": regional})
    assert api["endpointConfiguration"] == {"types": ["REGIONAL"]}
    with pytest.raises(UnsupportedError, match="basepath"):
        gateway.import_rest_api(CALL, {"body": body, "parameters": {"basepath": "prepend"}})


def test_a_merge_is_refused_by_name(gateway: ApiGateway) -> None:
    """It is AWS's default, so it must be said."""
    api = imported(gateway, document({"/x": {"get": PROXY}}))
    with pytest.raises(UnsupportedError, match="merge"):
        gateway.put_rest_api(CALL, {"restApiId": api["id"], "body": b"{}"})
