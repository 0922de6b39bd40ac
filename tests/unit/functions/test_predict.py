"""The function behind the door: rows, texts and users in, answers out; and what is refused."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest

from handover.door_schema import answer_schema, request_schema
from tests.doors import IMAGES, door
from tests.unit.functions.predict_lab import Function, event
from tests.unit.functions.stub_endpoint import Reply

Made = Callable[..., Function]

CAR = {"buying": "low", "maint": "low", "doors": "5more", "persons": "more", "lug_boot": "big", "safety": "high"}
PACKAGE = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/car-evaluation/"
CREDIT = dict(door("credit_default").examples[0])


def test_a_row_goes_to_the_endpoint_in_the_data_sets_order(predict: Made) -> None:
    """The members may come in any order; the endpoint gets the columns', signed, with the request's id to join by."""
    function = predict(door("car_evaluation"))
    function.endpoint_says(b"vgood\n")
    shuffled = dict(sorted(CAR.items(), reverse=True))
    assert function.ask(shuffled) == (200, {"label": "vgood", "release": 7, "request_id": "request-1"})
    (asked,) = function.stub.asked
    assert asked.body == b"low,low,5more,more,big,high"
    assert asked.path == "/endpoints/car-evaluation-prod/invocations"
    assert (asked.headers["content-type"], asked.headers["accept"]) == ("text/csv", "text/csv")
    assert asked.headers["x-amzn-sagemaker-inference-id"] == "request-1"
    assert "/eu-west-1/sagemaker/aws4_request" in asked.headers["authorization"]


@pytest.mark.parametrize(
    ("variant", "champion", "release"),
    [
        ("AllTraffic", f"{PACKAGE}6", 6),
        ("Challenger", f"{PACKAGE}6", 7),
        ("AllTraffic", "none", 7),
        ("AllTraffic", None, 7),
        (None, f"{PACKAGE}6", 7),
    ],
)
def test_an_answer_has_the_number_of_the_release_whose_model_gave_it(
    predict: Made, variant: str | None, champion: str | None, release: int
) -> None:
    """While two releases compete, answer and log have the version of the variant that SageMaker says has answered."""
    function = predict(door("car_evaluation"), **({"CHAMPION_PACKAGE_ARN": champion} if champion else {}))
    headers = {"x-Amzn-Invoked-Production-Variant": variant} if variant else {}
    function.endpoint_says(Reply(b"vgood", headers=headers))
    assert function.ask(CAR)[1]["release"] == release
    assert function.log["release"] == release


@pytest.mark.parametrize("workload", ["car_evaluation", "credit_default", "iris", "nyt_comments", "movie_recommender"])
def test_every_answer_keeps_the_published_schema(predict: Made, workload: str) -> None:
    """What each kind of model says becomes an answer that the OpenAPI document describes."""
    says = {
        "car_evaluation": b"vgood",
        "credit_default": b"0.25",
        "iris": b'{"predictions": [{"label": "setosa", "probabilities": [0.75, 0.25, 0.0]}]}',
        "nyt_comments": b'{"predictions": [{"topic_weights": [0.25, 0.75]}]}',
        "movie_recommender": json.dumps({"predictions": [{"score": n / 1682} for n in range(1682)]}).encode(),
    }
    function = predict(door(workload))
    function.endpoint_says(says[workload])
    status, answer = function.ask(dict(door(workload).examples[0]))
    assert status == 200
    jsonschema.Draft4Validator(answer_schema(door(workload))).validate(answer)


def test_a_probability_becomes_a_decision_at_the_gates_threshold(predict: Made) -> None:
    """From 1 in 6 on the customer is told to default: a missed one costs five times as much as a false alarm."""
    function = predict(door("credit_default"))
    function.endpoint_says(b"0.2\n", b"0.15")
    assert function.ask(CREDIT)[1]["label"] == "1"
    _, answer = function.ask(CREDIT)
    assert (answer["label"], answer["probabilities"]) == ("0", {"1": 0.15, "0": 0.85})


def test_numbers_reach_the_endpoint_as_the_data_step_writes_them(predict: Made) -> None:
    """A whole number has no point, even if its JSON has one: the model has learned no other text of it."""
    function = predict(door("credit_default"))
    function.endpoint_says(b"0.2")
    function.ask({**CREDIT, "credit_limit": 20000.0})
    assert function.stub.asked[0].body.startswith(b"20000,2,2,1,24,")


def test_a_tensor_keeps_its_numbers_and_its_probabilities(predict: Made) -> None:
    """A row for TensorFlow Serving is an instance of numbers, and what stands beside the label is shown by label."""
    function = predict(door("iris"))
    function.endpoint_says(b'{"predictions": [{"label": "setosa", "probabilities": [0.75, 0.25, 0.0]}]}')
    _, answer = function.ask({"sepal_length": 5, "sepal_width": 3.5, "petal_length": 1.40, "petal_width": 0.2})
    assert json.loads(function.stub.asked[0].body) == {"instances": [[5.0, 3.5, 1.4, 0.2]]}
    assert answer["label"] == "setosa"
    assert answer["probabilities"] == {"setosa": 0.75, "versicolor": 0.25, "virginica": 0.0}


def test_a_text_comes_back_as_topics_with_their_words(predict: Made) -> None:
    """White space is one blank, as in training; the heaviest topic comes first with the words that the gate found."""
    function = predict(door("nyt_comments"), DATA_BUCKET="data")
    function.endpoint_says(b'{"predictions": [{"topic_weights": [0.25, 0.75]}]}')
    function.stub.replies["/data/gate/words/7.json"] = [Reply(json.dumps([["cell"], ["gene", "<b>"]]).encode())]
    _, answer = function.ask({"text": "  Genes \n and <b>cells</b>. "})
    assert answer["topics"] == [
        {"topic": 2, "weight": 0.75, "words": ["gene", "<b>"]},
        {"topic": 1, "weight": 0.25, "words": ["cell"]},
    ]
    assert json.loads(function.stub.asked[-1].body) == {"data": ["Genes and <b>cells</b>."]}
    function.ask({"text": "again"})
    assert [asked.method for asked in function.stub.asked] == ["GET", "POST", "POST"]


def test_topics_without_words_are_answered_and_said_in_the_log(predict: Made) -> None:
    """If nobody has stored the words, the weights are answered without them, and the object is not asked for again."""
    function = predict(door("nyt_comments"), DATA_BUCKET="data")
    function.endpoint_says(b'{"predictions": [{"topic_weights": [1.0]}]}')
    function.stub.replies["/words/7.json"] = [Reply(b"", 404)]
    assert function.ask({"text": "genes"})[1]["topics"] == [{"topic": 1, "weight": 1.0, "words": []}]
    assert function.log["not_shown"] == "s3://data/gate/words/7.json: 404"
    function.ask({"text": "genes"})
    assert "not_shown" not in function.log


def test_a_user_gets_the_ten_best_movies_by_one_request(predict: Made) -> None:
    """One request asks for all movies; the best ten come with their scores, and with numbers for missing titles."""
    function = predict(door("movie_recommender"))
    scores = [0.0] * 1682
    scores[49], scores[257] = 0.9, 0.95
    function.endpoint_says(json.dumps({"predictions": [{"score": score} for score in scores]}).encode())
    status, answer = function.ask({"user": 943})
    assert status == 200
    assert answer["titles"][:2] == [
        {"title": "258", "movie": 258, "score": 0.95},
        {"title": "50", "movie": 50, "score": 0.9},
    ]
    assert len(answer["titles"]) == 10
    (asked,) = function.stub.asked
    instances = json.loads(asked.body)["instances"]
    assert len(instances) == 1682
    assert instances[-1]["data"]["features"] == {"keys": [942, 2624], "shape": [2625], "values": [1.0, 1.0]}


def test_movies_have_their_titles_if_they_are_stored(predict: Made) -> None:
    """Titles are read once, in the file's own encoding, from the very object that the data step stored."""
    movies = door("movie_recommender")
    function = predict(movies, DATA_BUCKET="data")
    function.endpoint_says(json.dumps({"predictions": [{"score": 1 - n / 1682} for n in range(1682)]}).encode())
    key = f"/data/raw/{(movies.titles or {})['sha256']}/u.item"
    function.stub.replies[key] = [Reply("1|Toy Story (1995)|\r\n2|Les Misérables (1995)|x\r\n".encode("latin-1"))]
    _, answer = function.ask({"user": 1})
    assert [entry["title"] for entry in answer["titles"][:3]] == ["Toy Story (1995)", "Les Misérables (1995)", "3"]
    function.ask({"user": 2})
    assert [asked.method for asked in function.stub.asked] == ["GET", "POST", "POST"]


