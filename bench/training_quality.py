"""How good each workload's training is as shipped, on splits that the pipeline does not use.

    python -m bench.training_quality [car_evaluation] [credit_default]

The pipeline's own rule makes each split, with a salt as if it were one more feature. A model is trained on it with
training.toml's hyperparameters and early stopping on the validation rows, and measured on the test rows. Choose
hyperparameters only by the validation columns; the test columns show what that choice was worth. XGBoost runs in the
environment of the local cloud's image.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import PROJECT
from handover.data import SPLITS
from ml_init.columns import Categories
from ml_init.contract import check_file
from ml_init.dataset import Dataset
from ml_init.fetch import fetch
from ml_init.row_identity import identity
from ml_init.table import Row, split_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Figures by name, for one split's rows.
Figures = dict[str, float]


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """How a workload's training is measured. ``figures`` takes (true indices, answers, label names)."""

    salts: int
    targets: Mapping[str, float]
    figures: Callable[[NDArray[Any], NDArray[Any], tuple[str, ...]], Figures]
    #: Hyperparameters that the training step derives from the data.
    of_data: Callable[[Dataset], dict[str, Any]] = lambda _: {}
    #: Whether categories are learned as their ranks (Spark indexes them) or as the numbers that they are.
    ranked: bool = False


def labels(truth: NDArray[Any], answers: NDArray[Any], names: tuple[str, ...]) -> Figures:
    from ml_test.gate.answers.labels import Labels
    from ml_test.gate.metrics.accuracy import Accuracy
    from ml_test.gate.metrics.macro_f1 import MacroF1

    answered, true = ([names[int(index)] for index in places] for places in (answers, truth))
    read = Labels().read(answered, true, names)
    return {metric.called: metric.value(read) for metric in (Accuracy(), MacroF1())}


def scores(truth: NDArray[Any], answers: NDArray[Any], _: tuple[str, ...]) -> Figures:
    from ml_test.gate.delong import auc
    from ml_test.gate.metrics.log_loss import log_loss

    return {"AUC": auc(truth, answers), "log loss": float(log_loss(truth, answers).mean())}


BENCHMARKS = {
    "car_evaluation": Benchmark(
        salts=20,
        targets={"accuracy": 0.985, "macro-F1": 0.965},
        figures=labels,
        of_data=lambda dataset: {"num_class": len(dataset.labels)},
        ranked=True,
    ),
    "credit_default": Benchmark(salts=10, targets={"AUC": 0.783}, figures=scores),
}


def main(names: list[str]) -> int:
    if "--in-environment" not in names:
        return in_environment(names)
    wanted = [name for name in names if name in BENCHMARKS] or list(BENCHMARKS)
    return max(measured(name, BENCHMARKS[name]) for name in wanted)


def in_environment(names: list[str]) -> int:
    from localcloud.platform.environments import Environments
    from localcloud.platform.settings import Settings

    lock = PROJECT / "localcloud" / "images" / "sagemaker_xgboost" / "requirements.lock"
    python = Environments(Settings.cache_folder(), say=print).python(lock).python
    command = [str(python), "-m", "bench.training_quality", *names, "--in-environment"]
    return subprocess.run(command, cwd=PROJECT, check=False).returncode


def measured(workload: str, benchmark: Benchmark) -> int:
    """Prints a table of the salts, the shipped one last and on its own; returns 1 if the mean misses a target."""
    folder = PROJECT / "ml_init" / workload
    dataset = Dataset.read(folder / "dataset.toml")
    with tempfile.TemporaryDirectory() as copy:
        rows = check_file(fetch(dataset.file, folder=folder, into=Path(copy)), dataset).rows
    training = tomllib.loads((PROJECT / "ml_training" / workload / "training.toml").read_text())
    hyperparameters = {**training["hyperparameters"], **benchmark.of_data(dataset)}
    print(f"\n## {workload}\n\n{os.cpu_count()} cores · {hyperparameters}\n")
    results: list[dict[str, Figures]] = []
    for number in range(benchmark.salts):
        figures, rounds = trained(dataset, rows, f"gatehouse-{number}", hyperparameters, benchmark)
        if not results:
            columns = [f"{name} {figure}" for name in ("validation", "test") for figure in figures[name]]
            print(f"| salt | rounds | {' | '.join(columns)} |\n|{'---|' * (len(columns) + 2)}")
        results.append(figures)
        print(line(f"gatehouse-{number}", rounds, figures))
    figures, rounds = trained(dataset, rows, None, hyperparameters, benchmark)
    print(line("the shipped one", rounds, figures))
    return summary(results, benchmark)


