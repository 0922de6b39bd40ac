"""What answers a method: a Lambda function, or a mock. Every other integration is refused by name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import UnsupportedError
from localcloud.services.apigateway.gateway_responses import failed, unsupported_media_type
from localcloud.services.apigateway.substitution import check_template, substituted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localcloud.platform.store import Document

_LAMBDA_URI = re.compile(r"arn:aws:apigateway:[a-z0-9-]+:lambda:path/2015-03-31/functions/(.+)/invocations")
#: CDK writes it without quotes.
_STATUS_TEMPLATE = re.compile(r"\s*\{\s*[\"']?statusCode[\"']?\s*:\s*[\"']?([1-5][0-9]{2})[\"']?\s*,?\s*\}\s*")
#: How the mappings of gateway responses name a header.
RESPONSE_HEADER = "gatewayresponse.header."
_HEADER = "method.response.header."
_QUOTED = re.compile(r"'(.*)'", re.DOTALL)


@dataclass(frozen=True, kw_only=True, slots=True)
class LambdaProxy:
    """The function's ARN, which may have stage variables in it."""

    function_arn: str

    def function(self, stage_variables: Mapping[str, str]) -> str:
        return substituted(self.function_arn, {}, stage_variables)


@dataclass(frozen=True, kw_only=True, slots=True)
class MockResponse:
    status: int
    pattern: re.Pattern[str] | None
    headers: tuple[tuple[str, str], ...]
    """Name and value; a value may have variables."""
    templates: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Mock:
    """Answers without anybody behind it: a status by the request's content type, and the response for that status."""

    statuses: Mapping[str, int]
    passthrough: str
    responses: tuple[MockResponse, ...]

    def response(self, content_type: str) -> MockResponse:
        """Raises Refused for a content type without a template, and where no response fits the status.

        A function behind a proxy integration gets every content type. So it is here alone that AWS answers 415.
        """
        status = self.statuses.get(content_type)
        if status is None:
            if self.passthrough == "NEVER" or (self.passthrough == "WHEN_NO_TEMPLATES" and self.statuses):
                raise unsupported_media_type()
            raise failed(f"Unable to parse statusCode. The mock has no template for {content_type}.", status=500)
        for each in self.responses:
            if each.pattern is not None and each.pattern.fullmatch(str(status)):
                return each
        default = next((each for each in self.responses if each.pattern is None), None)
        if default is None:
            raise failed(f"No match for output mapping and no default endpoint configured ({status}).", status=500)
        return default


@dataclass(frozen=True, kw_only=True, slots=True)
class Integration:
    backend: LambdaProxy | Mock
    limit_seconds: float


def compiled_integration(document: Document, place: str) -> Integration:
    """Raises UnsupportedError with the method and what of its integration is not served here."""
    refused = [name for name in ("credentials", "connectionId", "requestParameters") if document.get(name)]
    refused += [name for name in ("contentHandling", "tlsConfig", "cacheKeyParameters") if document.get(name)]
    if refused:
        raise UnsupportedError(f"apigateway: {', '.join(refused)} of the integration of {place}")
    kind = document["type"]
    if kind == "AWS_PROXY":
        backend: LambdaProxy | Mock = _lambda_proxy(document, place)
    elif kind == "MOCK":
        backend = _mock(document, place)
    else:
        raise UnsupportedError(f"apigateway: the {kind} integration of {place} (only AWS_PROXY to Lambda, and MOCK)")
    return Integration(
        backend=backend,
        limit_seconds=document["timeoutInMillis"] / 1000,
    )


def _lambda_proxy(document: Document, place: str) -> LambdaProxy:
    found = _LAMBDA_URI.fullmatch(str(document.get("uri") or ""))
    if found is None:
        raise UnsupportedError(f"apigateway: the AWS_PROXY integration of {place} with {document.get('uri')}")
    return LambdaProxy(function_arn=found[1])


def _mock(document: Document, place: str) -> Mock:
    statuses = {}
    for kind, template in (document.get("requestTemplates") or {}).items():
        found = _STATUS_TEMPLATE.fullmatch(template)
        if found is None:
            raise UnsupportedError(
                f"apigateway: the request template {template.strip()[:60]!r} of the mock of {place} (only a statusCode)"
            )
        statuses[kind] = int(found[1])
    responses = (document.get("integrationResponses") or {}).values()
    passthrough = document.get("passthroughBehavior", "WHEN_NO_MATCH")
    return Mock(
        statuses=statuses, passthrough=passthrough, responses=tuple(_mock_response(each, place) for each in responses)
    )


def _mock_response(document: Mapping[str, Any], place: str) -> MockResponse:
    templates = {kind: text or "" for kind, text in (document.get("responseTemplates") or {}).items()}
    for text in templates.values():
        check_template(text, f"the mock of {place}")
    pattern = document.get("selectionPattern")
    try:
        compiled = re.compile(pattern) if pattern else None
    except re.error as error:
        raise UnsupportedError(f"apigateway: the selection pattern {pattern!r} of {place}") from error
    return MockResponse(
        status=int(document["statusCode"]),
        pattern=compiled,
        headers=tuple(mapped_headers(document.get("responseParameters") or {}, _HEADER, f"the mock of {place}")),
        templates=templates,
    )


def mapped_headers(mapping: Mapping[str, str], prefix: str, what: str) -> list[tuple[str, str]]:
    """Headers of a response as a mapping sets them: quoted texts, and variables of context and stage."""
    found = []
    for target, source in mapping.items():
        quoted = _QUOTED.fullmatch(source)
        if not target.startswith(prefix):
            raise UnsupportedError(f"apigateway: {target} in {what}")
        if quoted is not None:
            found.append((target.removeprefix(prefix).lower(), quoted[1]))
        elif source.startswith(("context.", "stageVariables.")):
            found.append((target.removeprefix(prefix).lower(), f"${{{source}}}"))
        else:
            raise UnsupportedError(
                f"apigateway: {target} from {source} in {what} (only a text, context, stageVariables)"
            )
    return found
