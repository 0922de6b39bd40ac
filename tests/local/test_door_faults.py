"""What callers of a door get while something behind it is broken: an answer that says so, and no stranger's words."""

from __future__ import annotations

import threading
import time
from collections import Counter

import pytest

from bench.lab.left_over import left_over, standing
from bench.lab.sagemaker_world import World
from tests.faults import record
from tests.local.behind_the_door import FAILS, HANGS, ROW, asked_through, behind_an_api, configured, deployed, serving
from tests.local.iam_account import Account
from tests.local.rest_api import Answer
from tests.waiting import until

pytestmark = [pytest.mark.local, pytest.mark.fault]

FAILED = "The model failed at this request."
#: Between two requests of a caller.
PAUSE_SECONDS = 0.05
#: Of the traffic, for two seconds of the local cloud's.
HALF = {
    "Type": "CANARY",
    "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 50},
    "WaitIntervalInSeconds": 200,
}
GONE = "The model is not there at the moment. Try again later."


def refused(answer: Answer) -> tuple[int, str]:
    assert answer.document["request_id"]
    assert answer.document.keys() == {"message", "request_id"}
    return answer.status, answer.document["message"]


def test_a_model_fails_and_then_is_gone(sagemaker_world: World, account: Account) -> None:
    """A failure of the container is 502 for its caller alone; without the endpoint, each caller gets 503."""
    world, name = sagemaker_world, "failing-behind-the-door"
    stood = standing(world.cloud, named=name)
    with serving(world, name):
        api = behind_an_api(deployed(world, account, name))
        began = time.monotonic()
        assert refused(asked_through(api, {**ROW, "a": FAILS})) == (502, FAILED)
        failed = time.monotonic() - began
        assert asked_through(api, ROW).document["label"] == "yes"
        assert asked_through(api, {**ROW, "a": 10}).document["message"] == "a is 10: expected 0.0 to 9.0."
    began = time.monotonic()
    assert refused(asked_through(api, ROW)) == (503, GONE)
    gone = time.monotonic() - began
    left = left_over(world.cloud, stood, named=name)
    record(
        "the model fails at a request",
        verdict=f"502: “{FAILED}” The next one is answered",
        seconds=failed,
        left_over=left,
    )
    record("the endpoint is deleted", verdict=f"503: “{GONE}”", seconds=gone, left_over=left)


def test_a_model_hangs(sagemaker_world: World, account: Account) -> None:
    """Its caller is told by the function, before Lambda or API Gateway end the wait."""
    world, name = sagemaker_world, "hanging-behind-the-door"
    stood = standing(world.cloud, named=name)
    with serving(world, name):
        api = behind_an_api(deployed(world, account, name, timeout=4))
        began = time.monotonic()
        status, message = refused(asked_through(api, {**ROW, "a": HANGS}))
        seconds = time.monotonic() - began
    assert status == 504
    left = left_over(world.cloud, stood, named=name)
    record("the model hangs", verdict=f"504: “{message}”", seconds=seconds, left_over=left)


def test_a_model_is_replaced(sagemaker_world: World, account: Account) -> None:
    """Callers ask all the while a canary takes over: each gets one of the two models' answers."""
    world, name = sagemaker_world, "replaced-behind-the-door"
    stood = standing(world.cloud, named=name)
    answers: list[Answer] = []
    ended = threading.Event()
    with serving(world, name):
        api = behind_an_api(deployed(world, account, name))

        def ask() -> None:
            while not ended.wait(PAUSE_SECONDS):
                answers.append(asked_through(api, ROW))

        callers = [threading.Thread(target=ask) for _ in range(4)]
        for caller in callers:
            caller.start()
        try:
            until(lambda: len(answers), lambda count: count > len(callers), what="answers of the first model")
            began = time.monotonic()
            world.sagemaker.update_endpoint(
                EndpointName=name,
                EndpointConfigName=configured(world, f"{name}-next", answer=0.25),
                DeploymentConfig={"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": HALF}},
            )
            updated = world.settled(name)
            seconds = time.monotonic() - began
            told = len(answers) + len(callers)
            until(lambda: len(answers), lambda count: count > told, what="answers after the end")
        finally:
            ended.set()
            for caller in callers:
                caller.join()
    assert updated["EndpointConfigName"] == f"{name}-next"
    assert {answer.status for answer in answers} == {200}
    labels = Counter(answer.document["label"] for answer in answers)
    assert labels.keys() == {"yes", "no"}
    assert answers[-1].document["label"] == "no"
    left = left_over(world.cloud, stood, named=name)
    verdict = "200 for each caller, from the one model or the other"
    record("the model is being replaced", verdict=verdict, seconds=seconds, left_over=left)
