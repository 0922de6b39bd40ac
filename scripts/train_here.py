"""Runs a workload's training script on this machine, and writes the model archive that SageMaker would write.

It needs no cloud and no endpoint: the data file, the script, and a Python with the framework's packages. By default
these are the packages of the local cloud's training image, installed once by their lock; ``--python`` names another
Python that has them, such as one on an EC2 instance.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ml_init.dataset import Dataset
from ml_training.hyperparameters import as_text
from ml_training.training import FOLDER, Script, Training
from scripts.command import run
from scripts.datasets import chosen_name, found
from scripts.rows_here import RowsHere
from stacks.workloads import WORKLOADS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handover.data import Features
    from ml_training.training import Source

#: Where the archive is written by default.
OUT = Path("out")


def main(workload: str, python: Path | None, archive: Path) -> int:
    training, source, features, rows = plan(workload)
    interpreter = python or python_of_image(workload)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        lines = trained(root, source, interpreter, training.hyperparameters_for(features), rows | weights(workload))
        for metric in training.metrics:
            values = [match[1] for line in lines if (match := re.search(metric.regex, line))]
            print(f"{metric.name} = {values[-1] if values else 'not reported'}")
        pack(root / "model", archive)
    print(f"{archive}: {archive.stat().st_size} bytes")
    return 0


def plan(workload: str) -> tuple[Training, Source, Features, dict[str, tuple[str, bytes]]]:
    """The training, its program, the features, and split → (file name, content) of what training reads."""
    rows = RowsHere.of(workload)
    training = Training.of_workload(workload, rows.features)
    source = training.algorithm.source(FOLDER / workload)
    if source is None:
        raise SystemExit(
            f"{workload} brings no script of its own: its algorithm is in SageMaker's image. "
            f"`make push WORKLOAD={workload}`, or try it here: `make try-gate WORKLOAD={workload}`."
        )
    return training, source, rows.features, rows.written


def weights(workload: str) -> dict[str, tuple[str, bytes]]:
    """Channel → (file name, content) of what training begins with."""
    folder = Path("ml_init") / workload
    pretrained = Dataset.find(Path(), workload, chosen_name(workload)).pretrained
    return {each.channel: (each.name, each.content(folder, partial(found, each))) for each in pretrained}


def trained(
    root: Path,
    source: Source,
    python: Path,
    hyperparameters: Mapping[str, object],
    rows: Mapping[str, tuple[str, bytes]],
) -> list[str]:
    """Runs the script with SageMaker's folders below ``root``, variables and arguments. Returns what it printed."""
    environment = os.environ | folders(root, rows, hyperparameters)
    arguments = [text for name, value in hyperparameters.items() for text in (f"--{name}", as_text(value))]
    process = subprocess.Popen(
        [python, source.entry, *arguments], cwd=source.folder, env=environment, stdout=subprocess.PIPE, text=True
    )
    lines = []
    for line in process.stdout or ():
        print(line, end="", flush=True)
        lines.append(line)
    if code := process.wait():
        raise SystemExit(f"{source.folder / source.entry} ended with exit code {code}.")
    return lines


def folders(root: Path, rows: Mapping[str, tuple[str, bytes]], hyperparameters: Mapping[str, object]) -> dict[str, str]:
    """Makes a training container's folders, with a file in each channel. Returns the variables that name them."""
    variables = {
        "SM_MODEL_DIR": root / "model",
        "SM_OUTPUT_DIR": root / "output",
        "SM_OUTPUT_DATA_DIR": root / "output" / "data",
        "SM_INPUT_DATA_DIR": root / "input" / "data",
    }
    variables |= {f"SM_CHANNEL_{name.upper()}": root / "input" / "data" / name for name in rows}
    for folder in variables.values():
        folder.mkdir(parents=True, exist_ok=True)
    for name, (file_name, content) in rows.items():
        (root / "input" / "data" / name / file_name).write_bytes(content)
    return {
        **{name: str(folder) for name, folder in variables.items()},
        **{f"SM_HP_{name.replace('-', '_').upper()}": as_text(value) for name, value in hyperparameters.items()},
        "SM_OUTPUT_FAILURE": str(root / "output" / "failure"),
        "SM_CHANNELS": json.dumps(list(rows)),
        "SM_HPS": json.dumps(hyperparameters),
        "SM_HOSTS": json.dumps(["algo-1"]),
        "SM_CURRENT_HOST": "algo-1",
        "SM_CURRENT_HOST_RANK": "0",
        "SM_HOST_COUNT": "1",
        "SM_NUM_CPUS": str(os.cpu_count() or 1),
        "SM_NUM_GPUS": "0",
        "TRAINING_JOB_NAME": "here",
    }


def pack(model: Path, archive: Path) -> None:
    """As SageMaker packs /opt/ml/model. SystemExit if the script has left nothing there."""
    files = sorted(model.rglob("*"))
    if not files:
        raise SystemExit("The script has left no model in SM_MODEL_DIR.")
    archive.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive, "w:gz") as tar:
        for path in files:
            tar.add(path, arcname=str(path.relative_to(model)), recursive=False)


def python_of_image(workload: str) -> Path:
    """The Python of the local cloud's stand-in for the training image, with the script's own requirements if any."""
    repository = next(image.repository for image in WORKLOADS[workload].images if image.runs_scripts)
    requirements = FOLDER / workload / Script.CODE / Script.REQUIREMENTS
    own = [str(requirements)] if requirements.is_file() else []
    command = [sys.executable, "-m", "localcloud", "image-python", repository, *own]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.returncode)
    return Path(done.stdout.strip())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workload", choices=sorted(WORKLOADS))
    parser.add_argument("--python", type=Path, help="a Python with the framework's packages; default: the image's")
    parser.add_argument("--archive", type=Path, help="default: out/<workload>/model.tar.gz")
    given = parser.parse_args()
    run(lambda: main(given.workload, given.python, given.archive or OUT / given.workload / "model.tar.gz"))