def test_an_unknown_user_is_told_which_are_known(predict: Made) -> None:
    """A number that is no user's is a clear refusal, with the range of those that are."""
    function = predict(door("movie_recommender"))
    status, answer = function.ask({"user": 944})
    assert (status, answer["field"]) == (400, "user")
    assert answer["message"] == "user is 944: expected 1 to 943."
    assert answer["allowed"] == {"type": "integer", "minimum": 1, "maximum": 943}
    assert function.stub.asked == []


@pytest.mark.parametrize(
    ("request_", "field", "message"),
    [
        ({**CAR, "buying": "lowest"}, "buying", 'buying is "lowest": expected one of low, med, high, vhigh.'),
        ({**CAR, "buying": 3}, "buying", "buying is 3: expected a text."),
        ({**CAR, "buying": None}, "buying", "buying is null: expected a text."),
        ({**CAR, "colour": "red"}, "colour", "colour is no member of a request; known are buying, maint, "),
        ({**CAR, "endpoint": "another"}, "endpoint", "endpoint is no member"),
        ({"buying": "low"}, "maint", "maint is missing."),
        ({**CAR, "buying": "<script>alert(1)</script>"}, "buying", 'buying is "<script>alert(1)</script>": expected'),
        ([CAR] * 10_000, "", "The body must be a JSON object."),
        ("{", "", "The body is no JSON: "),
        ("", "", "The body is no JSON: "),
        ('{"buying": "low", "buying": "low"}', "", "The body is no JSON: a member occurs twice."),
        ('{"buying": NaN}', "", "The body is no JSON: NaN is no number of JSON."),
        ("[" * 100_000, "", "The body is no JSON: it is nested too deeply."),
        ('{"buying": "\\ud800"}', "", "The body is no JSON: it is not Unicode in UTF-8."),
    ],
)
def test_what_the_contract_refuses_is_named(predict: Made, request_: Any, field: str, message: str) -> None:
    """The answer is a 400 that names the field and what is allowed, and the endpoint hears nothing of it."""
    function = predict(door("car_evaluation"))
    status, answer = function.ask(request_)
    assert status == 400
    assert answer["message"].startswith(message)
    assert answer.get("field", "") == field
    assert answer["request_id"] == "request-1"
    assert function.stub.asked == []
    assert (function.log["status"], function.log["route"]) == (400, "/predictions")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (9, "age is 9: expected 18 to 110."),
        (40.5, "age is 40.5: expected a whole number."),
        ("40", 'age is "40": expected a whole number.'),
        (True, "age is true: expected a whole number."),
        (10**400, "age is 1000"),
    ],
)
def test_a_number_outside_the_contract_is_refused(predict: Made, value: Any, message: str) -> None:
    """A number out of its bounds, a fraction where whole numbers are asked, a text and a truth value are refused."""
    status, answer = predict(door("credit_default")).ask({**CREDIT, "age": value})
    assert (status, answer["field"]) == (400, "age")
    assert answer["message"].startswith(message)
    assert answer["allowed"] == {"type": "integer", "minimum": 18, "maximum": 110}


