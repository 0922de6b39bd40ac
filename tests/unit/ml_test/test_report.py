"""The gate's report and its page."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

from ml_test.gate import report
from ml_test.gate.charts import gain_chart, interval_charts
from ml_test.gate.decision import decide
from ml_test.gate.intervals import Estimate
from tests.unit.ml_test.conftest import RULES

if TYPE_CHECKING:
    from ml_test.gate.evidence import Evidence
    from tests.unit.ml_test.conftest import TestRows


SERVED = {"endpoint": "prod", "model_package_arn": "arn:aws:sagemaker:us-east-1:123456789012:model-package/car/1"}


def made(
    rows: TestRows, answers: list[str], rival: list[str] | None = None, missing: str = "", **origin: Any
) -> dict[str, Any]:
    """The document; ``rival`` are a champion's answers, ``missing`` says why it has none."""
    evidence = replace(rows.evidence(answers, champion=rival), champion_missing=missing)
    return made_of(evidence, champion=SERVED if rival else None, **origin)


def made_of(evidence: Evidence, **origin: Any) -> dict[str, Any]:
    """The document on it; without a champion, unless ``origin`` names one."""
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
    """Report and page hold no clock and no chance, resampled intervals included."""
    one, two = (made(rows, rows.with_mistakes(3), rival=rows.with_mistakes(5)) for _ in range(2))
    assert json.dumps(one) == json.dumps(two)
    assert report.html(one) == report.html(json.loads(json.dumps(two)))


def test_every_mistake_is_named(rows: TestRows) -> None:
    """Each mistake has row, truth and answer; answers that are no label are listed by themselves, too."""
    answers = rows.with_mistakes(3)
    answers[-1] = "error 400: no"
    document = made(rows, answers)
    assert len(document["answered"]["wrong"]) == 4
    assert document["answered"]["wrong"][-1] == {
        "request": rows.requests[-1],
        "expected": rows.truth[-1],
        "answer": "error 400: no",
    }
    assert document["unusable_answers"] == ["error 400: no"]


def test_page_escapes_what_it_shows(rows: TestRows) -> None:
    """An answer, an endpoint's name or a commit can carry no markup into the page."""
    attack = "<script>alert(1)</script>'\"&"
    page = report.html(made(rows, [attack, *rows.truth[1:]], commit=attack, endpoint=attack))
    assert "<script" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;&#x27;&quot;&amp;") >= 3


def test_page_stands_alone(rows: TestRows) -> None:
    """The page loads nothing, runs nothing, fits a phone, and knows dark mode and paper."""
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


def test_page_tells_a_person_what_to_look_at(rows: TestRows) -> None:
    """The page of a HOLD begins with what to look at; other verdicts ask for nothing."""
    held = report.html(made(rows, rows.with_mistakes(9)))
    assert held.index("What a person should look at") < held.index("Against the baseline")
    assert "A person decides, in stage Approve" in held
    assert "What a person should look at" not in report.html(made(rows, rows.with_mistakes(30)))


def test_page_shows_the_difference_to_the_champion(rows: TestRows) -> None:
    """The page has both figures, who was compared, the differing rows, the groups and both latencies."""
    page = report.html(made(rows, rows.with_mistakes(1), rival=rows.with_mistakes(3)))
    assert (
        "<h2>Against the champion</h2><p>On the same 289 test rows: accuracy <b>99.7 %</b> against <b>99.0 %</b>"
        in page
    )
    assert SERVED["model_package_arn"] in page
    assert "<summary>2 rows on which the models decide differently</summary>" in page
    assert "Accuracy is the share of test rows that are answered right." in page
    assert "buying vhigh" in page
    assert "Champion: p50 3.0 ms" in page


def test_page_says_why_nothing_was_compared(rows: TestRows) -> None:
    """A first release, and a champion that is gone, are two things."""
    first, gone = made(rows, rows.truth), made(rows, rows.truth, missing="prod is Failed")
    assert "Nothing serves in PROD yet" in report.html(first)
    page = report.html(gone)
    assert "The champion cannot be asked: prod is Failed" in page
    assert "Nothing serves in PROD yet" not in page


