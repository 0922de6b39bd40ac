"""Resources, their methods, and what answers these."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError
from localcloud.platform.service import operation
from localcloud.services.apigateway.apis import bad_request, conflict, new_id, part_of
from localcloud.services.apigateway.control import patches
from localcloud.services.apigateway.control.base import ApiGatewayOperations, page, taken

if TYPE_CHECKING:
    from localcloud.platform.service import Call, Params
    from localcloud.platform.store import Document

METHODS = ("ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
_PART = re.compile(r"[a-zA-Z0-9._\-:]+|\{[a-zA-Z0-9._\-:]+\+?\}")
_PLACE = ("restApiId", "resourceId", "httpMethod")
_METHOD = (
    *("authorizationType", "authorizerId", "apiKeyRequired", "operationName", "requestParameters", "requestModels"),
    *("requestValidatorId", "authorizationScopes"),
)
_METHOD_PATCHED = frozenset(_METHOD)
_RESPONSE = ("responseParameters", "responseModels")
_INTEGRATION = (
    *("type", "uri", "credentials", "requestParameters", "requestTemplates", "passthroughBehavior", "cacheNamespace"),
    *("cacheKeyParameters", "contentHandling", "timeoutInMillis", "connectionType", "connectionId", "tlsConfig"),
)
_INTEGRATION_PATCHED = frozenset({*_INTEGRATION, "httpMethod"} - {"type"})
_INTEGRATION_RESPONSE = ("selectionPattern", "responseParameters", "responseTemplates", "contentHandling")
#: AWS's quota.
_MOST_RESOURCES = 300
#: AWS's longest time for an integration, and its shortest.
LONGEST_MILLISECONDS = 29_000
_SHORTEST_MILLISECONDS = 50


class Methods(ApiGatewayOperations):
    @operation("CreateResource")
    def create_resource(self, _: Call, params: Params) -> Params:
        made: Document = {}

        def change(api: Document) -> None:
            made.update(add_resource(api, params["parentId"], params["pathPart"]))

        self.documents.change(params["restApiId"], change)
        return _resource(made)

    @operation("GetResources")
    def get_resources(self, _: Call, params: Params) -> Params:
        api = self.documents.api(params["restApiId"])
        with_methods = "methods" in (params.get("embed") or [])
        found = [_resource(each, with_methods=with_methods) for each in api["resources"].values()]
        return page(found, params)

    @operation("GetResource")
    def get_resource(self, _: Call, params: Params) -> Params:
        found = self.documents.part(params["restApiId"], "resources", params["resourceId"])
        return _resource(found, with_methods="methods" in (params.get("embed") or []))

    @operation("DeleteResource")
    def delete_resource(self, _: Call, params: Params) -> None:
        def change(api: Document) -> None:
            resource = part_of(api, "resources", params["resourceId"])
            if "parentId" not in resource:
                raise bad_request("Root resource cannot be deleted")
            below = f"{resource['path']}/"
            for key, each in list(api["resources"].items()):
                if each is resource or each["path"].startswith(below):
                    del api["resources"][key]

        self.documents.change(params["restApiId"], change)

    @operation("PutMethod")
    def put_method(self, _: Call, params: Params) -> Params:
        given = taken(params, (*_METHOD, *_PLACE), "PutMethod")
        name = params["httpMethod"]
        if name not in METHODS:
            raise bad_request(f"Invalid HttpMethod specified. Valid options are {', '.join(METHODS)}")
        method = {
            "httpMethod": name,
            "apiKeyRequired": False,
            **{key: value for key, value in given.items() if key in _METHOD},
        }

        def change(api: Document) -> None:
            methods = part_of(api, "resources", params["resourceId"])["methods"]
            if name in methods:
                raise conflict("Method already exists for this resource")
            check_method(method, api)
            methods[name] = method

        self.documents.change(params["restApiId"], change)
        return method

    @operation("GetMethod")
    def get_method(self, _: Call, params: Params) -> Params:
        return self._method(params)

    @operation("UpdateMethod")
    def update_method(self, _: Call, params: Params) -> Params:
        asked, shape = patches.read(params), patches.output_shape("UpdateMethod")

        def change(api: Document) -> None:
            method = method_of(api, params)
            patches.apply(method, asked, shape=shape, may=_METHOD_PATCHED)
            check_method(method, api)

        return method_of(self.documents.change(params["restApiId"], change), params)

    @operation("DeleteMethod")
    def delete_method(self, _: Call, params: Params) -> None:
        def change(api: Document) -> None:
            method_of(api, params)
            del api["resources"][params["resourceId"]]["methods"][params["httpMethod"]]

        self.documents.change(params["restApiId"], change)

    @operation("PutMethodResponse")
    def put_method_response(self, _: Call, params: Params) -> Params:
        given = taken(params, (*_RESPONSE, *_PLACE, "statusCode"), "PutMethodResponse")
        response = {key: given[key] for key in ("statusCode", *_RESPONSE) if key in given}
        self._put_response(params, response)
        return response

    @operation("GetMethodResponse")
    def get_method_response(self, _: Call, params: Params) -> Params:
        return _of_status(self._method(params).get("methodResponses", {}), params)

    @operation("DeleteMethodResponse")
    def delete_method_response(self, _: Call, params: Params) -> None:
        def change(api: Document) -> None:
            responses = method_of(api, params).get("methodResponses", {})
            _of_status(responses, params)
            del responses[params["statusCode"]]

        self.documents.change(params["restApiId"], change)

    @operation("PutIntegration")
    def put_integration(self, _: Call, params: Params) -> Params:
        given = taken(params, (*_INTEGRATION, *_PLACE, "integrationHttpMethod"), "PutIntegration")
        integration = {
            "passthroughBehavior": "WHEN_NO_MATCH",
            "timeoutInMillis": LONGEST_MILLISECONDS,
            "cacheNamespace": params["resourceId"],
            "cacheKeyParameters": [],
            **{key: given[key] for key in _INTEGRATION if key in given},
        }
        if "integrationHttpMethod" in given:
            integration["httpMethod"] = given["integrationHttpMethod"]
        check_integration(integration)

        def change(api: Document) -> None:
            method_of(api, params)["methodIntegration"] = integration

        self.documents.change(params["restApiId"], change)
        return integration

    @operation("GetIntegration")
    def get_integration(self, _: Call, params: Params) -> Params:
        return _integration_of(self._method(params))

    @operation("UpdateIntegration")
    def update_integration(self, _: Call, params: Params) -> Params:
        asked, shape = patches.read(params), patches.output_shape("UpdateIntegration")

        def change(api: Document) -> None:
            integration = _integration_of(method_of(api, params))
            patches.apply(integration, asked, shape=shape, may=_INTEGRATION_PATCHED)
            check_integration(integration)

        return _integration_of(method_of(self.documents.change(params["restApiId"], change), params))

    @operation("DeleteIntegration")
    def delete_integration(self, _: Call, params: Params) -> None:
        def change(api: Document) -> None:
            _integration_of(method_of(api, params))
            del method_of(api, params)["methodIntegration"]

        self.documents.change(params["restApiId"], change)

    @operation("PutIntegrationResponse")
    def put_integration_response(self, _: Call, params: Params) -> Params:
        given = taken(params, (*_INTEGRATION_RESPONSE, *_PLACE, "statusCode"), "PutIntegrationResponse")
        response = {key: given[key] for key in ("statusCode", *_INTEGRATION_RESPONSE) if key in given}

        def change(api: Document) -> None:
            responses = _integration_of(method_of(api, params)).setdefault("integrationResponses", {})
            responses[params["statusCode"]] = response

        self.documents.change(params["restApiId"], change)
        return response

    @operation("GetIntegrationResponse")
    def get_integration_response(self, _: Call, params: Params) -> Params:
        return _of_status(_integration_of(self._method(params)).get("integrationResponses", {}), params)

    @operation("DeleteIntegrationResponse")
    def delete_integration_response(self, _: Call, params: Params) -> None:
        def change(api: Document) -> None:
            responses = _integration_of(method_of(api, params)).get("integrationResponses", {})
            _of_status(responses, params)
            del responses[params["statusCode"]]

        self.documents.change(params["restApiId"], change)

    def _method(self, params: Params) -> Document:
        return method_of(self.documents.api(params["restApiId"]), params)

    def _put_response(self, params: Params, response: Document) -> None:
        def change(api: Document) -> None:
            responses = method_of(api, params).setdefault("methodResponses", {})
            if params["statusCode"] in responses:
                raise conflict("Response already exists for this resource")
            responses[params["statusCode"]] = response

        self.documents.change(params["restApiId"], change)


def add_resource(api: Document, parent_id: str, part: str) -> Document:
    """Raises AwsError where AWS has no such resource below the parent."""
    if not _PART.fullmatch(part):
        raise bad_request(
            "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the "
            f"beginning and the end, not {part!r}."
        )
    if len(api["resources"]) >= _MOST_RESOURCES:
        raise AwsError(
            "LimitExceededException",
            "Maximum number of resources for this API has been reached. Please contact AWS if you need additional "
            "resources.",
            status=429,
        )
    parent = part_of(api, "resources", parent_id)
    if parent["path"].endswith("+}"):
        raise bad_request("Cannot create a child of a resource with a greedy path variable.")
    siblings = [each for each in api["resources"].values() if each.get("parentId") == parent["id"]]
    if any(each["pathPart"] == part for each in siblings):
        raise conflict("Another resource with the same parent already has this name: " + part)
    variable = next((each["pathPart"] for each in siblings if each["pathPart"].startswith("{")), None)
    if part.startswith("{") and variable:
        raise bad_request(
            f"A sibling ({variable}) of this resource already has a variable path part -- only one unique "
            "variable path part is allowed"
        )
    made, path = new_id(6), f"{parent['path'].rstrip('/')}/{part}"
    resource = {"id": made, "parentId": parent["id"], "pathPart": part, "path": path, "methods": {}}
    api["resources"][made] = resource
    return resource


def method_of(api: Document, params: Params) -> Document:
    found: Document | None = part_of(api, "resources", params["resourceId"])["methods"].get(params["httpMethod"])
    if found is None:
        raise AwsError("NotFoundException", "Invalid Method identifier specified", status=404)
    return found


def check_method(method: Document, api: Document) -> None:
    """Raises AwsError where a method names what its API does not have, or asks for an unknown kind of authorization."""
    kind = method.get("authorizationType")
    if kind not in ("NONE", "AWS_IAM", "CUSTOM", "COGNITO_USER_POOLS"):
        raise bad_request("Invalid authorization type specified. Valid options are NONE, AWS_IAM, CUSTOM, "
                          f"COGNITO_USER_POOLS; not {kind!r}.")  # fmt: skip
    if kind in ("CUSTOM", "COGNITO_USER_POOLS") and method.get("authorizerId") not in api["authorizers"]:
        raise bad_request("Invalid authorizer ID specified. Setting the authorization type to CUSTOM or "
                          "COGNITO_USER_POOLS requires a valid authorizer.")  # fmt: skip
    if method.get("requestValidatorId") and method["requestValidatorId"] not in api["validators"]:
        raise bad_request("Invalid Request Validator identifier specified")
    for model in (method.get("requestModels") or {}).values():
        if model not in api["models"] and model not in ("Empty", "Error"):
            raise bad_request(f"Invalid model identifier specified: {model}")


def check_integration(integration: Document) -> None:
    """Raises AwsError for an integration that AWS refuses."""
    timeout = integration.get("timeoutInMillis", LONGEST_MILLISECONDS)
    if not _SHORTEST_MILLISECONDS <= timeout <= LONGEST_MILLISECONDS:
        raise bad_request(
            f"Timeout should be between {_SHORTEST_MILLISECONDS} ms and {LONGEST_MILLISECONDS} ms, not {timeout}."
        )
    if integration["type"] in ("AWS", "AWS_PROXY", "HTTP", "HTTP_PROXY") and not integration.get("uri"):
        raise bad_request("Uri is required for this integration type")
    if integration["type"] == "AWS_PROXY" and integration.get("httpMethod") != "POST":
        raise bad_request("Integrations of type 'AWS_PROXY' currently only supports Lambda function and POST.")


def _integration_of(method: Document) -> Document:
    found: Document | None = method.get("methodIntegration")
    if found is None:
        raise AwsError("NotFoundException", "Invalid Integration identifier specified", status=404)
    return found


def _of_status(responses: Document, params: Params) -> Document:
    found: Document | None = responses.get(params["statusCode"])
    if found is None:
        raise AwsError("NotFoundException", "Invalid Response status code specified", status=404)
    return found


def _resource(resource: Document, *, with_methods: bool = False) -> Params:
    shown = {name: resource[name] for name in ("id", "parentId", "pathPart", "path") if name in resource}
    methods = resource["methods"] if with_methods else {name: {} for name in resource["methods"]}
    return shown | ({"resourceMethods": methods} if methods else {})
