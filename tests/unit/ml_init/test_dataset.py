"""dataset.toml of car_evaluation, held against the shipped file."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

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
