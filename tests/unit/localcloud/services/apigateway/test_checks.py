"""What a request and a function's answer must be like."""

from __future__ import annotations

import json
from typing import Any

import pytest

from localcloud.platform.errors import UnsupportedError
from localcloud.services.apigateway.gateway_responses import Refused
from localcloud.services.apigateway.serving.integrations import Mock, compiled_integration
from localcloud.services.apigateway.serving.proxy_answer import http_answer
from localcloud.services.apigateway.serving.request_checks import BodySchemas, Parameters, media_type
from localcloud.services.apigateway.substitution import check_template, substituted

MODELS = "https://apigateway.amazonaws.com/restapis/abc/models/"
SCHEMAS: dict[str, Any] = {
    "Row": {
        "type": "object",
        "properties": {
            "size": {"$ref": f"{MODELS}Size"},
            "kind": {"enum": ["a", "b"]},
            "text": {"maxLength": 3},
            "low": {"minimum": 2},
        },
        "required": ["size"],
        "additionalProperties": False,
    },
    "Size": {"type": "integer", "minimum": 1, "exclusiveMinimum": True},
}


def checked(body: bytes, content_type: str = "application/json", **models: str) -> str:
    """The refusal's detail; empty for a body that passes."""
    method = {"requestModels": models or {"application/json": "Row"}}
    try:
        BodySchemas.of(method, SCHEMAS).check(content_type, body)
    except Refused as refused:
        found = refused
    else:
        return ""
    assert (found.status, found.message) == (400, "Invalid request body")
    return found.detail


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b'{"size": 2}', ""),
        (b'{"size": 1}', "numeric instance is not strictly greater than the required minimum 1"),
        (b'{"size": 2, "low": 1}', "numeric instance is lower than the required minimum (minimum: 2, found: 1)"),
        (b"{}", '[object has missing required properties (["size"])]'),
        (
            b'{"size": "2"}',
            '[instance type (string) does not match any allowed primitive type (allowed: ["integer"])]',
        ),
        (b'{"size": 2, "more": 1}', '[object instance has properties which are not allowed by the schema: ["more"]]'),
        (b'{"size": 2, "kind": "c"}', '[instance value ("c") not found in enum (possible values: ["a","b"])]'),
        (b'{"size": 2, "text": "long"}', '[string "long" is too long (length: 4, maximum allowed: 3)]'),
        (b'{"size": Infinity}', "Infinity is no JSON"),
        (b"\xff", "Invalid JSON"),
        (b"[" * 100_000, "Invalid JSON"),
    ],
)
def test_a_body_is_held_against_draft_4(body: bytes, detail: str) -> None:
    """Schemas are of draft 4, where exclusiveMinimum is a flag, and a model may refer to another."""
    found = checked(body)
    assert detail in found
    assert bool(found) is bool(detail)


def test_only_types_with_a_model_are_checked() -> None:
    """A body of another content type passes, unless there is a model for all of them."""
    assert checked(b"x", "text/plain") == ""
    assert "Invalid JSON" in checked(b"x", "text/plain", **{"$default": "Row"})


@pytest.mark.parametrize(
    ("header", "kind"),
    [("", "application/json"), ("Text/CSV; header=present", "text/csv"), ("image/png", "image/png")],
)
def test_a_media_type(header: str, kind: str) -> None:
    """A request without a content type is taken for JSON."""
    assert media_type(header) == kind


def test_parameters_that_are_not_required_are_not_checked() -> None:
    """Declared parameters without the validator, and optional ones, may be missing."""
    declared = {"method.request.querystring.q": True, "method.request.header.A": False}
    Parameters.of(declared, required=False).check({}, {}, {})
    with pytest.raises(Refused, match=r"Missing required request parameters: \[q\]"):
        Parameters.of(declared, required=True).check({}, {"q": [""]}, {})


def answer(document: Any, **more: Any) -> Any:
    payload = document if isinstance(document, bytes) else json.dumps(document).encode()
    return http_answer(payload, **{"accept": "", "binary_media_types": (), **more})


