"""What methods refer to: models, request validators, authorizers, and the API's own answers."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from localcloud.platform.errors import UnsupportedError
from localcloud.platform.service import operation
from localcloud.services.apigateway.apis import bad_request, conflict, new_id, not_found, part_of
from localcloud.services.apigateway.control import patches
from localcloud.services.apigateway.control.base import ApiGatewayOperations, page, taken
from localcloud.services.apigateway.gateway_responses import DEFAULT_TEMPLATES, STATUSES
from localcloud.services.apigateway.serving.integrations import RESPONSE_HEADER, mapped_headers
from localcloud.services.apigateway.substitution import check_template

if TYPE_CHECKING:
    from localcloud.platform.service import Call, Params
    from localcloud.platform.store import Document

_MODEL_NAME = re.compile(r"[a-zA-Z0-9]+")
_POOL_ARN = re.compile(r"arn:aws:cognito-idp:[a-z0-9-]+:[0-9]{12}:userpool/[\w-]+")
_IDENTITY_SOURCE = re.compile(r"method\.request\.header\.[A-Za-z0-9-]+")
_AUTHORIZER = (
    *("name", "type", "providerARNs", "authType", "identitySource", "identityValidationExpression"),
    "authorizerResultTtlInSeconds",
)
_VALIDATOR = ("name", "validateRequestBody", "validateRequestParameters")
RESPONSE = ("statusCode", "responseParameters", "responseTemplates")


class Definitions(ApiGatewayOperations):
    @operation("CreateModel")
    def create_model(self, _: Call, params: Params) -> Params:
        model = taken(params, ("restApiId", "name", "description", "schema", "contentType"), "CreateModel")
        model = {"id": new_id(6), **{key: value for key, value in model.items() if key != "restApiId"}}
        _check_model(model)

        def change(api: Document) -> None:
            if model["name"] in api["models"]:
                raise conflict("Model name already exists for this REST API")
            api["models"][model["name"]] = model

        self.documents.change(params["restApiId"], change)
        return model

    @operation("GetModel")
    def get_model(self, _: Call, params: Params) -> Params:
        return self.documents.part(params["restApiId"], "models", params["modelName"])

    @operation("GetModels")
    def get_models(self, _: Call, params: Params) -> Params:
        return page(list(self.documents.api(params["restApiId"])["models"].values()), params)

    @operation("UpdateModel")
    def update_model(self, _: Call, params: Params) -> Params:
        name, asked = params["modelName"], patches.read(params)

        def change(api: Document) -> None:
            model = part_of(api, "models", name)
            may = frozenset({"description", "schema"})
            patches.apply(model, asked, shape=patches.output_shape("UpdateModel"), may=may)
            _check_schema(model)

        return part_of(self.documents.change(params["restApiId"], change), "models", name)

    @operation("DeleteModel")
    def delete_model(self, _: Call, params: Params) -> None:
        name = params["modelName"]

        def change(api: Document) -> None:
            part_of(api, "models", name)
            methods = [method for each in api["resources"].values() for method in each["methods"].values()]
            if any(name in (method.get("requestModels") or {}).values() for method in methods):
                raise conflict(f"Cannot delete model '{name}', is referenced in method request")
            del api["models"][name]

        self.documents.change(params["restApiId"], change)

    @operation("CreateRequestValidator")
    def create_request_validator(self, _: Call, params: Params) -> Params:
        given = taken(params, ("restApiId", *_VALIDATOR), "CreateRequestValidator")
        validator = {
            "id": new_id(6),
            "validateRequestBody": False,
            "validateRequestParameters": False,
            **{key: value for key, value in given.items() if key != "restApiId"},
        }
        self._put(params["restApiId"], "validators", validator)
        return validator

    @operation("GetRequestValidator")
    def get_request_validator(self, _: Call, params: Params) -> Params:
        return self.documents.part(params["restApiId"], "validators", params["requestValidatorId"])

    @operation("GetRequestValidators")
    def get_request_validators(self, _: Call, params: Params) -> Params:
        return page(list(self.documents.api(params["restApiId"])["validators"].values()), params)

    @operation("UpdateRequestValidator")
    def update_request_validator(self, _: Call, params: Params) -> Params:
        return self._update("UpdateRequestValidator", "validators", params["requestValidatorId"], params, _VALIDATOR)

    @operation("DeleteRequestValidator")
    def delete_request_validator(self, _: Call, params: Params) -> None:
        self._delete(params["restApiId"], "validators", params["requestValidatorId"])

    @operation("CreateAuthorizer")
    def create_authorizer(self, _: Call, params: Params) -> Params:
        given = taken(params, ("restApiId", *_AUTHORIZER), "CreateAuthorizer")
        authorizer = {
            "id": new_id(6),
            "authorizerResultTtlInSeconds": 300,
            **{key: value for key, value in given.items() if key != "restApiId"},
        }
        _check_authorizer(authorizer)
        self._put(params["restApiId"], "authorizers", authorizer)
        return authorizer

    @operation("GetAuthorizer")
    def get_authorizer(self, _: Call, params: Params) -> Params:
        return self.documents.part(params["restApiId"], "authorizers", params["authorizerId"])

    @operation("GetAuthorizers")
    def get_authorizers(self, _: Call, params: Params) -> Params:
        return page(list(self.documents.api(params["restApiId"])["authorizers"].values()), params)

    @operation("UpdateAuthorizer")
    def update_authorizer(self, _: Call, params: Params) -> Params:
        return self._update("UpdateAuthorizer", "authorizers", params["authorizerId"], params, _AUTHORIZER)

    @operation("DeleteAuthorizer")
    def delete_authorizer(self, _: Call, params: Params) -> None:
        key = params["authorizerId"]

        def change(api: Document) -> None:
            part_of(api, "authorizers", key)
            for resource in api["resources"].values():
                for name, method in resource["methods"].items():
                    if method.get("authorizerId") == key:
                        raise conflict(
                            f"Cannot delete authorizer '{key}'. Please remove the authorizer first from the following "
                            f"methods: {name} {resource['path']}"
                        )
            del api["authorizers"][key]

        self.documents.change(params["restApiId"], change)

    @operation("PutGatewayResponse")
    def put_gateway_response(self, _: Call, params: Params) -> Params:
        kind = params["responseType"]
        given = taken(params, ("restApiId", "responseType", *RESPONSE), "PutGatewayResponse")
        response = {key: given[key] for key in RESPONSE if key in given}
        _check_response(kind, response)
        self.documents.change(
            params["restApiId"], lambda api: api["gateway_responses"].update({kind: {"responseType": kind, **response}})
        )
        return _shown_response(kind, response)

    @operation("GetGatewayResponse")
    def get_gateway_response(self, _: Call, params: Params) -> Params:
        own = self.documents.api(params["restApiId"])["gateway_responses"].get(params["responseType"])
        return _shown_response(params["responseType"], own)

    @operation("GetGatewayResponses")
    def get_gateway_responses(self, _: Call, params: Params) -> Params:
        own = self.documents.api(params["restApiId"])["gateway_responses"]
        return {"items": [_shown_response(kind, own.get(kind)) for kind in STATUSES]}

    @operation("DeleteGatewayResponse")
    def delete_gateway_response(self, _: Call, params: Params) -> None:
        def change(api: Document) -> None:
            part_of(api, "gateway_responses", params["responseType"])
            del api["gateway_responses"][params["responseType"]]

        self.documents.change(params["restApiId"], change)

    def _put(self, api_id: str, kind: str, part: Document) -> None:
        def change(api: Document) -> None:
            if part.get("name") and any(each.get("name") == part["name"] for each in api[kind].values()):
                raise conflict(f"{part.get('name')} already exists for this REST API")
            api[kind][part["id"]] = part

        self.documents.change(api_id, change)

    def _update(self, name: str, kind: str, key: str, params: Params, may: tuple[str, ...]) -> Params:
        asked = patches.read(params)

        def change(api: Document) -> None:
            part = part_of(api, kind, key)
            patches.apply(part, asked, shape=patches.output_shape(name), may=frozenset(may))
            if kind == "authorizers":
                _check_authorizer(part)

        return part_of(self.documents.change(params["restApiId"], change), kind, key)

    def _delete(self, api_id: str, kind: str, key: str) -> None:
        def change(api: Document) -> None:
            part_of(api, kind, key)
            del api[kind][key]

        self.documents.change(api_id, change)


def check_parts(api: Document) -> None:
    """Raises AwsError for a part of an API that AWS refuses, and UnsupportedError for one that is not served here."""
    for model in api["models"].values():
        _check_model(model)
    for authorizer in api["authorizers"].values():
        _check_authorizer(authorizer)
    for kind, response in api["gateway_responses"].items():
        if kind not in STATUSES:
            raise not_found("gateway_responses")
        _check_response(kind, response)


def _check_response(kind: str, response: Document) -> None:
    for template in (response.get("responseTemplates") or {}).values():
        check_template(template, f"the gateway response {kind}")
    mapped_headers(response.get("responseParameters") or {}, RESPONSE_HEADER, f"the gateway response {kind}")


def _check_model(model: Document) -> None:
    if not _MODEL_NAME.fullmatch(model["name"]):
        raise bad_request(f"Model name must be alphanumeric: {model['name']}")
    _check_schema(model)


def _check_schema(model: Document) -> None:
    """Raises AwsError for a text that is no JSON schema of draft 4."""
    from jsonschema import Draft4Validator
    from jsonschema.exceptions import SchemaError

    if not model.get("schema"):
        return
    try:
        Draft4Validator.check_schema(json.loads(model["schema"]))
    except (ValueError, SchemaError) as error:
        what = error.message if isinstance(error, SchemaError) else str(error)
        raise bad_request(f"Invalid model specified: Validation Result: warnings : [], errors : [{what}]") from error


def _check_authorizer(authorizer: Document) -> None:
    kind = authorizer.get("type")
    if kind != "COGNITO_USER_POOLS":
        raise UnsupportedError(f"apigateway: an authorizer of type {kind} (only COGNITO_USER_POOLS)")
    arns = authorizer.get("providerARNs") or []
    if not arns or not all(_POOL_ARN.fullmatch(arn) for arn in arns):
        raise bad_request(f"Invalid Authorizer specified: ProviderARNs must be ARNs of user pools, not {arns}")
    try:
        re.compile(str(authorizer.get("identityValidationExpression") or ""))
    except re.error as error:
        raise bad_request(f"Invalid Authorizer specified: identityValidationExpression: {error}") from error
    if not _IDENTITY_SOURCE.fullmatch(str(authorizer.get("identitySource") or "")):
        raise bad_request(
            "Invalid Identity Source specified: it must be a header such as method.request.header.Authorization, not "
            f"{authorizer.get('identitySource')!r}"
        )


def _shown_response(kind: str, own: Document | None) -> Params:
    if kind not in STATUSES:
        raise not_found("gateway_responses")
    default = {"statusCode": STATUSES[kind]} if STATUSES[kind] else {}
    shown = {"responseParameters": {}, "responseTemplates": DEFAULT_TEMPLATES, **default, **(own or {})}
    return shown | {"responseType": kind, "defaultResponse": own is None}
