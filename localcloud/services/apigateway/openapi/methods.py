"""The methods of an OpenAPI document, with their integrations, as an API's document has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import UnsupportedError
from localcloud.services.apigateway.openapi.reading import extension, objects, refuse_others

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.platform.store import Document
    from localcloud.services.apigateway.openapi.definitions import Definitions

#: The longest time that an integration may take, which is the default as well.
_TIMEOUT_MILLISECONDS = 29_000
_ANY = "x-amazon-apigateway-any-method"
_VERBS = ("get", "put", "post", "delete", "options", "head", "patch")
_PLACES = {"query": "querystring", "header": "header", "path": "path"}
_CARRIED = (
    *("httpMethod", "uri", "credentials", "requestParameters", "requestTemplates", "cacheNamespace"),
    *("cacheKeyParameters", "contentHandling", "timeoutInMillis", "connectionId", "connectionType", "tlsConfig"),
)
_RESPONSE = ("responseParameters", "responseTemplates", "contentHandling")


def methods_of(
    path: str, item: dict[str, Any], document: dict[str, Any], definitions: Definitions
) -> Iterator[Document]:
    """The methods of one path, each with its integration."""
    refuse_others(item, ("any-method",), path)
    for name, operation in item.items():
        if name == _ANY or name in _VERBS:
            verb = "ANY" if name == _ANY else name.upper()
            refuse_others(operation, ("integration", "request-validator"), f"{verb} {path}")
            shared = item.get("parameters") or []
            yield _method(verb, {**operation, "parameters": [*shared, *(operation.get("parameters") or [])]},
                          document, definitions)  # fmt: skip


def _method(verb: str, operation: dict[str, Any], document: dict[str, Any], definitions: Definitions) -> Document:
    resolved = [_resolved(each, document) for each in operation["parameters"]]
    parameters = {
        f"method.request.{_PLACES[each['in']]}.{each['name']}": each.get("required", False)
        for each in resolved
        if each.get("in") in _PLACES
    }
    consumed = operation.get("consumes") or document.get("consumes") or ["application/json"]
    bodies = {kind: each["schema"] for each in resolved if each.get("in") == "body" for kind in consumed}
    bodies |= _schemas(_resolved(operation.get("requestBody") or {}, document))
    method = {
        "httpMethod": verb,
        **definitions.authorization_of(operation),
        **definitions.validator_of(operation),
        "requestParameters": parameters,
        "requestModels": {kind: definitions.model_of(schema) for kind, schema in bodies.items()},
        "methodResponses": _responses(operation, document, definitions),
    }
    if operation.get("operationId"):
        method["operationName"] = operation["operationId"]
    integration = extension(operation, "integration")
    return method | ({"methodIntegration": _integration(integration)} if integration else {})


def _resolved(part: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """A parameter or a body that stands elsewhere in the document."""
    if "$ref" not in part:
        return part
    found: Any = document
    for name in str(part["$ref"]).removeprefix("#/").split("/"):
        found = found[name]
    return dict(found)


def _schemas(part: dict[str, Any]) -> dict[str, Any]:
    content = objects(part.get("content"), "A body's content")
    return {kind: each["schema"] for kind, each in content.items() if "schema" in each}


def _responses(operation: dict[str, Any], document: dict[str, Any], definitions: Definitions) -> Document:
    found = {}
    produced = operation.get("produces") or document.get("produces") or ["application/json"]
    for status, given in objects(operation.get("responses"), "An operation's responses").items():
        response = _resolved(given, document)
        schemas = dict.fromkeys(produced, response["schema"]) if "schema" in response else _schemas(response)
        models = {kind: definitions.model_of(schema) for kind, schema in schemas.items()}
        headers = {f"method.response.header.{name}": False for name in response.get("headers") or {}}
        if status.isdigit():
            found[status] = {"statusCode": status, "responseParameters": headers, "responseModels": models}
    return found


def _integration(given: dict[str, Any]) -> Document:
    unknown = sorted(given.keys() - {"type", "passthroughBehavior", "responses", *_CARRIED})
    if unknown:
        raise UnsupportedError(f"apigateway: {unknown[0]} of an x-amazon-apigateway-integration")
    responses = {}
    for pattern, response in objects(given.get("responses"), "An integration's responses").items():
        status = str(response.get("statusCode"))
        chosen = {} if pattern == "default" else {"selectionPattern": pattern}
        kept = {name: response[name] for name in _RESPONSE if name in response}
        responses[status] = {"statusCode": status, **chosen, **kept}
    return {
        "type": str(given.get("type")).upper(),
        "passthroughBehavior": str(given.get("passthroughBehavior", "when_no_match")).upper(),
        "timeoutInMillis": _TIMEOUT_MILLISECONDS,
        "cacheKeyParameters": [],
        **{name: given[name] for name in _CARRIED if name in given},
        "integrationResponses": responses,
    }