def line(salt: str, rounds: int, figures: Mapping[str, Figures]) -> str:
    values = [f"{value:.4f}" for part in figures.values() for value in part.values()]
    return f"| {salt} | {rounds} | {' | '.join(values)} |"


def trained(
    dataset: Dataset, rows: tuple[Row, ...], salt: str | None, hyperparameters: dict[str, Any], benchmark: Benchmark
) -> tuple[dict[str, Figures], int]:
    """The figures for the validation and the test rows, and the best number of rounds."""
    import xgboost

    parameters = dict(hyperparameters)
    rounds, patience = parameters.pop("num_round"), parameters.pop("early_stopping_rounds")
    parameters["eval_metric"] = parameters["eval_metric"].split(",")
    split = split_rows(rows, dataset) if salt is None else other_split(rows, dataset, salt)
    parts = {name: matrix(dataset, split[name], ranked=benchmark.ranked) for name in SPLITS}
    data = {name: xgboost.DMatrix(features, labels) for name, (features, labels) in parts.items()}
    booster = xgboost.train(
        parameters,
        data["train"],
        rounds,
        evals=[(data["train"], "train"), (data["validation"], "validation")],
        callbacks=[xgboost.callback.EarlyStopping(rounds=patience, data_name="validation", save_best=True)],
        verbose_eval=False,
    )
    names = dataset.labels
    figures = {
        name: benchmark.figures(parts[name][1], booster.predict(data[name]), names) for name in ("validation", "test")
    }
    return figures, booster.num_boosted_rounds()


def other_split(rows: tuple[Row, ...], dataset: Dataset, salt: str) -> dict[str, list[Row]]:
    """As ``split_rows``, for rows that have the salt as their first feature."""
    parts: dict[str, list[Row]] = {name: [] for name in SPLITS}
    identities = [identity([salt, *row[:-1]]) for row in rows]
    places = dataset.split.of_rows(rows, identities, dataset)
    for _, row, part in sorted(zip(identities, rows, places, strict=True)):
        parts[part].append(row)
    return parts


def matrix(dataset: Dataset, rows: list[Row], *, ranked: bool) -> tuple[NDArray[Any], NDArray[Any]]:
    """The split's rows as XGBoost gets them, shape (rows, features), and the label's index, (rows,)."""
    import numpy as np

    def number(column: Any, value: str) -> float:
        return column.categories.index(value) if ranked and isinstance(column, Categories) else float(value)

    features = [[number(*pair) for pair in zip(dataset.features, row[:-1], strict=True)] for row in rows]
    return np.array(features, dtype=float), np.array([dataset.labels.index(row[-1]) for row in rows])


def summary(results: list[dict[str, Figures]], benchmark: Benchmark) -> int:
    """Prints mean ± standard deviation; returns 1 if the test figures miss their targets."""
    missed = 0
    for name in ("validation", "test"):
        for figure in results[0][name]:
            values = [result[name][figure] for result in results]
            target = benchmark.targets.get(figure) if name == "test" else None
            verdict = ""
            if target is not None:
                met = statistics.mean(values) >= target
                missed += not met
                verdict = f"  (target {target}: {'met' if met else 'MISSED'})"
            print(f"{name} {figure}: {statistics.mean(values):.4f} ± {statistics.stdev(values):.4f}{verdict}")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
