"""Custom resources without a cloud: what a function is told, and what its answer means."""

import json
from typing import Any

import pytest

from localcloud.resources.aws_cloudformation_customresource import CustomResource
from localcloud.resources.registry import provider
from localcloud.resources.resource import Context, ResourceError
from localcloud.resources.responses import Responses

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f"


class Lambda:
    """A client of Lambda whose function answers at once, with ``answer``, or not at all."""

    def __init__(self, responses: Responses, answer: Any) -> None:
        self._responses = responses
        self._answer = answer
        self.events: list[dict[str, Any]] = []

    def invoke(self, *, FunctionName: str, InvocationType: str, Payload: bytes) -> None:
        assert (FunctionName, InvocationType) == (FUNCTION, "Event")
        event = json.loads(Payload)
        self.events.append(event)
        if self._answer is not None:
            text = self._answer if isinstance(self._answer, str) else json.dumps(self._answer)
            assert self._responses.put(event["ResponseURL"].partition("?Signature=")[2], text.encode())


def context(answer: Any, announced: list[str] | None = None) -> tuple[Context, Lambda]:
    responses = Responses("http://127.0.0.1:4566")
    client = Lambda(responses, answer)
    made = Context(
        stack_name="Demo",
        stack_id="arn:stack",
        logical_id="Subject",
        account_id="123456789012",
        region="us-east-1",
        make_client=lambda _: client,
        responses=responses,
        time_scale=1000.0,
        announce=(announced if announced is not None else []).append,
    )
    return made, client


def wanted(**properties: Any) -> dict[str, Any]:
    return {"ServiceToken": FUNCTION, **properties}


def test_every_scalar_is_told_as_text() -> None:
    """Numbers, truths and what is nested come as text, and null does not come."""
    ctx, client = context({"Status": "SUCCESS", "PhysicalResourceId": "a", "Data": {"Number": 1}})
    made = CustomResource("Custom::Any").create(ctx, wanted(A=1, B=False, C=[{"D": 0.5}, None], E=None))
    assert client.events[0]["ResourceProperties"] == wanted(A="1", B="false", C=[{"D": "0.5"}])
    assert client.events[0]["ResourceType"] == "Custom::Any"
    assert (made.physical_id, made.attributes) == ("a", {"Number": 1})


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"Status": "FAILED", "Reason": "too cold"}, "Message returned: too cold"),
        ({"Status": "SUCCESS"}, "Invalid PhysicalResourceId"),
        ({"Status": "SUCCESS", "PhysicalResourceId": "a", "Data": [1]}, "Data must be an object"),
        ({"Status": "DONE", "PhysicalResourceId": "a"}, "Status must be SUCCESS or FAILED"),
        ("[]", "Status must be"),
        ("not JSON", "it is not JSON"),
        ({"Status": "SUCCESS", "PhysicalResourceId": "a", "Data": {"Long": "x" * 4096}}, "too long"),
    ],
)
def test_an_answer_that_is_none_fails_the_resource(answer: Any, words: str) -> None:
    """The reason says what is wrong, and the half-made resource has an id by which it is deleted."""
    announced: list[str] = []
    ctx, _ = context(answer, announced)
    with pytest.raises(ResourceError, match=words):
        CustomResource().create(ctx, wanted())
    assert words == "Invalid PhysicalResourceId" or words.startswith("Data") or announced


def test_silence_lasts_until_the_time_out() -> None:
    """Then the reason names the request, and the resource may still be deleted."""
    announced: list[str] = []
    ctx, client = context(None, announced)
    with pytest.raises(ResourceError, match="did not receive a response") as caught:
        CustomResource().create(ctx, wanted(ServiceTimeout="0.2"))
    assert client.events[0]["RequestId"] in str(caught.value)
    assert announced[0].startswith("Demo-Subject-")


def test_every_custom_type_has_the_one_provider() -> None:
    """The name after ``Custom::`` is the user's own."""
    assert isinstance(provider("Custom::Page"), CustomResource)
    assert provider("AWS::No::Such") is None
