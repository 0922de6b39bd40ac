"""A deployment's snapshot, compiled once into what its requests need; what cannot be served is refused by name."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import UnsupportedError
from localcloud.services.apigateway.apis import bad_request
from localcloud.services.apigateway.serving.integrations import Integration, compiled_integration
from localcloud.services.apigateway.serving.request_checks import BodySchemas, Parameters
from localcloud.services.apigateway.serving.routing import Routing

if TYPE_CHECKING:
    from localcloud.platform.store import Document


@dataclass(frozen=True, kw_only=True, slots=True)
class Authorizer:
    """A Cognito authorizer: the pools whose tokens it takes, and the header that has the token."""

    pools: tuple[str, ...]
    header: str
    audience: re.Pattern[str] | None = None
    """Which of the pools' clients a token must be for; None for all of them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Method:
    """One method as its requests need it."""

    resource_id: str
    resource_path: str
    http_method: str
    """As it is defined, such as ``ANY``."""
    authorization: str
    authorizer: Authorizer | None
    scopes: tuple[str, ...]
    key_required: bool
    parameters: Parameters
    bodies: BodySchemas
    integration: Integration

    @property
    def settings_key(self) -> str:
        return f"{self.resource_path.replace('/', '~1')}/{self.http_method}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Deployed:
    """A whole deployment."""

    name: str
    routing: Routing[Method]
    binary_media_types: frozenset[str]
    gateway_responses: dict[str, Any]
    has_policy: bool


def check_snapshot(snapshot: Document) -> None:
    """Raises AwsError for an API that cannot be deployed, and UnsupportedError for what is not served here."""
    methods = [
        (name, resource, method)
        for resource in snapshot["resources"].values()
        for name, method in resource["methods"].items()
    ]
    if not methods:
        raise bad_request("The REST API doesn't contain any methods")
    for _, _, method in methods:
        if "methodIntegration" not in method:
            raise bad_request("No integration defined for method")
    compiled(snapshot)


def compiled(snapshot: Document) -> Deployed:
    return Deployed(
        name=snapshot["name"],
        routing=Routing(
            (resource["path"], name, _method(resource, method, snapshot))
            for resource in snapshot["resources"].values()
            for name, method in resource["methods"].items()
        ),
        binary_media_types=frozenset(snapshot.get("binaryMediaTypes") or []),
        gateway_responses=snapshot["gateway_responses"],
        has_policy=bool(snapshot.get("policy")),
    )


def _method(resource: Document, method: Document, snapshot: Document) -> Method:
    place = f"{method['httpMethod']} {resource['path']}"
    if method["authorizationType"] == "CUSTOM":
        raise UnsupportedError(f"apigateway: the Lambda authorizer of {place}")
    authorizer = snapshot["authorizers"].get(method.get("authorizerId"))
    if method["authorizationType"] == "COGNITO_USER_POOLS" and authorizer is None:
        raise bad_request(f"The authorizer {method.get('authorizerId')} of {place} does not exist")
    validator = snapshot["validators"].get(method.get("requestValidatorId")) or {}
    return Method(
        resource_id=resource["id"],
        resource_path=resource["path"],
        http_method=method["httpMethod"],
        authorization=method["authorizationType"],
        authorizer=_authorizer(authorizer) if method["authorizationType"] == "COGNITO_USER_POOLS" else None,
        scopes=tuple(method.get("authorizationScopes") or ()),
        key_required=bool(method.get("apiKeyRequired")),
        parameters=Parameters.of(
            method.get("requestParameters") or {}, required=validator.get("validateRequestParameters")
        ),
        bodies=BodySchemas.of(method, _schemas(snapshot) if validator.get("validateRequestBody") else {}),
        integration=compiled_integration(method["methodIntegration"], place),
    )


def _authorizer(document: Document) -> Authorizer:
    audience = document.get("identityValidationExpression")
    return Authorizer(
        pools=tuple(arn.rpartition("/")[2] for arn in document["providerARNs"]),
        header=document["identitySource"].rpartition(".")[2].lower(),
        audience=re.compile(audience) if audience else None,
    )


def _schemas(snapshot: Document) -> dict[str, Any]:
    """Model name → JSON schema. AWS makes the models ``Empty`` and ``Error`` with each API."""
    own = {name: json.loads(model.get("schema") or "{}") for name, model in snapshot["models"].items()}
    return {"Empty": {}, "Error": {"type": "object"}} | own
