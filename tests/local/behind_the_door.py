"""A door as a release makes it, without its stack: the function, an API in front of it, an endpoint behind it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bench.lab.guarded_endpoint import Model
from bench.lab.sagemaker_world import BUCKET, XGBOOST, World
from handover.door import DOOR_FILE, Door
from tests.functions import packaged
from tests.local.iam_account import Account, allow
from tests.local.rest_api import Answer, Api
from tests.local.test_lambda import Function

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


@contextmanager
def serving(world: World, name: str) -> Iterator[None]:
    """An endpoint of this name, whose first model is for ``yes`` and captures what it is asked."""
    created = world.endpoint(name, configured(world, name, answer=0.75))
    assert created["EndpointStatus"] == "InService", created
    yield
    world.delete_endpoint(name)


def configured(world: World, name: str, *, answer: float) -> str:
    """A model and its configuration, both of this name. If a row makes the model hang, it answers nobody any more."""
    body = f"value = float(rows[0][0]); value == {FAILS} and 1 / 0; value == {HANGS} and time.sleep(3600)"
    artifact = world.put(f"models/{name}.tar.gz", Model(answer=answer, body=body).artifact())
    csv = {"SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "text/csv"}
    world.model(name, [{"Image": XGBOOST, "ModelDataUrl": artifact, "Environment": csv}])
    modes = [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}]
    capture = {"EnableCapture": True, "InitialSamplingPercentage": 100, "CaptureOptions": modes}
    return world.config(name, name, DataCaptureConfig={**capture, "DestinationS3Uri": f"s3://{BUCKET}/{name}"})


def deployed(
    world: World, account: Account, endpoint: str, *, door: Door = DOOR, may_ask: str = "", timeout: int = 28
) -> Function:
    """The function as it is packaged, told to ask ``endpoint``. Its role may ask that one alone, or ``may_ask``."""
    arn = world.sagemaker.describe_endpoint(EndpointName=may_ask or endpoint)["EndpointArn"]
    variables = {"ENDPOINT_NAME": endpoint, "RELEASE": "3"}
    return Function(
        account,
        packaged("predict", {DOOR_FILE: door.json()}),
        allow(["sagemaker:InvokeEndpoint"], arn),
        Handler="handler.handle",
        Timeout=timeout,
        Environment={"Variables": variables},
    )


def behind_an_api(function: Function, **more: Any) -> Api:
    """An API whose every answer is the function's."""
    api = Api(function.account, **more)
    function.let_in("apigateway", f"arn:aws:execute-api:us-east-1:123456789012:{api.id}/*")
    for verb, path in (("POST", "/predictions"), ("GET", "/schema"), ("GET", "/people/openapi.json")):
        api.function(verb, path, function.arn)
    api.deploy()
    return api


def asked_through(api: Api, row: dict[str, float]) -> Answer:
    """What a caller of the API gets for a row."""
    headers = {"content-type": "application/json"}
    return api.ask("/prod/predictions", verb="POST", body=json.dumps(row).encode(), headers=headers)
