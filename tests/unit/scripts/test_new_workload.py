"""What `make new-workload` takes a file for, and what it writes."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from ml_init.dataset import Dataset
from ml_test.gate.rules import Rules
from scripts.new_workload import csv_file, power
from scripts.new_workload.columns import proposed
from scripts.new_workload.label import label_of
from scripts.new_workload.proposal import LATENCY, Proposal, gate_text, proposal
from scripts.new_workload.registry import with_entry
from scripts.reads.errors import NotThereError
from tests.clouds import PROJECT

WORKLOADS = PROJECT / "tests" / "e2e" / "workloads"
REGISTRY = PROJECT / "stacks" / "workloads.py"


def proposal_of(path: Path, label: str = "") -> Proposal:
    return proposal("mine", csv_file.read(str(path)), label=label, licence="", lent={"latency": LATENCY})


def mixed(folder: Path) -> Path:
    """200 flats with everything that a table may have."""
    lines = ["No,Rooms,Area (m²),Built,Heating,Garden,City,Note,Sold"]
    for n in range(1, 201):
        area = "NA" if n % 10 == 0 else f"{30 + n % 90}.5"
        heating = ("gas", "oil", "?")[n % 3]
        built, sold = f"{1 + n % 28:02}.03.2019", "late" if n % 3 else "soon"
        lines.append(f"{n},{1 + n % 5},{area},{built},{heating},{n % 2},Bern,note {n},{sold}")
    path = folder / "flats.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_table_with_everything_becomes_a_contract(tmp_path: Path) -> None:
    """Decimals, dates, missing values, texts as numbers; what tells nothing is left out, and every row keeps it."""
    found = proposal_of(mixed(tmp_path))
    document = tomllib.loads(found.contract)
    assert document["rows"]["identifier"] == "no"
    assert document["file"]["columns"] == [
        "no",
        "rooms",
        "area_m",
        "built",
        "heating",
        "garden",
        "city",
        "note",
        "sold",
    ]
    assert document["features"] == [
        {"name": "rooms", "low": 0, "high": 7},
        {"name": "area_m", "low": 0.0, "high": 200.0, "missing": ["NA"]},
        {"name": "built", "dates": "%d.%m.%Y", "earliest": "01.01.2009", "latest": "01.01.2039"},
        {
            "name": "heating",
            "categories": ["", "0", "1"],
            "grouped": {"gas": "0", "oil": "1", "?": ""},
            "meanings": {"0": "gas", "1": "oil"},
        },
        {"name": "garden", "low": 0, "high": 1},
    ]
    assert document["label"] == {"name": "sold", "categories": ["late", "soon"]}
    assert sum(len(part) for part in found.parts.values()) == 200
    assert not found.can_have_a_door


def test_its_files_are_read_by_the_steps(tmp_path: Path) -> None:
    """The gate reads rules whose requests have as many values as the contract; the event is the rarer label."""
    found = proposal_of(mixed(tmp_path))
    rules = Rules.parse(gate_text(found))
    assert rules.answers.name == "probability"
    assert found.label.rarest == "soon"
    assert [found.dataset.width_fault(row) for row in rules.smoke.requests] == [None, None]
    assert Dataset.parse(found.contract).document() == found.dataset.document()


def test_three_labels_that_are_numbers_are_classes() -> None:
    """Scikit-learn's file begins with a line that names no columns; each split has every label."""
    found = proposal_of(WORKLOADS / "wine.csv")
    assert found.file.header == "178,13,class_0,class_1,class_2"
    assert found.dataset.labels == ("0", "1", "2")
    assert Rules.parse(gate_text(found)).answers.name == "classes"
    assert all(all(found.counts(part).values()) for part in found.parts)


