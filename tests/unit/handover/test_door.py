"""Doors: what a request may be and what an answer says, all of it read off the workload's facts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from handover.door import Asks, Door, Gives
from handover.door_schema import answer_schema, openapi, page_schema, request_schema
from handover.errors import HandOverError
from ml_init.columns import Column
from ml_init.contract import fetch_checked
from ml_init.dataset import Dataset
from ml_test.gate.rules import Rules
from stacks.workloads import WORKLOADS
from tests.clouds import PROJECT
from tests.doors import IMAGES, door

SHIPPED = [name for name in WORKLOADS if name != "movie_recommender"]
#: An image in JSON is an address: its schema knows no columns.
OBJECTS = [name for name in WORKLOADS if door(name).asks is not Asks.IMAGE]


def accepts(schema: dict[str, Any], value: Any) -> bool:
    return jsonschema.Draft4Validator(schema).is_valid(value)


def test_what_is_asked_and_given_follows_from_the_facts() -> None:
    """The kinds of request and answer are read off columns, answers and invocation, and off no name."""
    found = {name: (door(name).asks, door(name).gives) for name in ("car_evaluation", "credit_default", "iris")}
    assert found == {
        "car_evaluation": (Asks.ROW, Gives.LABEL),
        "credit_default": (Asks.ROW, Gives.PROBABILITY),
        "iris": (Asks.ROW, Gives.LABEL),
    }
    movies, texts = door("movie_recommender"), door("nyt_comments")
    assert (movies.asks, movies.gives) == (Asks.RANKING, Gives.RANKED)
    assert [column["name"] for column in movies.columns] == ["user"]
    assert (texts.asks, texts.gives) == (Asks.TEXT, Gives.TOPICS)
    for images in (IMAGES, door("dog_breeds")):
        assert (images.asks, images.gives, images.image_types) == (Asks.IMAGE, Gives.CLASSES, ("image/png",))


@pytest.mark.parametrize("workload", WORKLOADS)
def test_a_door_survives_its_document(workload: str) -> None:
    """The function reads from door.json the very door that the stack wrote."""
    assert Door.parse(door(workload).json()) == door(workload)


@pytest.mark.parametrize("workload", OBJECTS)
def test_examples_are_requests_that_the_schema_takes(workload: str) -> None:
    """Each workload has three examples, its schema is one of draft 4, and a member too many or too few is refused."""
    schema = request_schema(door(workload))
    jsonschema.Draft4Validator.check_schema(schema)
    examples = door(workload).examples
    assert len(examples) == 3
    for example in examples:
        assert accepts(schema, dict(example))
        assert not accepts(schema, {**example, "more": 1})
        name = next(iter(example))
        assert not accepts(schema, {key: value for key, value in example.items() if key != name})


@pytest.mark.parametrize("workload", SHIPPED)
def test_examples_are_rows_of_the_data_set(workload: str) -> None:
    """What the page offers to try is real: each example is a row of the file, and no two are the same."""
    folder = PROJECT / "ml_init" / workload
    dataset = Dataset.read(folder / "dataset.toml")
    _, checked = fetch_checked(dataset, folder, lambda: None)
    rows = {dataset.features_of(row) for row in checked.rows}
    found = [tuple(_canonical(example, dataset)) for example in dataset.examples]
    assert len(set(found)) == 3
    assert set(found) <= rows


def _canonical(example: str, dataset: Dataset) -> Iterator[str]:
    values = [example] if len(dataset.features) == 1 else example.split(",")
    for value, column in zip(values, dataset.features, strict=True):
        yield column.canonical(value)


@pytest.mark.parametrize("workload", OBJECTS)
def test_the_schema_takes_what_the_data_contract_takes(workload: str) -> None:
    """A value at, in and beyond each bound is taken or refused by both, and so is each category and a strange one."""
    columns = {column.name: column for column in Dataset.read(PROJECT / "ml_init" / workload / "dataset.toml").features}
    for name, schema in request_schema(door(workload))["properties"].items():
        for value in _values(schema):
            assert accepts(schema, value) == (columns[name].fault(_text(value)) is None), (name, value)
        assert _taken(columns[name], schema)


def _values(schema: dict[str, Any]) -> list[Any]:
    if "enum" in schema:
        return [*schema["enum"], "strange", ""]
    if schema["type"] == "string":
        return ["a", "a" * schema["maxLength"], "a" * (schema["maxLength"] + 1), ""]
    low, high = schema["minimum"], schema["maximum"]
    return [low, high, low - 1, high + 1, (low + high) / 2 if schema["type"] == "number" else (low + high) // 2]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else repr(value)


def _taken(column: Column, schema: dict[str, Any]) -> bool:
    """Whether the column is a contract's of the schema's type: whole numbers are told from others."""
    expected = {"Categories": "string", "Text": "string", "Integers": "integer", "Decimals": "number"}
    return schema["type"] == expected[type(column).__name__]


def test_a_decision_falls_where_the_gate_decides() -> None:
    """The threshold of a probability is that of the gate's costs."""
    costs = Rules.read(PROJECT / "ml_test" / "credit_default" / "gate.toml").answers.costs
    assert door("credit_default").threshold == pytest.approx(costs.threshold)
    assert (door("credit_default").event, door("car_evaluation").threshold) == ("1", None)


