"""APIs from OpenAPI documents: a new one, or a document in the place of what an API has."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.platform.service import operation
from localcloud.services.apigateway.apis import bad_request
from localcloud.services.apigateway.control.base import taken
from localcloud.services.apigateway.control.definitions import RESPONSE, Definitions, check_parts
from localcloud.services.apigateway.control.methods import Methods, add_resource, check_integration, check_method
from localcloud.services.apigateway.control.rest_apis import RestApis, check_api, new_api, shown
from localcloud.services.apigateway.openapi.definitions import Definitions as Defined
from localcloud.services.apigateway.openapi.methods import methods_of
from localcloud.services.apigateway.openapi.reading import extension, objects, read, refuse_others
from localcloud.wire.protocol import Protocol

if TYPE_CHECKING:
    from localcloud.platform.service import Call, Params
    from localcloud.platform.store import Document

_KNOWN = (
    *("request-validator", "request-validators", "gateway-responses", "binary-media-types", "policy"),
    "api-key-source",
)
#: AWS's model has all of a request's query among them.
_IMPORT_PARAMETERS = frozenset({"endpointConfigurationTypes", "basepath", "mode", "failonwarnings"})
#: Operation that shows a part of an API → where its document has them.
_SHOWN_BY = {
    "GetModel": "models",
    "GetRequestValidator": "validators",
    "GetAuthorizer": "authorizers",
    "GetGatewayResponse": "gateway_responses",
}
_INFO = (("title", "name"), ("description", "description"), ("version", "version"))


class Imports(RestApis, Methods, Definitions):
    @operation("ImportRestApi")
    def import_rest_api(self, _: Call, params: Params) -> Params:
        given = taken(params, ("body", "failOnWarnings", "parameters"), "ImportRestApi")
        document = read(given.get("body") or b"")
        api = new_api({"name": "", **_endpoint(given.get("parameters") or {})})
        _overwrite(api, document)
        self.documents.apis.put(api["id"], api)
        return shown(api)

    @operation("PutRestApi")
    def put_rest_api(self, _: Call, params: Params) -> Params:
        given = taken(params, ("restApiId", "body", "mode", "failOnWarnings", "parameters"), "PutRestApi")
        if given.get("mode", "merge") != "overwrite":
            raise UnsupportedError("apigateway: PutRestApi with the mode merge (only overwrite)")
        _endpoint(given.get("parameters") or {})
        document = read(given.get("body") or b"")
        return shown(self.documents.change(params["restApiId"], lambda api: _overwrite(api, document)))


def _endpoint(parameters: dict[str, str]) -> Document:
    """The member of an API that the parameters of an import set."""
    others = [name for name in parameters if name not in _IMPORT_PARAMETERS]
    if others or parameters.get("basepath", "ignore") != "ignore":
        raise UnsupportedError(f"apigateway: the parameter {[*others, 'basepath'][0]} of an import")
    kind = parameters.get("endpointConfigurationTypes")
    return {"endpointConfiguration": {"types": [kind]}} if kind else {}


def _overwrite(api: Document, document: dict[str, Any]) -> None:
    """Puts the document's definition in the place of the API's. Stages and deployments stay."""
    refuse_others(document, _KNOWN, "the document")
    try:
        _put_parts(api, document)
    except (KeyError, TypeError, ValueError, AttributeError) as error:  # a list in the place of an object
        raise bad_request(f"Invalid OpenAPI input. {type(error).__name__}: {error}") from error
    _check_types(api)
    check_api(api)
    check_parts(api)
    for resource in api["resources"].values():
        for method in resource["methods"].values():
            check_method(method, api)
            if "methodIntegration" in method:
                check_integration(method["methodIntegration"])


def _check_types(api: Document) -> None:
    """Raises AwsError for what other operations would have refused as a parameter, and could not show."""
    wire = Protocol.all_of("apigateway")["rest-json"]
    own = {name: value for name, value in shown(api).items() if name != "createdDate"}
    methods = [method for resource in api["resources"].values() for method in resource["methods"].values()]
    parts = {
        "GetRestApi": [own],
        "GetMethod": methods,
        **{shows: api[kind].values() for shows, kind in _SHOWN_BY.items()},
    }
    for shows, found in parts.items():
        for part in found:
            try:
                wire.check_answer(shows, part)
            except AwsError as error:
                raise bad_request(f"Invalid OpenAPI input. {error.message}") from error


def _put_parts(api: Document, document: dict[str, Any]) -> None:
    info = document.get("info") or {}
    api |= {name: _text(info[given]) for given, name in _INFO if info.get(given) is not None}
    for given, name in (("binary-media-types", "binaryMediaTypes"), ("api-key-source", "apiKeySource")):
        if extension(document, given) is not None:
            api[name] = extension(document, given)
    if extension(document, "policy"):
        api["policy"] = json.dumps(extension(document, "policy"))
    defined = Defined.of(document, api["id"])
    root = api["rootResourceId"]
    api["resources"] = {root: {"id": root, "path": "/", "methods": {}}}
    for path, item in objects(document.get("paths"), "The paths").items():
        methods = _resource_at(api, path)["methods"]
        for method in methods_of(path, item, document, defined):
            methods[method["httpMethod"]] = method
    api |= {"models": defined.models, "validators": defined.validators, "authorizers": defined.authorizers}
    responses = objects(extension(document, "gateway-responses"), "The gateway responses")
    api["gateway_responses"] = {kind: _response(kind, given) for kind, given in responses.items()}


def _response(kind: str, given: dict[str, Any]) -> Document:
    unknown = sorted(given.keys() - RESPONSE)
    if unknown:
        raise UnsupportedError(f"apigateway: {unknown[0]} of the gateway response {kind}")
    return {"responseType": kind, **{name: value for name, value in given.items() if value not in ({}, None)}}


def _text(value: Any) -> str:
    """A text of the document, which YAML may take for a number."""
    if isinstance(value, (dict, list)):
        raise bad_request(f"Invalid OpenAPI input. {value!r} is no text.")
    return str(value)


def _resource_at(api: Document, path: str) -> Document:
    """The resource of a path, which is made with its parents where it is not there."""
    found: Document = api["resources"][api["rootResourceId"]]
    for part in filter(None, path.split("/")):
        known = [each for each in api["resources"].values() if each.get("parentId") == found["id"]]
        same = [each for each in known if each["pathPart"] == part]
        found = same[0] if same else add_resource(api, found["id"], part)
    return found
