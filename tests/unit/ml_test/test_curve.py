"""The training curve in the gate's report: shown, escaped, and without any weight."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from handover.training_curve import MOST_BYTES, Series, TrainingCurve
from ml_test.curve import find
from ml_test.gate import report
from ml_test.gate.curve import Curve
from tests.unit.ml_test.test_report import made_of

if TYPE_CHECKING:
    from tests.unit.ml_test.conftest import TestRows

KEY = "models/car-evaluation-1/curve.json"
PACKAGE = {
    "InferenceSpecification": {
        "Containers": [
            {"ModelDataUrl": "s3://data/features/1/preprocess/model.tar.gz"},
            {"ModelDataUrl": "s3://data/models/car-evaluation-1/output/model.tar.gz"},
        ]
    }
}
ROUNDS = TrainingCurve(
    metrics=(
        Series(name="train:mlogloss", count=800, values=(1.0, 0.5, 0.1)),
        Series(name="validation:mlogloss", count=800, values=(1.1, 0.7, 0.4)),
        Series(name="validation:merror", count=3, values=(0.2, 0.2, 0.2)),
    )
)


class Body(io.BytesIO):
    """What was read of it."""

    asked = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.asked = size or 0
        return super().read(size)


class S3:
    """A bucket with one object, or with none, or one that may not be read."""

    def __init__(self, content: bytes | None, *, denied: bool = False) -> None:
        self.body, self.there, self.denied = Body(content or b""), content is not None, denied

    def get_paginator(self, _: str) -> S3:
        return self

    def paginate(self, *, Bucket: str, Prefix: str) -> list[dict[str, Any]]:
        assert Bucket == "data"
        entry = {"Key": Prefix, "IsLatest": True, "VersionId": "v1", "LastModified": datetime.now(UTC), "Size": 1}
        return [{"Versions": [entry] if self.there else []}]

    def get_object(self, *, Key: str, VersionId: str, **_: Any) -> dict[str, Any]:
        assert (Key, VersionId) == (KEY, "v1")
        if self.denied:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetObject")
        return {"Body": self.body}


def test_the_curve_lies_beside_the_packages_model() -> None:
    """It is found by the model that is judged, and not by what the package says of itself."""
    assert find(S3(ROUNDS.json().encode()), "data", PACKAGE) == Curve(found=ROUNDS)


@pytest.mark.parametrize(
    ("s3", "package", "said"),
    [
        (S3(None), PACKAGE, "the training step has left no s3://data/models/car-evaluation-1/curve.json; its log says"),
        (S3(b"", denied=True), PACKAGE, "(AccessDenied)"),
        (S3(b"{}"), PACKAGE, "curve.json: the document has no metrics"),
        (S3(b" " * (MOST_BYTES * 2)), PACKAGE, f"curve.json has more than {MOST_BYTES} bytes"),
        (S3(None), {"InferenceSpecification": {"Containers": []}}, "the package has no model of a training job"),
    ],
)
def test_a_curve_that_is_none_stops_nothing(s3: S3, package: dict[str, Any], said: str) -> None:
    """Why it could not be read is all that is left of it, and no more of an object is read than is allowed."""
    found = find(s3, "data", package)
    assert found.found is None
    assert said in found.unknown
    assert s3.body.asked in (0, MOST_BYTES + 1)


def documents(rows: TestRows, *curves: Curve | None) -> list[dict[str, Any]]:
    evidence = rows.evidence(rows.with_mistakes(3))
    return [made_of(replace(evidence, curve=curve)) for curve in curves]


def test_a_curve_judges_nobody(rows: TestRows) -> None:
    """Nothing else in the report depends on it, whatever it shows and whether it is there at all."""
    found = documents(rows, Curve(found=ROUNDS), Curve(unknown="no JSON"), None)
    parts = [document.pop("curve", None) for document in found]
    assert found[0] == found[1] == found[2]
    assert parts[2] is None
    assert parts[1] == {"metrics": [], "unknown": "no JSON"}
    assert [metric["name"] for metric in parts[0]["metrics"]] == [series.name for series in ROUNDS.metrics]


def test_what_was_measured_has_a_drawing_with_a_line_for_each_channel(rows: TestRows) -> None:
    """The validation rows' line is the strong one; the figures stand in a table for who sees no drawing."""
    (document,) = documents(rows, Curve(found=ROUNDS))
    page = report.html(json.loads(json.dumps(document)))
    section = page[page.index("<h2>How it was trained</h2>") : page.index("<h2>Latency</h2>")]
    assert "Nothing is judged by this" in section
    assert re.findall(r"<svg [^>]*role='img' aria-label='([^']*)'", section) == [
        "Training curve: mlogloss",
        "Training curve: merror",
    ]
    lines = re.findall(r"<polyline class='curve (\w+)' points='([^']*)'><title>([^<]*)</title>", section)
    assert [(kind, name) for kind, _, name in lines] == [
        ("first", "validation:mlogloss"), ("faint", "train:mlogloss"), ("first", "validation:merror")
    ]  # fmt: skip
    assert lines[0][1] == "64.0,4.0 207.0,52.0 350.0,88.0"
    assert lines[1][1] == "64.0,16.0 207.0,76.0 350.0,124.0"
    assert lines[2][1] == "64.0,64.0 207.0,64.0 350.0,64.0", "a value that never changes is a line in the middle"
    assert "<td>train:mlogloss</td><td>800</td><td>1</td><td>0.1</td><td>1</td><td>0.1</td>" in section


def test_a_name_brings_no_markup(rows: TestRows) -> None:
    """A metric is called what its job calls it: the page shows it as text, in drawings, table and labels."""
    name = "<script>alert('x')</script>"
    hostile = TrainingCurve(metrics=(Series(name=f"{name}:{name}", count=2, values=(-1e30, 1e30)),))
    (document, told) = documents(rows, Curve(found=hostile), Curve(unknown=name))
    for page in map(report.html, (document, told)):
        assert "<script" not in page
        assert "alert(&#x27;x&#x27;)" in page
        assert not re.search(r"\b(nan|inf)\b", page[page.index("How it was trained") : page.index("<h2>Latency")])


def test_a_model_without_a_curve_is_said_to_have_none(rows: TestRows) -> None:
    """A job that reported nothing twice, and a curve that nobody can read, are two sentences; a trial here has none."""
    none, unreadable, trial = map(
        report.html, documents(rows, Curve(found=TrainingCurve()), Curve(unknown="curve.json is empty"), None)
    )
    assert "The training job reported no metric more than once, so there is no curve." in none
    assert "The training curve could not be read: curve.json is empty." in unreadable
    assert "How it was trained" not in trial
