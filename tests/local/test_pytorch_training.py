"""PyTorch on several hosts, by the SDK's ModelTrainer and its Torchrun as they are.

The first run on a machine installs PyTorch: 5.5 GB, one to four minutes. UV_TORCH_BACKEND=cpu makes that far less.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bench.lab.sagemaker_world import BUCKET, World
from tests.local.script_mode_lab import Lab

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = [pytest.mark.local, pytest.mark.large]

IMAGE = "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch:2.14-cpu-amzn2023-sagemaker"
SCRIPT = Path(__file__).with_name("pytorch_script.py").read_text()
ROWS, EPOCHS = 64, 3
_EPOCH = re.compile(r"epoch=\d+ loss=(?P<loss>\S+); parameters=(?P<parameters>\S+) samples=(?P<samples>\S+)")
_LOSS = r"loss=([0-9.]+);"


@pytest.fixture(scope="module")
def lab(sagemaker_world: World, tmp_path_factory: pytest.TempPathFactory) -> Lab:
    rows = [[(row * factor % 17) / 17 for factor in (1, 3, 5, 7)] for row in range(ROWS)]
    text = "".join(",".join(f"{value:.6f}" for value in [*row, row[0] - row[1] * row[2]]) + "\n" for row in rows)
    sagemaker_world.put("pytorch/rows.csv", text)
    return Lab(sagemaker_world, tmp_path_factory.mktemp("pytorch"))


def trained(lab: Lab, name: str, hosts: int) -> tuple[dict[str, Any], list[Sequence[re.Match[str]]]]:
    """The job, and of each host what it said of each epoch."""
    job = lab.train(
        name,
        {"train.py": SCRIPT},
        image=IMAGE,
        torchrun=True,
        hosts=hosts,
        channels={"train": f"s3://{BUCKET}/pytorch/"},
        hyperparameters={"epochs": EPOCHS, "global_batch": 16},
        metrics={"loss": _LOSS},
    )
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    logs = [lab.log(job, host=f"algo-{number}") for number in range(1, hosts + 1)]
    return job, [list(_EPOCH.finditer(log)) for log in logs]


def test_two_hosts_train_one_model(lab: Lab) -> None:
    """After each epoch both have the same parameters, from samples that they share out, and one host's loss."""
    job, (first, second) = trained(lab, "two-hosts", 2)
    assert len(first) == len(second) == EPOCHS
    for one, other in zip(first, second, strict=True):
        assert one["parameters"] == other["parameters"]
        samples = [set(said["samples"].split(",")) for said in (one, other)]
        assert samples[0].isdisjoint(samples[1])
        assert samples[0] | samples[1] == {str(row) for row in range(ROWS)}
    assert len({said["parameters"] for said in first}) == EPOCHS
    _, (alone,) = trained(lab, "one-host", 1)
    assert [float(said["loss"]) for said in first] == pytest.approx([float(said["loss"]) for said in alone], rel=1e-4)
    metrics = {metric["MetricName"]: metric["Value"] for metric in job["FinalMetricDataList"]}
    assert metrics == {"loss": pytest.approx(float(first[-1]["loss"]))}
    assert list(lab.files(job)) == ["model.pt"]
