"""The function behind the door, on Lambda, before a real endpoint: what callers get, and what its role may."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from bench.lab.guarded_endpoint import Model
from bench.lab.sagemaker_world import BUCKET, XGBOOST, World
from handover.captured import exchanges
from handover.door import DOOR_FILE, Door
from tests.doors import IMAGES
from tests.functions import packaged
from tests.local.iam_account import Account, allow
from tests.local.rest_api import Api
from tests.local.test_lambda import Function
from tests.waiting import until

pytestmark = pytest.mark.local

ENDPOINT = "behind-the-door"
#: What the first number of a row makes the model do.
FAILS, HANGS = 1.0, 2.0
DOOR = Door.of(
    "numbers",
    dataset={
        "name": "Numbers",
        "features": [{"name": name, "low": 0.0, "high": 9.0} for name in "abc"],
        "label": {"name": "answer", "categories": ["no", "yes"]},
    },
    gate={"answers": {"kind": "probability", "of": "yes"}},
    how="csv",
)
ROW = {"a": 0.5, "b": 2, "c": 3}


@pytest.fixture(scope="module")
def world(sagemaker_world: World) -> Iterator[World]:
    """An endpoint whose model answers 0.75, or fails if a row asks it to; what it is asked is captured."""
    with serving(sagemaker_world, ENDPOINT):
        yield sagemaker_world


@contextmanager
def serving(world: World, name: str) -> Iterator[None]:
    """An endpoint of this name. If a row makes its model hang, it answers nobody any more."""
    body = f"value = float(rows[0][0]); value == {FAILS} and 1 / 0; value == {HANGS} and time.sleep(3600)"
    artifact = world.put(f"models/{name}.tar.gz", Model(answer=0.75, body=body).artifact())
    csv = {"SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "text/csv"}
    world.model(name, [{"Image": XGBOOST, "ModelDataUrl": artifact, "Environment": csv}])
    modes = [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}]
    capture = {"EnableCapture": True, "InitialSamplingPercentage": 100, "CaptureOptions": modes}
    world.config(name, name, DataCaptureConfig={**capture, "DestinationS3Uri": f"s3://{BUCKET}/{name}"})
    created = world.endpoint(name, name)
    assert created["EndpointStatus"] == "InService", created
    yield
    world.delete_endpoint(name)


def deployed(
    world: World,
    account: Account,
    *,
    door: Door = DOOR,
    endpoint: str = ENDPOINT,
    may_ask: str = ENDPOINT,
    timeout: int = 28,
) -> Function:
    """The function as it is packaged, told to ask ``endpoint``. Its role may ask one endpoint alone: ``may_ask``."""
    arn = world.sagemaker.describe_endpoint(EndpointName=may_ask)["EndpointArn"]
    variables = {"ENDPOINT_NAME": endpoint, "RELEASE": "3"}
    return Function(
        account,
        packaged("predict", {DOOR_FILE: door.json()}),
        allow(["sagemaker:InvokeEndpoint"], arn),
        Handler="handler.handle",
        Timeout=timeout,
        Environment={"Variables": variables},
    )


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
    function = deployed(world, account)
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


def test_a_model_that_fails_is_told_plainly(world: World, account: Account) -> None:
    """An error of the container is 502, and what the contract refuses does not get as far as the model."""
    function = deployed(world, account)
    assert asked(function, {**ROW, "a": FAILS}) == (
        502,
        {"message": "The model failed at this request.", "request_id": "request-1"},
    )
    assert asked(function, {**ROW, "a": 10})[1]["message"] == "a is 10: expected 0.0 to 9.0."


def test_a_model_that_hangs_is_told_in_time(sagemaker_world: World, account: Account) -> None:
    """Silence is 504 before Lambda would end the function."""
    name = "hanging-behind-the-door"
    with serving(sagemaker_world, name):
        function = deployed(sagemaker_world, account, endpoint=name, may_ask=name, timeout=4)
        assert asked(function, {**ROW, "a": HANGS})[0] == 504


def test_another_endpoint_may_not_be_asked(world: World, account: Account) -> None:
    """The role is for one endpoint: with another name the function is refused, and says so in its log alone."""
    function = deployed(world, account, endpoint="of-others")
    status, answer = asked(function, ROW)
    assert (status, answer["message"]) == (503, "The model is not there at the moment. Try again later.")
    assert any("this function may not ask it" in line for line in function.log())


def behind_an_api(function: Function, **more: Any) -> Api:
    """An API whose every answer is the function's."""
    api = Api(function.account, **more)
    arn = function.client.get_function(FunctionName=function.name)["Configuration"]["FunctionArn"]
    function.client.add_permission(
        FunctionName=function.name,
        StatementId="api",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=f"arn:aws:execute-api:us-east-1:123456789012:{api.id}/*",
    )
    for verb, path in (("POST", "/predictions"), ("GET", "/schema"), ("GET", "/people/openapi.json")):
        api.function(verb, path, arn)
    api.deploy()
    return api


def test_api_gateway_hands_on_requests_and_answers(world: World, account: Account) -> None:
    """Through a real API a row is answered, a wrong one refused by name, and the documents say where they stand."""
    api = behind_an_api(deployed(world, account))
    json_type = {"content-type": "application/json"}
    answer = api.ask("/prod/predictions", verb="POST", body=json.dumps(ROW).encode(), headers=json_type)
    assert (answer.status, answer.document["label"], answer.headers["content-type"]) == (200, "yes", "application/json")
    wrong = api.ask("/prod/predictions", verb="POST", body=b'{"a": 10, "b": 2, "c": 3}', headers=json_type)
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
    api = behind_an_api(deployed(world, account, door=IMAGES), binaryMediaTypes=["image/png"])
    head = b"\x89PNG\r\n\x1a\n" + (13).to_bytes(4) + b"IHDR" + (28).to_bytes(4) + (28).to_bytes(4)
    answers = [
        api.ask("/prod/predictions", verb="POST", body=body, headers={"content-type": "image/png"})
        for body in (b"\xff\xfe\x00", head[:-2], head + b"\x80\xff")
    ]
    assert [answer.status for answer in answers] == [400, 400, 502]
    assert answers[0].document["message"].startswith("The first bytes are of no png")
    # XGBoost takes no images, and says so: the request got that far.
    assert answers[2].document["message"] == "The model failed at this request."
