"""dataset.toml of car_evaluation, held against the shipped file."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from ml_init.columns import Decimals, Integers
from ml_init.dataset import Dataset

WORKLOAD = Path(__file__).parents[3] / "ml_init" / "car_evaluation"


def test_shipped_copy_is_the_original(dataset: Dataset) -> None:
    """The shipped copy has the checksum of dataset.toml, and is the first source."""
    assert hashlib.sha256((WORKLOAD / "car.data").read_bytes()).hexdigest() == dataset.file.sha256
    assert dataset.file.sources[0] == "car.data"


def test_every_category_occurs(dataset: Dataset, lines: list[str]) -> None:
    """The contract names the categories that the data has, no more and no fewer."""
    rows = [line.split(",") for line in lines]
    for place, column in enumerate(dataset.columns):
        assert {row[place] for row in rows} == set(column.categories)


def test_licence_and_source_are_shipped_with_the_data() -> None:
    """The attribution names author, licence and source, as CC BY asks."""
    text = (WORKLOAD / "ATTRIBUTION.md").read_text()
    for needed in ("Bohanec", "Creative Commons Attribution 4.0", "10.24432/C5JP48"):
        assert needed in text


def test_shares_must_leave_test_rows() -> None:
    """Shares that leave no test rows are refused."""
    text = (WORKLOAD / "dataset.toml").read_text().replace("validation_share = 0.15", "validation_share = 0.30")
    with pytest.raises(ValueError, match=r"train_share 0\.7 and validation_share 0\.3 leave no test rows"):
        Dataset.parse(text)


@pytest.mark.parametrize(
    ("written", "canonical"),
    [("1.50", "1.5"), ("1.5e0", "1.5"), (".5", "0.5"), ("2", "2.0"), ("-0", "0.0"), ("0.1000000000000000055", "0.1")],
)
def test_a_decimal_number_is_written_in_one_way(written: str, canonical: str) -> None:
    """Equal numbers are equal text, whoever wrote the file."""
    column = Decimals(name="amount", low=-1.0, high=2.0)
    assert column.fault(written) is None
    assert column.canonical(written) == canonical


@pytest.mark.parametrize(
    "written", ["1_0", "\uff11", "\u0661", "nan", "inf", "1e999", "", " 1", "1 ", "0x1", "1,5", "+-1"]
)
@pytest.mark.parametrize("column", [Decimals(name="a", low=-9.0, high=99.0), Integers(name="a", low=-9, high=99)])
def test_what_python_would_take_for_a_number_is_none_here(column: Decimals | Integers, written: str) -> None:
    """A number has digits, a point and an exponent; nothing else is read as one."""
    fault = column.fault(written)
    assert fault is not None
    assert fault.startswith(f"a is {written!r}, expected a")


@pytest.mark.parametrize(
    ("found", "written", "message"),
    [
        (
            "bad_share_allowed = 0.0",
            "bad_share = 0.0",
            "[rows] bad_share = 0.0 is not known here; allowed are bad_shar",
        ),
        ("bad_share_allowed = 0.0", 'bad_share_allowed = "0"', "[rows] bad_share_allowed = '0': expected a number"),
        ("bad_share_allowed = 0.0", "", "[rows] must have bad_share_allowed"),
        (
            'licence = "CC BY',
            'license = "CC BY',
            "license = 'CC BY 4.0, doi:10.24432/C5JP48 (see ATTRIBUTION.md)' is n",
        ),
        ('name = "car_evaluation"', "", "[the file] must have name"),
        ("max_bytes = 1_000_000", "max_bytes = 1e6", "[file] max_bytes = 1000000.0: expected a whole number"),
        (
            'name = "buying"\n',
            'name = "buying"\nlow = 1\n',
            "[features] low = 1 is not known here; allowed are name, c",
        ),
        ('categories = ["2", "4", "more"]', "low = 2", "[features] must have high"),
        ('categories = ["2", "4", "more"]', "categories = [2]", "[features] categories = 2: expected a text"),
        (
            "[label]",
            "[labels]",
            "labels = {'name': 'acceptability', 'categories': ['unacc', 'acc', 'good', 'vgood'], ",
        ),
        (
            "[[features]]",
            "[[feature]]",
            "feature = [{'name': 'buying', 'categories': ['low', 'med', 'high', 'vhigh'], ",
        ),
    ],
)
def test_dataset_toml_is_read_strictly(found: str, written: str, message: str) -> None:
    """A key, a type or a value that cannot be is refused with what stands there, and what is allowed."""
    text = (WORKLOAD / "dataset.toml").read_text()
    assert found in text
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        Dataset.parse(text.replace(found, written))


def test_bounds_say_whether_a_column_has_whole_numbers(dataset: Dataset) -> None:
    """Bounds with a point take decimals; whole bounds take whole numbers alone."""
    text = (WORKLOAD / "dataset.toml").read_text()
    persons = 'name = "persons"\ncategories = ["2", "4", "more"]'
    assert persons in text
    whole, decimal = (
        Dataset.parse(text.replace(persons, f'name = "persons"\nlow = {low}\nhigh = {high}')).features[3]
        for low, high in (("2", "9"), ("2.0", "9"))
    )
    assert (type(whole), type(decimal)) == (Integers, Decimals)
    assert whole.fault("2.5") == "persons is '2.5', expected a whole number"
    assert decimal.fault("2.5") is None
    assert decimal.fault("9.5") == "persons is '9.5', expected 2.0 to 9"
    assert type(dataset.features[3]) is not Integers
