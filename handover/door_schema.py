"""Describes a door to its callers: a request's JSON schema, ``GET /schema`` for the page, ``GET /openapi.json``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handover.door import MOST_RANKED, Asks, Door, Gives, is_whole

if TYPE_CHECKING:
    from collections.abc import Mapping

Schema = dict[str, Any]

JSON = "application/json"
#: Of an address of an image.
LONGEST_ADDRESS = 2048
ADDRESS = "address"
#: What each error of the API says. 4XX but 400 are API Gateway's own.
_ERRORS: Mapping[int, str] = {
    400: "The request is not what the schema says: the field is named, and what is allowed",
    401: "There is no token, or none that is valid",
    403: "The caller may not call, or asked for what is not there",
    413: "The request is too large",
    415: "The content type is none of the API's",
    429: "Too many requests: try again later",
    500: "The API failed",
    502: "The model failed at this request",
    503: "The model is not there at the moment",
    504: "The model did not answer in time",
}


def request_schema(door: Door) -> Schema:
    """The body of a request in JSON, in JSON Schema draft 4, with the keywords that API Gateway's models know."""
    if door.asks is Asks.IMAGE:
        properties = {ADDRESS: _address(door)}
    else:
        properties = {column["name"]: _value(column) for column in door.columns}
    return {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "title": "Request",
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def page_schema(door: Door, *, release: int) -> Schema:
    """``GET /schema``: what the page makes its form of. columns: what the request's schema cannot say to people."""
    return {
        "workload": door.workload,
        "dataset": door.dataset,
        "licence": door.licence,
        "release": release,
        "asks": door.asks,
        "gives": door.gives,
        "request": request_schema(door),
        "columns": [
            {key: column[key] for key in ("name", "description", "unit", "meanings", "largest_bytes") if key in column}
            for column in door.columns
        ],
        "image_types": list(door.image_types),
        "labels": [{"label": label, "meaning": _meanings(door).get(label, label)} for label in door.labels],
        "label": {key: door.label[key] for key in ("name", "description") if key in door.label} if door.label else None,
        "event": door.event,
        "threshold": door.threshold,
        "examples": list(door.examples),
    }


def openapi(door: Door, *, release: int, server: str, caller: str, partners: bool = False) -> Schema:
    """``GET /openapi.json``, OpenAPI 3.0, for one kind of caller: ``people`` or ``programs``.

    server: the address that they call, or its path. partners: programs need an API key besides.
    """
    security = dict(_SECURITY[caller])
    if partners and caller == "programs":
        security["partner"] = []
    return {
        "openapi": "3.0.3",
        "info": {
            "title": door.workload,
            "version": str(release),
            "description": f"Asks the model that learned from {door.dataset}.",
        },
        "servers": [{"url": server}],
        "security": [security],
        "paths": {
            "/predictions": {"post": _predict(door)},
            "/schema": {"get": _document("schema", "What a request may be, for a form of it")},
            "/openapi.json": {"get": _document("openapi", "This document")},
        },
        "components": {
            "schemas": {
                "Request": _without_draft(request_schema(door)),
                "Answer": answer_schema(door),
                "Error": _ERROR,
            },
            "securitySchemes": {scheme: _SCHEMES[scheme] for scheme in security},
        },
    }


def answer_schema(door: Door) -> Schema:
    """The body of an answer."""
    said = _SAID[door.gives](door)
    shared = {
        "release": {"type": "integer", "description": "The version of the model that answered"},
        "request_id": {"type": "string", "description": "The inference id by which a truth can be joined later"},
    }
    return {
        "type": "object",
        "properties": {**said, **shared},
        "required": [*(name for name in said if name != "probabilities"), *shared],
        "additionalProperties": False,
    }


def _predict(door: Door) -> Schema:
    bodies: Schema = {image_type: {"schema": {"type": "string", "format": "binary"}} for image_type in door.image_types}
    bodies[JSON] = {"schema": {"$ref": "#/components/schemas/Request"}}
    if door.examples and door.asks is not Asks.IMAGE:
        bodies[JSON]["examples"] = {
            f"example-{number}": {"value": example} for number, example in enumerate(door.examples, 1)
        }
    return {
        "operationId": "predict",
        "summary": "Ask the model",
        "requestBody": {"required": True, "content": bodies},
        "responses": {"200": _answer("The model's answer", {"$ref": "#/components/schemas/Answer"}), **_errors()},
    }


def _document(name: str, summary: str) -> Schema:
    errors = {status: error for status, error in _errors().items() if status in ("401", "403", "429", "500")}
    return {
        "operationId": name,
        "summary": summary,
        "responses": {"200": _answer("The document", {"type": "object"}), **errors},
    }


def _errors() -> Schema:
    error = {"$ref": "#/components/schemas/Error"}
    return {str(status): _answer(text, error) for status, text in _ERRORS.items()}


def _answer(description: str, schema: Schema) -> Schema:
    return {"description": description, "content": {JSON: {"schema": schema}}}


def _value(column: Mapping[str, Any]) -> Schema:
    """A column's value. What is said to people comes first, so that a reader of the document sees it first."""
    said = {"description": _said(column)} if _said(column) else {}
    if "categories" in column:
        return {**said, "type": "string", "enum": list(column["categories"])}
    if "longest" in column:
        return {**said, "type": "string", "minLength": 1, "maxLength": column["longest"]}
    kind = "integer" if is_whole(column) else "number"
    return {**said, "type": kind, "minimum": column["low"], "maximum": column["high"]}


def _said(column: Mapping[str, Any]) -> str:
    """``Age, in years``; ``Sex: 1 male, 2 female``."""
    text = str(column.get("description", ""))
    if column.get("unit"):
        text += f", in {column['unit']}"
    if column.get("meanings"):
        text += ": " + ", ".join(f"{value} {meaning}" for value, meaning in column["meanings"].items())
    return text


def _address(door: Door) -> Schema:
    kinds = " or ".join(door.image_types)
    return {
        "description": f"Where an image of the type {kinds} stands: on one of the allowed hosts alone",
        "type": "string",
        "pattern": "^https://",
        "maxLength": LONGEST_ADDRESS,
    }


def _without_draft(schema: Schema) -> Schema:
    return {key: value for key, value in schema.items() if key != "$schema"}


def _meanings(door: Door) -> Mapping[str, str]:
    found: Mapping[str, str] = (door.label or {}).get("meanings", {})
    return found


def _label(door: Door) -> Schema:
    label: Schema = {"type": "string", "enum": list(door.labels)}
    if door.label and _said(door.label):
        label["description"] = _said(door.label)
    share = {"type": "number", "minimum": 0, "maximum": 1}
    probabilities = {
        "type": "object",
        "properties": dict.fromkeys(door.labels, share),
        "additionalProperties": False,
        "description": "Of each label, if the model tells them",
    }
    if door.threshold is not None:
        label["description"] = f"{label.get('description', '')}. From {door.threshold:.3f} on, {door.event}".lstrip(
            ". "
        )
    return {"label": label, "probabilities": probabilities}


def _topics(_: Door) -> Schema:
    words = {"type": "array", "items": {"type": "string"}}
    topic = {
        "type": "object",
        "properties": {
            "topic": {"type": "integer", "minimum": 1},
            "weight": {"type": "number", "minimum": 0, "maximum": 1},
            "words": {**words, "description": "The words that show the topic best; empty if nobody has found them out"},
        },
        "required": ["topic", "weight", "words"],
        "additionalProperties": False,
    }
    return {"topics": {"type": "array", "items": topic, "description": "The heaviest first"}}


def _titles(door: Door) -> Schema:
    ranked = door.ranked or {}
    title = {
        "type": "object",
        "properties": {
            "title": {"type": "string"},
            ranked["name"]: {"type": "integer", "minimum": ranked["low"], "maximum": ranked["high"]},
            "score": {"type": "number"},
        },
        "required": ["title", ranked["name"], "score"],
        "additionalProperties": False,
    }
    return {
        "titles": {"type": "array", "maxItems": MOST_RANKED, "items": title, "description": "The best first"},
    }


_SAID = {
    Gives.LABEL: _label,
    Gives.PROBABILITY: _label,
    Gives.CLASSES: _label,
    Gives.TOPICS: _topics,
    Gives.RANKED: _titles,
}

_ERROR: Schema = {
    "type": "object",
    "properties": {
        "message": {"type": "string", "description": "What is wrong, and what is allowed"},
        "field": {"type": "string", "description": "The member of the request that is at fault"},
        "allowed": {"description": "What its value may be, in the words of a JSON schema", "type": "object"},
        "request_id": {"type": "string"},
    },
    "required": ["message"],
}

#: How each kind of caller says who it is.
_SECURITY: Mapping[str, Schema] = {"people": {"person": []}, "programs": {"program": []}}
_SCHEMES: Mapping[str, Schema] = {
    "person": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "A token of the user pool"},
    "program": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "AWS Signature Version 4, service execute-api",
        "x-amazon-apigateway-authtype": "awsSigv4",
    },
    "partner": {"type": "apiKey", "in": "header", "name": "x-api-key"},
}
