"""The function behind the door and bodies that nobody thought of: none of them is a fault of the API."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest

from handover.door_schema import request_schema
from tests.doors import door
from tests.unit.functions.predict_lab import Function

ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 1e308, -1e308, 10**30, "", " ", "low", "0", "\u0000", "é", "\U0001f600", "a" * 300,
    "<script>", "../../etc/passwd", "=1+1", [], [1], {}, {"a": 1},
)  # fmt: skip
BODIES = 100


def some(dice: random.Random, good: dict[str, Any]) -> Any:
    """A good request, with some of its members changed, dropped or added; at times no object at all."""
    if dice.random() < 0.05:
        return dice.choice(ODD)
    found = dict(good)
    for name in dice.sample([*good, "more", "__proto__", "endpoint"], dice.randint(0, 3)):
        if dice.random() < 0.3:
            found.pop(name, None)
        else:
            found[name] = dice.choice(ODD)
    return found


@pytest.mark.parametrize("workload", ["car_evaluation", "credit_default", "iris", "nyt_comments", "movie_recommender"])
def test_every_body_is_answered_or_refused_as_the_schema_says(predict: Callable[..., Function], workload: str) -> None:
    """What the published schema takes is asked of the endpoint, all else is 400, and nothing is ever 5XX.

    A text of white space alone is the one thing that the schema's words cannot refuse.
    """
    found, dice = door(workload), random.Random(11)  # noqa: S311  (the same in each run)
    function = predict(found)
    asked = 0
    valid = jsonschema.Draft4Validator(request_schema(found))
    for _ in range(BODIES):
        request = some(dice, dict(found.examples[0]))
        body = json.dumps(request)
        function.endpoint_says(b"?")
        status, answer = function.ask(body)
        blank = isinstance(request, dict) and any(
            isinstance(each, str) and not each.strip() for each in request.values()
        )
        # The endpoint says what no contract allows: 502 shows that it was asked.
        assert status == (502 if valid.is_valid(request) and not blank else 400), (request, answer)
        asked += status == 502
    assert 0 < asked < BODIES


@pytest.mark.parametrize("seed", range(3))
def test_bytes_are_never_a_fault_of_the_api(predict: Callable[..., Function], seed: int) -> None:
    """Random bytes and cut-off JSON are refused with 400, whatever they are."""
    function, dice = predict(door("car_evaluation")), random.Random(seed)  # noqa: S311  (the same in each run)
    whole = json.dumps(dict(door("car_evaluation").examples[0]))
    for _ in range(100):
        text = dice.choice([whole[: dice.randrange(len(whole))], "".join(map(chr, dice.choices(range(0x3000), k=20)))])
        assert function.ask(text)[0] == 400, text
