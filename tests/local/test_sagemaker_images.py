"""The images' contracts, each container alone behind an endpoint."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.lab.sagemaker_world import World

pytestmark = pytest.mark.local

CAR = ["low", "low", "5more", "more", "big", "high"]
ROW = "3,3,3,2,2,2"
JSON, JSON_LINES = "application/json", "application/jsonlines"


@pytest.fixture(scope="module")
def alone(sagemaker_world: World) -> Iterator[World]:
    """Endpoints ``sparkml`` (pre-processing) and ``xgboost``."""
    sparkml, xgboost, _ = sagemaker_world.containers()
    for name, container in (("sparkml", sparkml), ("xgboost", xgboost)):
        sagemaker_world.model(name, [container])
        found = sagemaker_world.endpoint(name, sagemaker_world.config(name, name))
        assert found["EndpointStatus"] == "InService", found
    yield sagemaker_world
    for name in ("sparkml", "xgboost"):
        sagemaker_world.delete_endpoint(name)


@pytest.mark.parametrize(
    ("accept", "answer"),
    [
        ("text/csv", "3.0,3.0,3.0,2.0,2.0,2.0"),
        ("*/*", "3.0,3.0,3.0,2.0,2.0,2.0"),
        (JSON_LINES, '{"features":[3.0,3.0,3.0,2.0,2.0,2.0]}'),
        (f"{JSON_LINES};data=text", '{"source":"3.0 3.0 3.0 2.0 2.0 2.0"}'),
    ],
)
def test_sparkml_answers_a_vector_as_it_is_asked_to(alone: World, accept: str, answer: str) -> None:
    """The answer is CSV by default, and JSON lines with features or text where they are asked for."""
    assert alone.invoke("sparkml", ",".join(CAR), Accept=accept) == answer


def test_sparkml_takes_json_with_a_schema_of_its_own(alone: World) -> None:
    """A schema in the request wins over the environment's; the output may be any column of the pipeline."""
    inputs = [
        {"name": name, "type": "string"} for name in ("buying", "maint", "doors", "persons", "lug_boot", "safety")
    ]
    schema = {"input": inputs, "output": {"name": "doors_index", "type": "double"}}
    assert alone.invoke("sparkml", json.dumps({"data": CAR}), ContentType=JSON) == "3.0,3.0,3.0,2.0,2.0,2.0"
    assert alone.invoke("sparkml", json.dumps({"schema": schema, "data": CAR}), ContentType=JSON) == "3.0"


def test_sparkml_answers_json_lines_by_a_java_list(alone: World) -> None:
    """Several records come back as a Java list in its own words, and not as JSON lines."""
    body = json.dumps({"data": [CAR, ["vhigh", *CAR[1:]]]})
    answer = alone.invoke("sparkml", body, ContentType=JSON_LINES)
    assert answer == "[[3.0,3.0,3.0,2.0,2.0,2.0], [0.0,3.0,3.0,2.0,2.0,2.0]]"


def test_sparkml_reads_only_the_first_line_of_csv(alone: World) -> None:
    """More lines are ignored, and so are more columns."""
    body = ",".join([*CAR, "extra"]) + "\n" + ",".join(["vhigh"] * 6)
    assert alone.invoke("sparkml", body) == "3.0,3.0,3.0,2.0,2.0,2.0"


@pytest.mark.parametrize(
    ("endpoint", "body", "more", "status", "message"),
    [
        ("sparkml", ",".join(CAR), {"Accept": JSON}, 400, "Accept value passed via request or environment"),
        ("sparkml", '{"data": ', {"ContentType": JSON}, 400, ""),
        ("sparkml", "a", {"ContentType": "text/plain"}, 415, "text/plain"),
        ("xgboost", "1,2,3,4,5,6,7", {}, 400, "Number of columns does not match number of features"),
        ("xgboost", "a,b,c,d,e,f", {}, 415, "please ensure data is in csv format"),
        ("xgboost", ROW, {"ContentType": "image/png"}, 415, "image/png is not an accepted ContentType"),
        ("xgboost", ROW, {"Accept": "text/html"}, 406, "Accept type text/html is not supported"),
    ],
)
def test_bad_requests_get_the_containers_status_and_words(
    alone: World, endpoint: str, body: str, more: dict[str, str], status: int, message: str
) -> None:
    """Each container's own status and message arrive as a ModelError's."""
    with pytest.raises(ClientError) as error:
        alone.invoke(endpoint, body, **more)
    assert error.value.response["OriginalStatusCode"] == status
    assert message in error.value.response["OriginalMessage"]


def test_xgboost_answers_csv_and_json(alone: World) -> None:
    """The answer has one prediction a row, as a line or as a score."""
    two = f"{ROW}\n0,0,0,0,0,0"
    assert alone.invoke("xgboost", two) == "3.0\n0.0\n"
    assert json.loads(alone.invoke("xgboost", two, Accept=JSON)) == {"predictions": [{"score": 3.0}, {"score": 0.0}]}
    with pytest.raises(ClientError, match="application/jsonlines is encoded by the container with selectable inf"):
        alone.invoke("xgboost", ROW, Accept=JSON_LINES)
    for cells in ("inf,0,0,0,0,0", "1e400,0,0,0,0,0", '"3",0,0,0,0,0'):
        with pytest.raises(ClientError, match=r"\\(415\\)|Loading csv data failed"):
            alone.invoke("xgboost", cells)


def test_xgboost_takes_libsvm(alone: World) -> None:
    """A sparse row is answered as the same row in full."""
    assert alone.invoke("xgboost", "0:3 1:3 2:3 3:2 4:2 5:2", ContentType="text/libsvm") == "3.0\n"
