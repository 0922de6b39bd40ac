"""The function behind the door, on Lambda, before a real endpoint: what callers get, and what its role may."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from bench.lab.sagemaker_world import BUCKET, World
from handover.captured import exchanges
from tests.doors import IMAGES
from tests.local.behind_the_door import ROW, asked_through, behind_an_api, deployed, serving
from tests.local.iam_account import Account
from tests.local.test_lambda import Function
from tests.waiting import until

pytestmark = pytest.mark.local

ENDPOINT = "behind-the-door"


@pytest.fixture(scope="module")
def world(sagemaker_world: World) -> Iterator[World]:
    """An endpoint whose model answers 0.75, or fails if a row asks it to; what it is asked is captured."""
    with serving(sagemaker_world, ENDPOINT):
        yield sagemaker_world


def asked(function: Function, request: Any, request_id: str = "request-1") -> tuple[int, Any]:
    event = {
        "resource": "/predictions",
        "headers": {"content-type": "application/json"},
        "body": json.dumps(request),
        "requestContext": {"requestId": request_id, "path": "/prod/predictions"},
    }
    answer = function.answer(event)
    return answer["statusCode"], json.loads(answer["body"])


def test_a_request_is_answered_and_can_be_found_again(world: World, account: Account) -> None:
    """The caller gets label, probabilities and release; the captured request carries the id that the caller has."""
    function = deployed(world, account, ENDPOINT)
    request_id = str(uuid.uuid4())
    assert asked(function, ROW, request_id) == (
        200,
        {"label": "yes", "probabilities": {"yes": 0.75, "no": 0.25}, "release": 3, "request_id": request_id},
    )
    found = until(lambda: captured(world, request_id), what="the captured request")
    assert found == ["0.5,2.0,3.0"]
    (line,) = (json.loads(line) for line in function.log() if line.startswith("{"))
    assert (line["request_id"], line["status"], line["release"]) == (request_id, 200, 3)


def captured(world: World, inference_id: str) -> list[str]:
    """The captured requests with this id."""
    keys = [
        found["Key"] for found in world.s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{ENDPOINT}/").get("Contents", ())
    ]
    bodies = (world.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode() for key in keys)
    return [each.request for body in bodies for each in exchanges(body) if each.inference_id == inference_id]


def test_another_endpoint_may_not_be_asked(world: World, account: Account) -> None:
    """The role is for one endpoint: with another name the function is refused, and says so in its log alone."""
    function = deployed(world, account, "of-others", may_ask=ENDPOINT)
    status, answer = asked(function, ROW)
    assert (status, answer["message"]) == (503, "The model is not there at the moment. Try again later.")
    assert any("this function may not ask it" in line for line in function.log())


def test_api_gateway_hands_on_requests_and_answers(world: World, account: Account) -> None:
    """Through a real API a row is answered, a wrong one refused by name, and the documents say where they stand."""
    api = behind_an_api(deployed(world, account, ENDPOINT))
    answer = asked_through(api, ROW)
    assert (answer.status, answer.document["label"], answer.headers["content-type"]) == (200, "yes", "application/json")
    wrong = asked_through(api, {**ROW, "a": 10})
    assert (wrong.status, wrong.document["field"], wrong.document["message"]) == (
        400,
        "a",
        "a is 10: expected 0.0 to 9.0.",
    )
    assert api.ask("/prod/predictions", verb="POST", body=b"x", headers={"content-type": "text/csv"}).status == 415
    assert api.ask("/prod/schema").document["release"] == 3
    assert api.ask("/prod/people/openapi.json").document["servers"] == [{"url": "/prod/people"}]


def test_images_arrive_as_they_are(world: World, account: Account) -> None:
    """Bytes pass API Gateway as a binary media type: a broken image is refused, a whole one reaches the endpoint."""
    api = behind_an_api(deployed(world, account, ENDPOINT, door=IMAGES), binaryMediaTypes=["image/png"])
    head = b"\x89PNG\r\n\x1a\n" + (13).to_bytes(4) + b"IHDR" + (28).to_bytes(4) + (28).to_bytes(4)
    answers = [
        api.ask("/prod/predictions", verb="POST", body=body, headers={"content-type": "image/png"})
        for body in (b"\xff\xfe\x00", head[:-2], head + b"\x80\xff")
    ]
    assert [answer.status for answer in answers] == [400, 400, 502]
    assert answers[0].document["message"].startswith("The first bytes are of no png")
    # XGBoost takes no images, and says so: the request got that far.
    assert answers[2].document["message"] == "The model failed at this request."
