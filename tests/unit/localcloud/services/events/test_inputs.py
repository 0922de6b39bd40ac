"""What a target is given of an event."""

import json
from typing import Any

import pytest

from localcloud.platform.errors import AwsError
from localcloud.services.events.inputs import check_input, input_of

RULE = "arn:aws:events:us-east-1:1:rule/mine"
EVENT: dict[str, Any] = {
    "id": "1",
    "time": "2026-11-21T12:00:00Z",
    "resources": ["arn:a"],
    "detail": {"state": "FAILED", "n": 3, "said": 'he said "no"', "parts": {"a": 1}},
}


def given(**target: Any) -> str:
    check_input({"Id": "t", **target})
    return input_of({"Id": "t", **target}, EVENT, RULE)


def test_without_more_it_is_the_whole_event() -> None:
    """A target without Input, InputPath and InputTransformer gets the whole event."""
    assert json.loads(given()) == EVENT


def test_it_may_be_a_constant_or_a_part() -> None:
    """Input gives a constant, and InputPath a part of the event."""
    assert given(Input='{"a": 1}') == '{"a": 1}'
    assert json.loads(given(InputPath="$.detail")) == EVENT["detail"]
    assert given(InputPath="$.resources[0]") == '"arn:a"'


def test_a_template_takes_values_as_json_outside_of_quotes_and_as_text_inside() -> None:
    """An input template puts values in as JSON outside of quotes and as escaped text inside."""
    template = '{"s": <state>, "n": <n>, "all": "<state> of <n>: <said>", "rule": <aws.events.rule-name>, "p": <parts>}'
    paths = {"state": "$.detail.state", "n": "$.detail.n", "said": "$.detail.said", "parts": "$.detail.parts"}
    found = json.loads(given(InputTransformer={"InputPathsMap": paths, "InputTemplate": template}))
    assert found == {
        "s": "FAILED",
        "n": 3,
        "all": 'FAILED of 3: he said "no"',
        "rule": "mine",
        "p": {"a": 1},
    }


@pytest.mark.parametrize(
    "target", [{"Input": "{"}, {"InputPath": "detail"}, {"Input": "1", "InputPath": "$.a"}, {"InputPath": "$..a"}]
)
def test_what_is_no_input_is_refused(target: dict[str, str]) -> None:
    """An input is refused that is no JSON, no path, or two things at once."""
    with pytest.raises(AwsError):
        check_input({"Id": "t", **target})