def test_infinity_is_no_number(predict: Made) -> None:
    """A number that is too large for JSON's readers is outside every bound."""
    body = json.dumps(CREDIT).replace('"age": 24', '"age": 1e999')
    assert predict(door("credit_default")).ask(body)[1]["field"] == "age"


def test_script_comes_back_as_text_alone(predict: Made) -> None:
    """What a caller sent stands escaped in the JSON: a browser that took the answer for a page would run nothing."""
    function = predict(door("car_evaluation"))
    found = function.handler.handle(event("/predictions", body=json.dumps({"<script>": 1})), _long())
    assert "<" not in found["body"]
    assert found["headers"]["content-type"] == "application/json"
    assert found["headers"]["x-content-type-options"] == "nosniff"


def _long() -> Any:
    class Context:
        def get_remaining_time_in_millis(self) -> int:
            return 28_000

    return Context()


@pytest.mark.parametrize("content_type", ["text/plain", "", "image/png", "application/xml", "multipart/form-data; x=1"])
def test_a_foreign_content_type_is_415(predict: Made, content_type: str) -> None:
    """A content type that is none of the API's is told which are."""
    status, answer = predict(door("car_evaluation")).ask(CAR, content_type=content_type)
    assert status == 415
    assert answer["message"].endswith("allowed are application/json.")


