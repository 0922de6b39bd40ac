"""The methods of an API: resources, validation of bodies, and who may call each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import CfnResource, Stack
from aws_cdk import aws_apigateway as apigateway
from handover.names import SIGN_IN_SCOPES

from constructs import Construct
from stacks.api_parameters import DeployedApi
from stacks.api_routes import Caller, Route

#: API Gateway's limit, which the function's own time-out stays below.
_TIMEOUT_MILLISECONDS = 29_000
_METHODS_SECONDS = "3600"


class ApiMethods(Construct):
    """One resource for each part of a path, one method for each route.

    ``all`` is what a deployment has to be made after; ``properties`` is what it has to be made anew for.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        deployed: DeployedApi,
        function_arn: str,
        model: Mapping[str, Any],
    ) -> None:
        super().__init__(scope, construct_id)
        self.all: list[CfnResource] = []
        self.properties: list[dict[str, Any]] = []
        self._deployed, self._function_arn = deployed, function_arn
        self._resources: dict[tuple[str, ...], str] = {(): deployed.root_id}
        schema = dict(model)
        self._model = self._add(
            apigateway.CfnModel, "Request", content_type="application/json", name="Request", schema=schema
        ).ref
        self._validator = self._add(
            apigateway.CfnRequestValidator, "Bodies", name="bodies", validate_request_body=True
        ).ref

    def add(self, routes: Sequence[Route]) -> None:
        for route in routes:
            resource_id = self._resource(route.parts)
            self._add(
                apigateway.CfnMethod,
                f"{route.verb}-{route.path}",
                resource_id=resource_id,
                http_method=route.verb,
                authorization_type=route.caller.value,
                **(self._browser() if route.caller is Caller.BROWSER else self._guarded(route)),
            )

    def answer(self, response_type: str, **properties: Any) -> None:
        """What API Gateway itself answers in a case, readable by the page."""
        headers = {}
        if self._deployed.page_origin:
            headers = {"gatewayresponse.header.Access-Control-Allow-Origin": f"'{self._deployed.page_origin}'"}
        self._add(
            apigateway.CfnGatewayResponse,
            f"Answer-{response_type}",
            response_type=response_type,
            response_parameters=headers or None,
            **properties,
        )

    def _resource(self, parts: tuple[str, ...]) -> str:
        """The id of the resource of a path; it is made with all above it."""
        if parts not in self._resources:
            parent = self._resource(parts[:-1])
            made = self._add(apigateway.CfnResource, f"At-{'/'.join(parts)}", parent_id=parent, path_part=parts[-1])
            self._resources[parts] = made.ref
        return self._resources[parts]

    def _guarded(self, route: Route) -> dict[str, Any]:
        """Whoever is known is passed on to the function."""
        region = Stack.of(self).region
        uri = f"arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{self._function_arn}/invocations"
        body = {"request_validator_id": self._validator, "request_models": {"application/json": self._model}}
        person = {"authorizer_id": self._deployed.authorizer_id, "authorization_scopes": list(SIGN_IN_SCOPES)}
        return {
            "integration": apigateway.CfnMethod.IntegrationProperty(
                type="AWS_PROXY",
                integration_http_method="POST",
                uri=uri,
                timeout_in_millis=_TIMEOUT_MILLISECONDS,
            ),
            "api_key_required": route.needs_key,
            **(body if route.takes_body else {}),
            **(person if route.caller is Caller.PERSON else {}),
        }

    def _browser(self) -> dict[str, Any]:
        """The page, and no other, may call this path with a token."""
        sent = {
            "Origin": self._deployed.page_origin,
            "Methods": "GET,POST",
            "Headers": "Authorization,Content-Type",
        }
        names = {f"method.response.header.Access-Control-Allow-{name}": value for name, value in sent.items()}
        names["method.response.header.Access-Control-Max-Age"] = _METHODS_SECONDS
        of = apigateway.CfnMethod
        return {
            "integration": of.IntegrationProperty(
                type="MOCK",
                passthrough_behavior="WHEN_NO_TEMPLATES",
                request_templates={"application/json": '{"statusCode": 204}'},
                integration_responses=[
                    of.IntegrationResponseProperty(
                        status_code="204",
                        response_parameters={name: f"'{value}'" for name, value in names.items()},
                    )
                ],
            ),
            "method_responses": [
                of.MethodResponseProperty(status_code="204", response_parameters=dict.fromkeys(names, True))
            ],
        }

    def _add(self, kind: type[Any], construct_id: str, **properties: Any) -> Any:
        """Makes a resource of the API, and keeps what it is made of."""
        made = kind(self, construct_id, rest_api_id=self._deployed.api_id, **properties)
        self.all.append(made)
        self.properties.append({"type": kind.__name__, "id": construct_id, **properties})
        return made
