from __future__ import annotations

from pathlib import Path

import pytest

from ml_init.dataset import Dataset

WORKLOAD = Path(__file__).parents[3] / "ml_init" / "car_evaluation"


@pytest.fixture(scope="session")
def dataset() -> Dataset:
    """The data set of car_evaluation, as shipped."""
    return Dataset.read(WORKLOAD / "dataset.toml")


@pytest.fixture(scope="session")
def lines() -> list[str]:
    """The rows of the shipped data file."""
    return (WORKLOAD / "car.data").read_text().splitlines()
