"""What the push proposes: its rules and its data contract, read from the commit as data. Nothing of it is run."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from handover.names import Artifact
from ml_init.dataset import Dataset
from ml_steps.artifacts import read_input
from ml_steps.running import StepError
from ml_test.gate.rules import Rules

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def rules(workload: str) -> Rules:
    """The commit's gate.toml. StepError if it is missing or wrong."""
    return _read(f"ml_test/{workload}/gate.toml", Rules.parse)


def contract(workload: str) -> Dataset:
    """The commit's dataset.toml. StepError if it is missing or wrong."""
    return _read(f"ml_init/{workload}/dataset.toml", Dataset.parse)


def _read(file: str, parse: Callable[[str], T]) -> T:
    try:
        return parse(read_input(Artifact.SOURCE, file))
    except (ValueError, RecursionError) as error:
        raise StepError(f"{file} of the commit: {error}") from error
