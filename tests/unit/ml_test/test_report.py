from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

from ml_test.gate import report
from ml_test.gate.charts import interval_chart
from ml_test.gate.decision import decide
from ml_test.gate.intervals import Estimate
from tests.unit.ml_test.conftest import RULES

if TYPE_CHECKING:
    from tests.unit.ml_test.conftest import TestRows


def made(rows: TestRows, answers: list[str], **origin: Any) -> dict[str, Any]:
    evidence = rows.evidence(answers)
    about = {
        "workload": "car_evaluation",
        "commit": "0123abc",
        "data_sha256": "b703",
        "model_package_arn": "arn:aws:sagemaker:us-east-1:123456789012:model-package/car/1",
        "pipeline_execution": "e1",
        "endpoint": "qa",
        "champion": None,
        **origin,
    }
    return report.document(decide(evidence, RULES), evidence, RULES, about)


def test_equal_inputs_give_equal_bytes(rows: TestRows) -> None:
    """No clock and no chance in it; and the page is a function of the JSON document alone."""
    one, two = made(rows, rows.with_mistakes(3)), made(rows, rows.with_mistakes(3))
    assert json.dumps(one) == json.dumps(two)
    assert report.html(one) == report.html(json.loads(json.dumps(two)))


def test_every_mistake_is_named(rows: TestRows) -> None:
    """Row, truth and answer; answers that are no label once more by themselves."""
    answers = rows.with_mistakes(3)
    answers[-1] = "error 400: no"
    document = made(rows, answers)
    assert len(document["wrong"]) == 4
    assert document["wrong"][-1] == {
        "request": rows.requests[-1],
        "expected": rows.truth[-1],
        "answer": "error 400: no",
    }
    assert document["unknown_answers"] == ["error 400: no"]


def test_page_escapes_what_it_shows(rows: TestRows) -> None:
    """An answer, an endpoint's name or a commit can carry no markup into the page."""
    attack = "<script>alert(1)</script>'\"&"
    page = report.html(made(rows, [attack, *rows.truth[1:]], commit=attack, endpoint=attack))
    assert "<script" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;&#x27;&quot;&amp;") >= 3


def test_page_stands_alone(rows: TestRows) -> None:
    """It loads nothing, runs nothing, fits a phone, knows dark mode and paper."""
    page = report.html(made(rows, rows.truth))
    assert not re.search(r"\b(src|href)\s*=|url\(|@import|<script|\bon\w+=", page)
    for needed in ("width=device-width", "prefers-color-scheme: dark", "@media print"):
        assert needed in page


def test_page_is_well_formed(rows: TestRows) -> None:
    """Every element that is opened is closed, in order."""
    open_elements: list[str] = []

    class Checker(HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002  (the parser's own signature)
            if tag != "meta":
                open_elements.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert open_elements.pop() == tag

        def handle_startendtag(self, tag: str, attrs: object) -> None:
            """SVG's elements may close themselves."""

    Checker().feed(report.html(made(rows, rows.with_mistakes(20))))
    assert open_elements == []


def test_page_shows_verdict_and_figures(rows: TestRows) -> None:
    """The verdict, its reason, the matrix and the drawings are there."""
    document = made(rows, rows.with_mistakes(20))
    page = report.html(document)
    assert "car_evaluation: REJECT" in page
    assert "accuracy 0.9167" in page
    assert page.count("<svg") == 4
    assert "<summary>20 wrong answers</summary>" in page


def test_long_names_take_two_lines() -> None:
    """And no more: what is longer still is cut, under its whole name as the row's title."""
    estimate = Estimate(value=0.7, low=0.6, high=0.8, rows=100)
    long = "accuracy at the threshold 0.167 of a very particular kind of customer"
    drawn = interval_chart([("accuracy at the threshold 0.167", estimate, None, "passed"), (long, estimate, 0.5, "")])
    names = re.findall(r"<text x='0' y='[\d.]+'>(.*?)</text>", drawn)
    assert names == ["accuracy at the", "threshold 0.167", "accuracy at the", "threshold 0.167 of…"]
    assert f"<title>{long}</title>" in drawn
