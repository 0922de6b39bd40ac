"""What the methods of an OpenAPI document refer to: models, request validators, and who may call."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localcloud.services.apigateway.apis import bad_request, new_id
from localcloud.services.apigateway.openapi.reading import extension, objects

if TYPE_CHECKING:
    from localcloud.platform.store import Document

_AUTHORIZER = ("providerARNs", "identityValidationExpression", "authorizerResultTtlInSeconds")


@dataclass(frozen=True, kw_only=True, slots=True)
class Definitions:
    """The parts, as an API's document has them, and the document's security schemes."""

    api_id: str
    models: Document
    validators: Document
    authorizers: Document
    schemes: dict[str, dict[str, Any]]
    default_security: Any
    default_validator: str | None

    @classmethod
    def of(cls, document: dict[str, Any], api_id: str) -> Definitions:
        components = document.get("components") or {}
        schemas = objects(document.get("definitions") or components.get("schemas"), "The definitions")
        schemes = document.get("securityDefinitions") or components.get("securitySchemes")
        made = cls(
            api_id=api_id,
            models={},
            validators={},
            authorizers={},
            schemes=objects(schemes, "The security definitions"),
            default_security=document.get("security") or [],
            default_validator=extension(document, "request-validator"),
        )
        for name, schema in schemas.items():
            made.add_model(name, schema)
        for name, validator in objects(extension(document, "request-validators"), "The request validators").items():
            made.add_validator(name, validator)
        for name, scheme in made.schemes.items():
            if extension(scheme, "authorizer"):
                made.add_authorizer(name, scheme)
        return made

    def add_model(self, name: str, schema: dict[str, Any]) -> None:
        text = json.dumps(self._referring(schema))
        self.models[name] = {"id": new_id(6), "name": name, "contentType": "application/json", "schema": text}

    def add_validator(self, name: str, validator: dict[str, Any]) -> None:
        key = new_id(6)
        checks = ("validateRequestBody", "validateRequestParameters")
        self.validators[key] = {"id": key, "name": name, **{each: validator.get(each, False) for each in checks}}

    def add_authorizer(self, name: str, scheme: dict[str, Any]) -> None:
        key, given = new_id(6), extension(scheme, "authorizer")
        self.authorizers[key] = {
            "id": key,
            "name": name,
            "type": str(given.get("type")).upper(),
            "authType": extension(scheme, "authtype"),
            "identitySource": given.get("identitySource") or f"method.request.header.{scheme.get('name')}",
            "authorizerResultTtlInSeconds": 300,
            **{each: given[each] for each in _AUTHORIZER if each in given},
        }

    def model_of(self, schema: dict[str, Any]) -> str:
        """The name of a schema's model; one that stands in a method becomes a model of its own."""
        if "$ref" in schema:
            return str(schema["$ref"]).rpartition("/")[2]
        name = f"MODEL{hashlib.sha256(json.dumps(schema, sort_keys=True).encode()).hexdigest()[:6]}"
        if name not in self.models:
            self.add_model(name, schema)
        return name

    def validator_of(self, operation: dict[str, Any]) -> Document:
        """The method's member for its request validator, if it has one."""
        name = extension(operation, "request-validator") or self.default_validator
        if name is None:
            return {}
        found = next((key for key, each in self.validators.items() if each["name"] == name), None)
        if found is None:
            raise bad_request(f"Invalid OpenAPI input. The request validator {name} is not defined.")
        return {"requestValidatorId": found}

    def authorization_of(self, operation: dict[str, Any]) -> Document:
        """The method's members for who may call. A scheme that is not defined asks for nothing, as SAM's ``NONE``."""
        found: Document = {"authorizationType": "NONE", "apiKeyRequired": False}
        for required in operation.get("security", self.default_security):
            for name, scopes in required.items():
                found |= self._asked_by(name, scopes)
        return found

    def _asked_by(self, name: str, scopes: list[str]) -> Document:
        scheme = self.schemes.get(name, {})
        authorizer = next((key for key, each in self.authorizers.items() if each["name"] == name), None)
        if authorizer is not None:
            kind = self.authorizers[authorizer]["type"]
            asked = {
                "authorizationType": kind if kind == "COGNITO_USER_POOLS" else "CUSTOM",
                "authorizerId": authorizer,
            }
            return asked | ({"authorizationScopes": scopes} if scopes else {})
        if extension(scheme, "authtype") == "awsSigv4":
            return {"authorizationType": "AWS_IAM"}
        is_key = scheme.get("type") == "apiKey" and str(scheme.get("name")).lower() == "x-api-key"
        return {"apiKeyRequired": True} if is_key else {}

    def _referring(self, value: Any) -> Any:
        """A schema whose references are to models of this API, as API Gateway writes them."""
        if isinstance(value, list):
            return [self._referring(each) for each in value]
        if not isinstance(value, dict):
            return value
        if isinstance(value.get("$ref"), str) and value["$ref"].startswith("#/"):
            name = value["$ref"].rpartition("/")[2]
            return {"$ref": f"https://apigateway.amazonaws.com/restapis/{self.api_id}/models/{name}"}
        return {name: self._referring(each) for name, each in value.items()}
