"""How good the training of car_evaluation is as shipped: 20 splits under salts that the pipeline does not use.

    python bench/training_quality.py

Each split is made by the pipeline's own rule, trained with training.toml's hyperparameters and early stopping on its
validation rows, and measured on its test rows. Hyperparameters are chosen by the validation columns alone; the test
columns are what that choice turned out to be worth. XGBoost runs in the environment of the local cloud's image.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

PROJECT = Path(__file__).parents[1]
sys.path.insert(0, str(PROJECT))

from ml_init.dataset import Dataset  # noqa: E402  (the project is no installed package)
from ml_init.split import SPLITS, split_of  # noqa: E402

if TYPE_CHECKING:
    from numpy.typing import NDArray

WORKLOAD = "car_evaluation"
SALTS = 20
ACCURACY_TARGET, MACRO_F1_TARGET = 0.985, 0.965

Figures = dict[str, tuple[float, float]]


def main() -> int:
    if "--in-environment" not in sys.argv:
        return in_environment()
    dataset = Dataset.read(PROJECT / "ml_init" / WORKLOAD / "dataset.toml")
    lines = (PROJECT / "ml_init" / WORKLOAD / dataset.file.name).read_text().splitlines()
    rows = [line.split(",") for line in lines]
    training = tomllib.loads((PROJECT / "ml_training" / WORKLOAD / "training.toml").read_text())
    print(f"{os.cpu_count()} cores · {training['hyperparameters']}\n")
    print("| salt | rounds | validation accuracy | macro-F1 | test accuracy | macro-F1 |\n|---|---|---|---|---|---|")
    results = []
    for number in range(SALTS):
        salt = f"gatehouse-{number}"
        figures, rounds = trained(dataset, rows, salt, training["hyperparameters"])
        results.append(figures)
        print(f"| {salt} | {rounds} | {' | '.join(f'{value:.4f}' for part in figures.values() for value in part)} |")
    return summary(results)


def in_environment() -> int:
    from localcloud.environments import Environments
    from localcloud.settings import Settings

    lock = PROJECT / "localcloud" / "images" / "sagemaker_xgboost" / "requirements.lock"
    python = Environments(Settings.cache_folder(), say=print).python(lock).python
    return subprocess.run([python, __file__, "--in-environment"], check=False).returncode


def trained(dataset: Dataset, rows: list[list[str]], salt: str, hyperparameters: dict[str, Any]) -> tuple[Figures, int]:
    """(accuracy, macro-F1) on validation and on test rows, and the best number of rounds."""
    import xgboost

    from ml_test.gate.metrics import accuracy, confusion_matrix, macro_f1

    parameters = dict(hyperparameters)
    rounds, patience = parameters.pop("num_round"), parameters.pop("early_stopping_rounds")
    parameters["eval_metric"] = parameters["eval_metric"].split(",")
    parts = {name: matrix(dataset, rows, salt, name) for name in SPLITS}
    data = {name: xgboost.DMatrix(features, labels) for name, (features, labels) in parts.items()}
    booster = xgboost.train(
        {**parameters, "num_class": len(dataset.label.categories)},
        data["train"],
        rounds,
        evals=[(data["train"], "train"), (data["validation"], "validation")],
        callbacks=[xgboost.callback.EarlyStopping(rounds=patience, data_name="validation", save_best=True)],
        verbose_eval=False,
    )
    names = dataset.label.categories
    figures = {}
    for name in ("validation", "test"):
        answers = [names[int(index)] for index in booster.predict(data[name])]
        counted = confusion_matrix([names[int(index)] for index in parts[name][1]], answers, names)
        figures[name] = (float(accuracy(counted)), float(macro_f1(counted)))
    return figures, booster.num_boosted_rounds()


def matrix(dataset: Dataset, rows: list[list[str]], salt: str, name: str) -> tuple[NDArray[Any], NDArray[Any]]:
    """The split's rows as XGBoost gets them: each category's rank, shape (rows, features), and the label's, (rows,)."""
    import numpy as np

    ranks = np.array(
        [
            [column.categories.index(value) for column, value in zip(dataset.columns, row, strict=True)]
            for row in rows
            if split_of(row[:-1], salt, dataset.shares) == name
        ],
        dtype=float,
    )
    return ranks[:, :-1], ranks[:, -1]


def summary(results: list[Figures]) -> int:
    """Print mean ± standard deviation; 1 where the test figures miss their targets."""
    means = {}
    for name in ("validation", "test"):
        for place, figure in enumerate(("accuracy", "macro-F1")):
            values = [result[name][place] for result in results]
            means[name, figure] = statistics.mean(values)
            print(f"{name} {figure}: {statistics.mean(values):.4f} ± {statistics.stdev(values):.4f}")
    met = means["test", "accuracy"] >= ACCURACY_TARGET and means["test", "macro-F1"] >= MACRO_F1_TARGET
    print(f"targets: accuracy {ACCURACY_TARGET}, macro-F1 {MACRO_F1_TARGET}: {'met' if met else 'MISSED'}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