def test_json_may_come_encoded_and_with_a_charset(predict: Made) -> None:
    """API Gateway hands on binary bodies in base64; a parameter of the content type changes nothing."""
    function = predict(door("car_evaluation"))
    function.endpoint_says(b"vgood")
    body = base64.b64encode(json.dumps(CAR).encode()).decode()
    assert function.ask(body, content_type="Application/JSON; charset=utf-8", isBase64Encoded=True)[0] == 200
    assert function.ask("no base64!", isBase64Encoded=True)[0] == 400


def test_an_image_goes_to_the_endpoint_as_it_is(predict: Made) -> None:
    """The probabilities of all labels come back by label, and the likeliest is the answer."""
    function = predict(IMAGES)
    function.endpoint_says(b"[0.25, 0.75]")
    image = b"\x89PNG\r\n\x1a\n" + (13).to_bytes(4) + b"IHDR" + (28).to_bytes(4) + (28).to_bytes(4) + b"\x08"
    body = base64.b64encode(image).decode()
    status, answer = function.ask(body, content_type="image/png", isBase64Encoded=True)
    assert (status, answer["label"], answer["probabilities"]) == (200, "b", {"a": 0.25, "b": 0.75})
    (asked,) = function.stub.asked
    assert (asked.body, asked.headers["content-type"]) == (image, "image/png")


@pytest.mark.parametrize(
    ("workload", "said"),
    [
        ("car_evaluation", b"superb"),
        ("credit_default", b"nan"),
        ("credit_default", b"1.5"),
        ("nyt_comments", b"{}"),
        ("movie_recommender", b'{"predictions": [{"score": 0.5}]}'),
        ("movie_recommender", b"<html>"),
    ],
)
def test_an_answer_that_breaks_its_contract_is_502(predict: Made, workload: str, said: bytes) -> None:
    """A model that says what no label, probability or score can be is at fault, and the caller is told plainly."""
    function = predict(door(workload))
    function.endpoint_says(said)
    status, answer = function.ask(dict(door(workload).examples[0]))
    assert (status, answer["message"]) == (502, "The model gave an answer that cannot be read.")


def test_schema_and_reference_are_answered_without_the_endpoint(predict: Made) -> None:
    """The page's document and the OpenAPI document are the door's, with the release and the server of the request."""
    function = predict(door("car_evaluation"), PARTNERS="true", PAGE_ORIGIN="https://page.example")
    status, schema = function.call(event("/schema"))
    assert (status, schema["release"], schema["request"]) == (200, 7, request_schema(door("car_evaluation")))
    _, document = function.call(event("/openapi.json"))
    assert document["servers"] == [{"url": "/prod"}]
    assert document["security"] == [{"program": [], "partner": []}]
    _, document = function.call(event("/people/openapi.json"))
    assert (document["servers"], document["security"]) == ([{"url": "/prod/people"}], [{"person": []}])
    answer = function.handler.handle(event("/schema"), _long())
    assert answer["headers"]["access-control-allow-origin"] == "https://page.example"
    assert function.call(event("/elsewhere"))[0] == 404


def test_the_log_has_a_line_a_request_and_nothing_of_its_body(predict: Made) -> None:
    """Request id, release, latency and status are logged; what was asked, answered or refused is not."""
    function = predict(door("nyt_comments"))
    function.endpoint_says(Reply(b'{"Message": "cannot read my-secret"}', 424, {"x-amzn-errortype": "ModelError"}))
    function.ask({"text": "my-secret"})
    assert {"request_id", "release", "route", "status", "milliseconds", "endpoint_milliseconds"} <= set(function.log)
    assert "my-secret" not in json.dumps(function.log)
    function.ask({"text": "my-secret", "my-secret": 1})
    assert "my-secret" not in json.dumps({**function.log, "cause": ""})


def test_a_fault_of_ours_is_a_plain_500(predict: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that nobody thought of shows no trace to the caller; the log says where it was."""
    function = predict(door("car_evaluation"))
    monkeypatch.setattr(function.handler.PREDICT, "_routes", {"predictions": lambda *_: 1 / 0})
    assert function.ask(CAR) == (500, {"message": "The API failed.", "request_id": "request-1"})
    assert function.log["cause"].startswith("ZeroDivisionError in test_predict.py:")
