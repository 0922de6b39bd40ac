"""The share of an answer, counted from captured requests."""

from __future__ import annotations

import base64
import io
import json
from types import ModuleType
from typing import Any

import pytest

from handover.places import CapturedFile

KEY = "capture/7/car-evaluation-prod/AllTraffic/2026/11/21/13/05-00-000-a.jsonl"
EVENT = {"detail": {"bucket": {"name": "data"}, "object": {"key": KEY}}}


def line(data: str, encoding: str = "CSV") -> str:
    output = {"observedContentType": "text/csv", "mode": "OUTPUT", "data": data, "encoding": encoding}
    data = {"endpointInput": output | {"data": "low,low", "encoding": "CSV"}, "endpointOutput": output}
    event = {"inferenceTime": "2026-11-21T13:05:00Z"}
    return json.dumps({"captureData": data, "eventMetadata": event, "eventVersion": "0"})


class Aws:
    """S3 with one file, and CloudWatch that remembers what was put."""

    def __init__(self, *lines: str) -> None:
        self.body = "\n".join(lines) + "\n"
        self.puts: list[dict[str, Any]] = []

    def get_object(self, **asked: str) -> dict[str, Any]:
        assert asked == {"Bucket": "data", "Key": KEY}
        return {"Body": io.BytesIO(self.body.encode())}

    def put_metric_data(self, **put: Any) -> None:
        self.puts.append(put)


@pytest.fixture
def counted(answer_share: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs the handler over these lines: what it returned, and what it put."""

    def count(*lines: str, answer: str = "unacc", threshold: str = "", least: str = "2", invocation: str = "") -> Any:
        aws = Aws(*lines)
        settings = {"ANSWER": answer, "THRESHOLD": threshold, "LEAST_ANSWERS": least, "INVOCATION": invocation}
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(answer_share.boto3, "client", lambda _: aws)
        return answer_share.handle(EVENT, None), aws.puts

    return count


def test_labels_are_counted_for_their_release(counted: Any) -> None:
    """The watched answer counts one and each other one zero; a request of two rows has two answers."""
    answer, (put,) = counted(line("unacc\nacc\n"), line("unacc"), line(base64.b64encode(b"good").decode(), "BASE64"))
    assert (answer["answers"], answer["watched"]) == (4, 2)
    (datum,) = put["MetricData"]
    assert (put["Namespace"], datum["MetricName"]) == ("Gatehouse", "AnswerShare")
    assert (datum["Values"], datum["Counts"]) == ([1.0, 0.0], [2.0, 2.0])
    assert {each["Name"]: each["Value"] for each in datum["Dimensions"]} == {
        "EndpointName": "car-evaluation-prod",
        "VariantName": "AllTraffic",
        "Release": "7",
        "Answer": "unacc",
    }


def test_models_that_compete_are_counted_each_for_itself(answer_share: ModuleType) -> None:
    """Each variant's answers are counted under its name, in the experiment's folder, as its alarms ask for them."""
    keys = [f"capture/7-competing/prod/{variant}/2026/11/21/13/a.jsonl" for variant in ("AllTraffic", "Challenger")]
    watched = answer_share.Answers(label="unacc", threshold=None)
    data = [answer_share.datum(CapturedFile.of(key), watched, [True]) for key in keys]
    found = [{each["Name"]: each["Value"] for each in datum["Dimensions"]} for datum in data]
    assert [each["VariantName"] for each in found] == ["AllTraffic", "Challenger"]
    assert {each["Release"] for each in found} == {"7-competing"}


def test_probabilities_count_from_the_threshold_on(counted: Any) -> None:
    """The threshold itself counts, what is no number does not, and a count of 0 is left out."""
    answer, _ = counted(line("0.5"), line("0.49"), line("nan"), line("error"), answer="default", threshold="0.5")
    assert (answer["answers"], answer["watched"]) == (4, 1)
    _, (put,) = counted(line("0.9"), line("0.8"), answer="default", threshold="0.5")
    assert (put["MetricData"][0]["Values"], put["MetricData"][0]["Counts"]) == ([1.0], [2.0])


def test_answers_in_json_are_counted_as_the_invocation_reads_them(counted: Any) -> None:
    """A request of several rows has several scores; an answer that has none counts as one that is not watched."""
    two = json.dumps({"predictions": [{"score": 0.7, "predicted_label": 1.0}, {"score": 0.2, "predicted_label": 0.0}]})
    lines = (line(two, "JSON"), line('{"predictions": [{"score": 0.5}]}', "JSON"), line('{"error": 1}', "JSON"))
    answer, _ = counted(*lines, answer="yes", threshold="0.5", invocation="one-hot-json:943,1682")
    assert (answer["answers"], answer["watched"]) == (4, 2)


def test_few_answers_tell_nothing(counted: Any) -> None:
    """A file of fewer answers than the minimum puts no metric."""
    answer, puts = counted(line("unacc"), line("unacc"), least="3")
    assert (answer["told"], puts) == (False, [])


def test_what_cannot_be_read_is_named(counted: Any, answer_share: ModuleType) -> None:
    """An encoding that is no text, and a key that is no captured file's."""
    with pytest.raises(ValueError, match="captured as 'XML' cannot be read"):
        counted(line("<a/>", "XML"))
    event = {"detail": {"bucket": {"name": "data"}, "object": {"key": "capture/x.txt"}}}
    with pytest.raises(ValueError, match=r"capture/x\.txt is no file of captured requests"):
        answer_share.handle(event, None)
