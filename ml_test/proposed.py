"""What the push proposes: its rules and its data contract, read from the commit as data. Nothing of it is run."""

from __future__ import annotations

from handover.datasets import files_of, rules_of
from handover.errors import FileFault
from handover.names import Artifact
from ml_init.dataset import Dataset
from ml_steps.artifacts import read_input, read_input_if_there
from ml_steps.running import StepError
from ml_test.gate.rules import Rules


def rules(workload: str, chosen: str | None = None) -> Rules:
    """The commit's gate.toml, with the chosen data set's own rules. StepError if it is missing or wrong."""
    own, *others = rules_of(workload, chosen)
    found = {own: read_input(Artifact.SOURCE, own)}
    found |= {file: text for file in others if (text := read_input_if_there(Artifact.SOURCE, file)) is not None}
    try:
        return Rules.of_files(workload, chosen, found.get)
    except FileFault as fault:
        raise StepError(f"The commit's {fault}") from fault
    except (ValueError, RecursionError) as error:
        raise StepError(f"{' and '.join(found)} of the commit: {error}") from error


def contract(workload: str, chosen: str | None = None) -> Dataset:
    """The commit's dataset.toml, with the chosen data set's file. StepError if one is missing or wrong."""
    try:
        return Dataset.of_files(workload, chosen, lambda file: read_input(Artifact.SOURCE, file))
    except FileFault as fault:
        raise StepError(f"The commit's {fault}") from fault
    except (ValueError, RecursionError) as error:
        raise StepError(f"{' and '.join(files_of(workload, chosen))} of the commit: {error}") from error
