"""What the gate of credit_default makes of requests and answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ml_init.dataset import Dataset
from ml_test.credit_default import evaluate
from ml_test.credit_default.evaluate import GATE, Asked, document, evidence_of, gather, slices
from ml_test.endpoint import Answer
from ml_test.gate import report
from ml_test.gate.binary import BinaryFloors, decide_binary
from ml_test.gate_step import Settings

DATASET = Dataset.read(Path(__file__).parents[3] / "ml_init" / "credit_default" / "dataset.toml")
FEATURES = [column.name for column in DATASET.features]
SMOKE = GATE["smoke"]["requests"]
DATA: dict[str, Any] = {
    "test": "s3://data/features/1/test/",
    "labels": ["0", "1"],
    "features": FEATURES,
    "label_counts": {"train": {"0": 78, "1": 22}},
    "data_sha256": "023e",
}


class Runtime:
    """An endpoint that answers half of a request's age, over 100."""

    class exceptions:  # noqa: N801  (as boto3 has it)
        ModelError = KeyError

    def invoke_endpoint(self, *, Body: bytes, **_: Any) -> dict[str, Any]:
        self.body = Body
        age = int(Body.split(b",")[FEATURES.index("age")])
        return {"Body": Content(f"{age / 200}\n".encode())}


class Content:
    def __init__(self, content: bytes) -> None:
        self.content = content

    def read(self) -> bytes:
        return self.content


def request(*, age: int = 30, sex: int = 1) -> str:
    values = SMOKE[0].split(",")
    values[FEATURES.index("age")], values[FEATURES.index("sex")] = str(age), str(sex)
    return ",".join(values)


def asked(rows: int) -> Asked:
    generator = np.random.default_rng(0)
    scores = generator.beta(0.8, 2.4, rows)
    return Asked(
        requests=[request(age=20 + place % 50, sex=1 + place % 2) for place in range(rows)],
        truth=[str(int(value)) for value in generator.random(rows) < scores],
        answers=[str(score) for score in scores],
        milliseconds=[3.0] * 10,
    )


def test_slices_are_what_gate_toml_says() -> None:
    """Each row stands in one slice of each feature; bands hold their lower bound."""
    masks = slices([request(age=29, sex=1), request(age=30, sex=2), request(age=75, sex=2)], FEATURES)
    assert masks["men"].tolist() == [True, False, False]
    assert masks["age 18 to 29"].tolist() == [True, False, False]
    assert masks["age 30 to 39"].tolist() == [False, True, False]
    assert masks["age from 60"].tolist() == [False, False, True]
    for feature in ("sex", "education", "age"):
        values = {entry["feature"]: entry for entry in GATE["slices"]}[feature].get("values", {})
        of_feature = [mask for name, mask in masks.items() if name in values.values() or name.startswith(feature)]
        assert np.sum(of_feature, axis=0).tolist() == [1, 1, 1]


def test_slices_smoke_and_floors_fit_the_data() -> None:
    """Values and names that the data set has; smoke requests that keep its contract."""
    columns = {column.name: column for column in DATASET.features}
    for entry in GATE["slices"]:
        column = columns[entry["feature"]]
        for value in (*entry.get("values", {}), *map(str, entry.get("bounds", []))):
            assert column.fault(value) is None
    for row in SMOKE:
        pairs = zip(DATASET.features, row.split(","), strict=True)
        assert [fault for column, value in pairs if (fault := column.fault(value))] == []
    BinaryFloors(**GATE["floors"], **GATE["ceilings"])


def test_every_row_is_asked_and_answers_stay_in_order(monkeypatch: Any) -> None:
    """Over several connections too; latency is that of the rows asked one at a time."""
    lines = [f"{request(age=20 + place % 50)},{place % 2}" for place in range(200)]
    monkeypatch.setattr(evaluate, "read_lines", lambda *_: lines)
    monkeypatch.setitem(GATE, "load", {"one_at_a_time": 20, "connections": 4})
    found = gather(None, Runtime(), "qa", DATA)
    assert found.answers == [str((20 + place % 50) / 200) for place in range(200)]
    assert found.truth == [str(place % 2) for place in range(200)]
    assert len(found.milliseconds) == 20


def test_the_report_holds_figures_slices_and_calibration() -> None:
    """The same document twice is the same; the page is drawn of it."""
    rows = asked(4000)
    evidence = evidence_of(rows, DATA)
    decision = decide_binary(evidence, BinaryFloors(**{**GATE["floors"], **GATE["ceilings"], "log_loss": 0.6}))
    settings = Settings(
        workload="credit_default",
        bucket="b",
        commit="c",
        execution="e",
        endpoint="qa",
        stack="s",
        package_arn="arn",
        signing_key_arn="key",
        approval=False,
    )
    smoke = [Answer(text="0.5", milliseconds=1.0)] * len(SMOKE)
    made = document(decision, evidence, rows, smoke, DATA, settings)
    assert made == document(decision, evidence, rows, smoke, DATA, settings)
    assert made["verdict"] == "PROMOTE"
    assert made["rows"] == sum(map(sum, made["confusion"])) == 4000
    assert made["smoke"] == [{"request": request, "answer": "0.5"} for request in SMOKE]
    assert len(made["calibration"]) == 10
    page = report.html(made)
    assert "AUC of women" in page
    assert "at the threshold 0.167" in page
