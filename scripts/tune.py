"""Tunes a workload once: with its latest data, the role of its training jobs, and [tuning] of this checkout.

Prints the trials and the best hyperparameters, and registers and releases nothing.
"""

from __future__ import annotations

import argparse
import io
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from handover.data import DATA_FILE
from handover.names import Artifact, PipelineStage
from handover.step_variables import TrainVariables
from scripts import cloud
from scripts.command import run
from scripts.reads.errors import NotThereError
from scripts.reads.pipeline import Pipeline
from stacks.workloads import WORKLOADS


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workload", choices=sorted(WORKLOADS))
    workload = parser.parse_args().workload
    pipeline = Pipeline(workload)
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / DATA_FILE).write_bytes(latest_data(pipeline))
        environment = {
            **os.environ,
            **step_variables(pipeline),
            **dict.fromkeys(TrainVariables.of_executions(), "make-tune"),
            f"CODEBUILD_SRC_DIR_{Artifact.DATA}": folder,
        }
        return subprocess.run([sys.executable, "-m", "ml_training.tune"], env=environment, check=False).returncode


def latest_data(pipeline: Pipeline) -> bytes:
    """The ``data.json`` of the newest execution whose data step succeeded."""
    location = pipeline.output(PipelineStage.DATA, Artifact.DATA)
    if location is None:
        raise NotThereError(
            f"No execution of {pipeline.name} has prepared data yet: `make push WORKLOAD={pipeline.workload}` does."
        )
    body = cloud.client("s3").get_object(Bucket=location["bucket"], Key=location["key"])["Body"].read()
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return archive.read(DATA_FILE)


def step_variables(pipeline: Pipeline) -> dict[str, str]:
    """What the stack tells the training step's build."""
    actions = [action for stage in pipeline.declaration()["stages"] for action in stage["actions"]]
    project = next(a["configuration"]["ProjectName"] for a in actions if a["name"] == PipelineStage.TRAIN)
    (found,) = cloud.client("codebuild").batch_get_projects(names=[project])["projects"]
    return {each["name"]: each["value"] for each in found["environment"]["environmentVariables"]}


if __name__ == "__main__":
    run(main)