def test_page_shows_verdict_and_figures(rows: TestRows) -> None:
    """The verdict, its reason, the matrix and the drawings are there."""
    document = made(rows, rows.with_mistakes(20))
    page = report.html(document)
    assert "car_evaluation: REJECT" in page
    assert "accuracy 0.9308" in page
    assert page.count("<svg") == 4
    assert "<summary>20 wrong answers</summary>" in page


def test_long_names_take_two_lines() -> None:
    """A name of more than two lines is cut, and the row's title has the whole of it."""
    estimate = Estimate(value=0.7, low=0.6, high=0.8, rows=100)
    long = "accuracy at the threshold 0.167 of a very particular kind of customer"
    drawn = interval_charts([("accuracy at the threshold 0.167", estimate, None, "passed"), (long, estimate, 0.5, "")])
    names = re.findall(r"<text x='0' y='[\d.]+'>(.*?)</text>", drawn)
    assert names == ["accuracy at the", "threshold 0.167", "accuracy at the", "threshold 0.167 of…"]
    assert f"<title>{long}</title>" in drawn


def test_the_page_names_what_was_judged(rows: TestRows) -> None:
    """Each object is there with its version and hash, and each image with its digest."""
    judged = {"address": "s3://data/models/m.tar.gz", "version_id": "v<1>", "sha256": "abc"}
    page = report.html(made(rows, rows.truth, objects=[judged], images=["repository@sha256:1"]))
    assert "s3://data/models/m.tar.gz, version v&lt;1&gt;, SHA-256 abc" in page
    assert "<dd>repository@sha256:1</dd>" in page


def test_the_page_says_what_the_data_stand_in_for(rows: TestRows) -> None:
    """The data set's name stands below the title; the report of an earlier release has none."""
    page = report.html(made(rows, rows.truth, data="Abstracts (stand-in for <comments>)"))
    assert "<p>Data: Abstracts (stand-in for &lt;comments&gt;)</p>" in page
    assert "<p>Data: " not in report.html(made(rows, rows.truth))


def test_the_page_begins_with_the_release(rows: TestRows) -> None:
    """Below the title stand version, commit, time, the champion's version and the report by which it passed."""
    champion = rows.with_mistakes(5)
    told = {"judged_at": "2026-11-27 20:53:31 UTC", "champion_report": "s3://data/gate/e0/gate.html"}
    page = report.html(made(rows, rows.with_mistakes(3), rival=champion, commit="0123456789abcdef", **told))
    assert (
        "PROMOTE</h1><p class='meaning'>Version 1 of commit 0123456789, judged 2026-11-27 20:53:31 UTC. "
        "The champion is version 1, released by s3://data/gate/e0/gate.html.</p>"
    ) in page
    first = report.html(made(rows, rows.truth))
    assert "<p class='meaning'>Version 1 of commit 0123abc.</p>" in first


def test_the_axis_of_a_difference_has_numbers() -> None:
    """Round numbers stand on both sides of zero, in percentage points where the metric is a share."""
    gain = {"value": 0.01, "low": -0.02, "high": 0.031}
    drawn = gain_chart([("accuracy", gain, "passed")], 0.03, label="Difference", points=True)
    assert re.findall(r">([^<>]*)</text>", drawn) == ["equal", "-2.5", "+2.5 points", "← worse", "better →", "accuracy"]
    wide = gain_chart([("log loss", {"value": -1.0, "low": -14.0, "high": 3.0}, "held")], 0.1, label="Difference")
    assert re.findall(r">([-+][^<>]*)</text>", wide) == ["-10", "+10"]


def test_the_report_links_to_what_it_names(rows: TestRows) -> None:
    """Commit, execution and the champion's report have their pages; anything but a page on the web stays text."""
    pages = {
        "commit": "https://github.com/me/cars/commit/0123abc",
        "pipeline_execution": "https://console/executions/e1?a=1&b='2'",
        "champion_report": "javascript:alert(1)",
    }
    page = report.html(made(rows, rows.truth, rival=rows.truth, links=pages, champion_report="s3://data/gate.html"))
    assert page.count("<a href='https://github.com/me/cars/commit/0123abc'>0123abc</a>") == 2
    assert "<a href='https://console/executions/e1?a=1&amp;b=&#x27;2&#x27;'>e1</a>" in page
    assert "released by s3://data/gate.html." in page
    assert "javascript:" not in page