@pytest.mark.parametrize("workload", [*WORKLOADS, "letters"])
def test_the_published_document_has_all_that_it_refers_to(workload: str) -> None:
    """Every reference of the OpenAPI document resolves, every scheme is known, and the schemas are schemas."""
    found = IMAGES if workload == "letters" else door(workload)
    document = openapi(found, release=7, server="https://api/prod", caller="programs", partners=True)
    components = document["components"]
    for reference in _references(document):
        _, _, kind, name = reference.split("/")
        assert name in components[kind]
    assert document["security"] == [{"program": [], "partner": []}]
    assert set(components["securitySchemes"]) == {"program", "partner"}
    of_people = openapi(found, release=7, server="/prod/people", caller="people", partners=True)
    assert (of_people["security"], set(of_people["components"]["securitySchemes"])) == ([{"person": []}], {"person"})
    for schema in components["schemas"].values():
        jsonschema.Draft4Validator.check_schema(schema)
    assert document["info"]["version"] == "7"
    assert set(document["paths"]["/predictions"]["post"]["responses"]) >= {"200", "400", "413", "429", "502", "504"}
    assert json.loads(json.dumps(document)) == document


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for entry in value.values():
            yield from _references(entry)


def test_images_come_as_they_are_or_by_an_address() -> None:
    """A door for images takes their content type, and in JSON an https address alone."""
    body = openapi(IMAGES, release=1, server="/", caller="people")["paths"]["/predictions"]["post"]["requestBody"]
    assert set(body["content"]) == {"image/png", "application/json"}
    schema = request_schema(IMAGES)
    assert accepts(schema, {"address": "https://images.example/a.png"})
    for address in ("http://images.example/a.png", "file:///etc/passwd", "https://" + "a" * 2048, 7):
        assert not accepts(schema, {"address": address})
    assert IMAGES.examples == ({"image/png": "iVBORw0KGgo="},)


def test_the_page_learns_what_a_schema_cannot_say() -> None:
    """Units, meanings of codes, the labels' names and the threshold are in the page's document."""
    page = page_schema(door("credit_default"), release=3)
    columns = {column["name"]: column for column in page["columns"]}
    assert columns["age"] == {"name": "age", "description": "Age", "unit": "years"}
    assert columns["education"]["meanings"]["2"] == "university"
    assert page["labels"] == [{"label": "0", "meaning": "pays"}, {"label": "1", "meaning": "defaults"}]
    assert (page["release"], page["event"], page["asks"]) == (3, "1", "row")
    assert json.loads(json.dumps(page)) == page


def test_the_function_may_read_one_object_at_the_most() -> None:
    """Words stand under the release, titles under their hash; no other door reads anything."""
    assert str(door("nyt_comments").reads("data", 7)) == "s3://data/gate/words/7.json"
    assert str(door("nyt_comments").reads("data", "*")) == "s3://data/gate/words/*.json"
    titles = door("movie_recommender").reads("data", 7)
    assert titles is not None
    assert titles.key.startswith("raw/553841ebc7de3a0f")
    assert titles.key.endswith("/u.item")
    assert [door(name).reads("data", 7) for name in ("car_evaluation", "credit_default", "iris")] == [None] * 3


def test_an_answer_names_labels_of_the_contract_alone() -> None:
    """The schema of an answer takes a label and its probabilities, and refuses another label."""
    schema = answer_schema(door("car_evaluation"))
    answer = {"label": "vgood", "release": 3, "request_id": "a"}
    assert accepts(schema, answer)
    assert accepts(schema, {**answer, "probabilities": {"vgood": 0.98, "good": 0.02}})
    assert not accepts(schema, {**answer, "label": "superb"})


@pytest.mark.parametrize(
    ("features", "answers", "said"),
    [
        ([{"name": "a", "longest": 9}, {"name": "b", "low": 1, "high": 2}], "labels", "a text beside other columns"),
        ([{"name": "a", "low": 1, "high": 2}], "poems", "answers of the kind 'poems'"),
        ([{"name": "a", "low": 1, "high": 2}] * 3, "labels", "one column to ask by"),
    ],
)
def test_a_door_that_nobody_knows_is_refused(features: list[dict[str, Any]], answers: str, said: str) -> None:
    """The refusal names the workload and what no door is known for."""
    gate = {"answers": {"kind": answers, "grouped_by": "b" if "one column" in said else ""}}
    with pytest.raises(HandOverError, match=f"new_one: .*{said}"):
        Door.of("new_one", dataset={"name": "n", "features": features}, gate=gate, how="csv")