@pytest.mark.parametrize(
    "document",
    [
        *([], "text", 1, b"{", {"statusCode": 200, "other": 1}, {"statusCode": None}, {"statusCode": 1}),
        *({"statusCode": True}, {"statusCode": 200.5}, {"body": {}}, {"body": 1}, {"headers": []}),
        *({"headers": {"a": {}}}, {"headers": {"a": "b\r\nset-cookie: x"}}, {"multiValueHeaders": {"a": "b"}}),
        {"body": "no base64", "isBase64Encoded": True},
    ],
)
def test_a_malformed_answer_is_502(document: Any) -> None:
    """Every answer that is not in AWS's form is an internal error, whose reason the caller is not told."""
    with pytest.raises(Refused, match="Internal server error") as refused:
        answer(document, accept="image/png", binary_media_types={"image/png"})
    assert refused.value.status == 502
    assert "Malformed Lambda proxy response" in refused.value.detail


def test_what_a_function_may_answer() -> None:
    """A status may be text, a header a number; several headers of one name and AWS's own names are kept apart."""
    found = answer(
        {
            "statusCode": "201",
            "headers": {"X-Count": 3, "Date": "never", "Content-Length": "9", "A": "single"},
            "multiValueHeaders": {"A": ["1", "2"]},
            "body": "é",
        }
    )
    assert (found.status, found.body) == (201, "é".encode())
    assert found.headers == {
        "content-type": "application/json",
        "x-count": "3",
        "x-amzn-remapped-date": "never",
        "a": "1",
    }
    assert found.more_headers == (("a", "2"),)


def mock(template: str, **more: Any) -> Any:
    document = {"type": "MOCK", "timeoutInMillis": 29_000, "requestTemplates": {"application/json": template}, **more}
    return compiled_integration(document, "GET /a").backend


@pytest.mark.parametrize("template", ['{"statusCode": 204}', "{ statusCode: 204 }", "{'statusCode': '204'}\n"])
def test_a_mocks_status(template: str) -> None:
    """The status is read as the console, the CDK and people write it; a response is chosen by its pattern."""
    responses = {"200": {"statusCode": "200"}, "299": {"statusCode": "299", "selectionPattern": "2\\d4"}}
    found = mock(template, integrationResponses=responses)
    assert isinstance(found, Mock)
    assert found.response("application/json").status == 299


def test_a_mock_without_a_response_is_a_fault_of_the_api() -> None:
    """A mock whose status no response takes answers 500, as AWS does."""
    with pytest.raises(Refused, match="Internal server error"):
        mock('{"statusCode": 200}', integrationResponses={}).response("application/json")


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"requestTemplates": {"application/json": "$input.body"}}, r"\$input.body"),
        ({"requestParameters": {"integration.request.header.a": "'b'"}}, "requestParameters"),
        ({"credentials": "arn:aws:iam::123456789012:role/r"}, "credentials"),
        (
            {"integrationResponses": {"200": {"statusCode": "200", "responseTemplates": {"a/b": "#if(true)x#end"}}}},
            "#if",
        ),
        (
            {
                "integrationResponses": {
                    "200": {
                        "statusCode": "200",
                        "responseParameters": {"method.response.header.A": "integration.response.header.B"},
                    }
                }
            },
            "integration.response.header.B",
        ),
    ],
)
def test_what_a_mock_cannot_do_is_refused_by_name(more: dict[str, Any], named: str) -> None:
    """Templates with more than plain variables, mappings and roles are errors that name the method."""
    with pytest.raises(UnsupportedError, match=f"{named}.*GET /a"):
        mock('{"statusCode": 200}', **more)


def test_variables_have_their_values() -> None:
    """Known variables are replaced, unknown ones by what the caller says, and a value is not read again."""
    context = {"requestId": "r", "authorizer.claims.sub": "$context.requestId", "status": 200}
    text = "$context.requestId ${context.status} $context.authorizer.claims.sub $context.none $stageVariables.a."
    assert substituted(text, context, {"a": "b"}, unknown="-") == "r 200 $context.requestId - b."


@pytest.mark.parametrize("text", ["$input.path('$')", "#set($a = 1)", "$util.escapeJavaScript(1)", "## a comment"])
def test_other_templates_are_refused_by_name(text: str) -> None:
    """What is not a variable of context or stage is named in the error."""
    with pytest.raises(UnsupportedError, match="in the template of a"):
        check_template(text, "a")


def test_prices_are_no_variables() -> None:
    """A dollar sign or a number sign that begins no variable and no directive stands for itself."""
    check_template('{"price": "$5", "color": "#ff0000"}', "a")