def test_a_margin_is_one_that_the_test_rows_support() -> None:
    """An equal model is promoted in four of five cases, and an unchanged one always: fewer rows need a wider margin."""
    labels = ("a", "b")
    margins = [power.accuracy_margin(["a", "b"] * (rows // 2), labels) for rows in (50, 500, 5000)]
    assert margins == sorted(margins, reverse=True)
    assert margins[1] >= power.accuracy_detected(500) > margins[2]
    areas = [power.auc_margin(["a", "b"] * (rows // 2), "a", labels) for rows in (60, 600)]
    assert areas[0] > areas[1] >= power.auc_detected(600, 0.5)


@pytest.mark.parametrize(
    ("values", "said", "table"),
    [
        (["1.5", "-3", "2e1"], "numbers, -3 to 20", {"low": -20.0, "high": 40.0}),
        (["20260101", "20261231", "20250615"], "dates as %Y%m%d", {"dates": "%Y%m%d"}),
        (["20260101", "20261331", "20250615"], "whole numbers", {"low": 0}),
        (["x", "x", "x"], "left out: every row has 'x'", None),
        (["3", "2", "1"], "whole numbers, 1 to 3", {"low": 0, "high": 4}),
        (["1", "2", "3"], "numbers the rows, and is no feature", None),
        ([f"text {n}" for n in range(60)], "left out: text with 60 different values", None),
    ],
)
def test_a_column_is_taken_for_what_its_values_say(values: list[str], said: str, table: dict[str, Any] | None) -> None:
    """The sentence says why, so that a person can object."""
    found = proposed("it", values)
    assert found.said.startswith(said)
    assert (found.table is None) is (table is None)
    assert dict(found.table or {}).items() >= (table or {}).items()


@pytest.mark.parametrize(
    ("content", "delimiter", "quoted", "names"),
    [
        ("a;b\n1,5;x\n2,5;y\n", ";", False, ("a", "b")),
        ('"a b",c\n"1,0",x\n', ",", True, ("a_b", "c")),
        ("1,2,0\n3,4,1\n", ",", False, ("column_1", "column_2", "column_3")),
        ("sepalLength,2nd,SEPAL length\n1,2,3\n", ",", False, ("sepal_length", "column_2nd", "sepal_length_3")),
    ],
)
def test_a_file_says_how_it_is_written(
    tmp_path: Path, content: str, delimiter: str, quoted: bool, names: tuple[str, ...]
) -> None:
    """Delimiter, quotes and header are seen; names fit a catalog and an API."""
    path = tmp_path / "rows.csv"
    path.write_text(content)
    found = csv_file.read(str(path))
    assert (found.delimiter, found.quoted, found.names) == (delimiter, quoted, names)


@pytest.mark.parametrize(
    ("content", "label", "message"),
    [
        ("a,b\n1,2\n3\n4,5\n", "", "rows.csv:3 has 1 values, and most lines have 2"),
        ("a,b\n", "", "has 1 lines: there is nothing to learn from"),
        ("a\n1\n2\n", "", "has one column"),
        (
            "a,b\n" + "".join(f"{n},{n}.5\n" for n in range(30)),
            "",
            "is the label? The last one is not: it has 30 different",
        ),
        ("a,b\n" + "1,x\n2,y\n" * 9, "c", "LABEL=c is no column of rows.csv: a, b"),
        ("a,b\n" + "1,x\n2,y\n" * 9 + "1,\n", "b", "LABEL=b: rows without one: 1. Take them out of the file."),
        ("a,b\n" + "1,x\n2,y\n" * 9 + "1,z\n", "b", "LABEL=b: 'z' has 1 rows, and 6 are needed"),
    ],
)
def test_what_no_workload_can_be_made_of_is_refused(tmp_path: Path, content: str, label: str, message: str) -> None:
    """With the file, the line or the column, and what to do."""
    path = tmp_path / "rows.csv"
    path.write_text(content)
    with pytest.raises(NotThereError, match=re.escape(message)):
        label_of(csv_file.read(str(path)), label)


def test_the_registry_gets_one_line() -> None:
    """Behind the others; what the entry names is imported, once, in the order that ruff wants."""
    before = REGISTRY.read_text()
    after = with_entry(before, 'Workload(name="wine", invocation=CSV_CLASSES, doors=(Api(),))', ("CSV_CLASSES", "Api"))
    added = [line for line in after.splitlines() if line not in before.splitlines()]
    assert added == [
        "from handover.invocations import CSV_CLASSES, CSV_ROW, TEXT, ImageFile, OneHotJson, TensorRow",
        '        Workload(name="wine", invocation=CSV_CLASSES, doors=(Api(),)),',
    ]
    assert len(after.splitlines()) == len(before.splitlines()) + 1
    with pytest.raises(ValueError, match="has no tuple of workloads: write the entry by hand"):
        with_entry("WORKLOADS = {}\n", "Workload()", ())
