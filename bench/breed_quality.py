"""How good the models of dog_breeds are, by the gate's own measures: the script as it is, with several seeds.

    python -m bench.breed_quality [--test] [hyperparameter=value …]

Without ``--test``, on the validation rows: hyperparameters are chosen there. The script runs in the environment of the
image ``pytorch`` (5.5 GB once); each seed takes about 20 seconds of one core.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench import PROJECT
from handover.data import TEST, VALIDATION
from ml_init.contract import check_file
from ml_init.dataset import Dataset
from ml_init.table import split_rows
from ml_test.gate.answers.classes import ClassAnswers, Classes
from ml_test.gate.metrics.accuracy import Accuracy
from ml_test.gate.metrics.class_log_loss import ClassLogLoss
from ml_test.gate.metrics.confidence_error import ConfidenceError
from ml_test.gate.metrics.macro_f1 import MacroF1
from ml_test.gate.metrics.top_5 import TopFive
from scripts import train_here

WORKLOAD = "dog_breeds"
SEEDS = (0, 1, 2)
#: Top-1 with the frozen backbone.
TARGET = 0.86
FOLDER = PROJECT / "ml_init" / WORKLOAD


def main(arguments: list[str]) -> int:
    split = TEST if "--test" in arguments else VALIDATION
    given = dict(each.split("=", 1) for each in arguments if "=" in each)
    python = train_here.python_of_image(WORKLOAD)
    dataset = Dataset.read(FOLDER / "dataset.toml")
    rows = split_rows(check_file(FOLDER / dataset.file.name, dataset).rows, dataset)[split]
    runs = []
    for seed in SEEDS:
        answers = answers_of(python, [row[0] for row in rows], {**given, "seed": seed})
        found = Classes().read(answers, [row[-1] for row in rows], dataset.labels)
        runs.append({"seed": float(seed), **figures(found)})
    return report(runs, split)


def answers_of(python: Path, pictures: list[str], changes: dict[str, object]) -> list[str]:
    """Trains with some hyperparameters changed, and asks the model for each picture."""
    training, source, features, rows = train_here.plan(WORKLOAD)
    hyperparameters = training.hyperparameters_for(features) | changes
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        train_here.trained(root, source, python, hyperparameters, rows | train_here.weights(WORKLOAD))
        command = [python, PROJECT / "bench" / "backbone" / "answers.py", root / "model"]
        said = subprocess.run(command, input=json.dumps(pictures), check=True, stdout=subprocess.PIPE, text=True).stdout
    return said.splitlines()


def figures(found: ClassAnswers) -> dict[str, float]:
    error = ConfidenceError().figures(found, seed=1)["confidence error"].value
    measures: dict[str, Any] = {
        "top-1": Accuracy(),
        "top-5": TopFive(),
        "macro-F1": MacroF1(),
        "log loss": ClassLogLoss(),
    }
    return {name: measure.value(found) for name, measure in measures.items()} | {"confidence error": error}


def report(runs: list[dict[str, float]], split: str) -> int:
    """Prints a table of the seeds; returns 1 if the mean misses the target."""
    names = [name for name in runs[0] if name != "seed"]
    print(f"\n{split} rows\n\n| seed | {' | '.join(names)} |\n|{'---|' * (len(names) + 1)}")
    for run in runs:
        print(f"| {run['seed']:.0f} | {' | '.join(f'{run[name]:.4f}' for name in names)} |")
    mean = statistics.fmean(run["top-1"] for run in runs)
    print(f"\ntop-1 {mean:.4f}, target {TARGET}")
    return int(mean < TARGET)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
