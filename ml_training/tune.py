"""Tunes a workload once, as the training step would, and registers nothing: what ``make tune`` runs.

It reads the step's variables and ``data.json``, prints the trials, and writes the report to ``reports/``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import boto3

from handover.data import DATA_FILE, Data
from handover.names import Artifact
from handover.step_variables import TrainVariables
from ml_steps.artifacts import read_input
from ml_steps.running import run, say, timed
from ml_training.train import training_job, tuning_of
from ml_training.training import Training
from ml_training.tuning_job import tune
from ml_training.tuning_report import page, table_lines

if TYPE_CHECKING:
    from collections.abc import Mapping

REPORTS = Path("reports")


def main() -> None:
    variables = TrainVariables.read()
    data = Data.parse(read_input(Artifact.DATA, DATA_FILE))
    training = Training.of_workload(variables.workload, data.features)
    tuning = tuning_of(training, variables.workload)
    session = boto3.Session()
    job = training_job(
        training, data, variables, training.algorithm.image(session.region_name, training.job.instance_type)
    )
    with timed("tuned"):
        tuned = tune(job, tuning, training.objective, session)
    for line in table_lines(tuned):
        say(f"  {line}")
    say(f"\nThe best values, for ml_training/{variables.workload}/training.toml:\n\n[hyperparameters]")
    for line in settings_lines(tuned.values):
        say(line)
    REPORTS.mkdir(exist_ok=True)
    report = REPORTS / f"tuning-{variables.workload}.html"
    report.write_text(page(tuned, variables.workload))
    say(f"\nReport: {report.resolve()}\nNothing was registered or released.")


def settings_lines(values: Mapping[str, str]) -> list[str]:
    """The values as lines of TOML: numbers as numbers, everything else as text."""
    return [f"{name} = {_literal(text)}" for name, text in sorted(values.items())]


def _literal(text: str) -> str:
    try:
        return f"{float(text):.4g}" if "." in text or "e" in text else str(int(text))
    except ValueError:
        return json.dumps(text)


if __name__ == "__main__":
    run(main)
