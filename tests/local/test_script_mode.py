"""Script mode: jobs that bring their own program, by the SageMaker SDK's ModelTrainer and its drivers as they are."""

from __future__ import annotations

import io
import json
import re
import tarfile
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from bench.lab.sagemaker_world import BUCKET, XGBOOST, World
from tests.local.script_mode_lab import TENSORFLOW, Lab

if TYPE_CHECKING:
    pass

pytestmark = pytest.mark.local

TELLS = """
import json, os, sys
from pathlib import Path

print("arguments", json.dumps(sys.argv[1:]), flush=True)
for name in sorted(os.environ):
    if name.startswith("SM_"):
        print(f"{name}={os.environ[name]}", flush=True)
rows = Path(os.environ["SM_CHANNEL_TRAIN"], "rows.csv").read_text()
print(f"epoch 1 loss: {len(rows)}.5", flush=True)
print(f"epoch 2 loss: {len(rows)}.25", flush=True)
Path("/opt/ml/model/rows.txt").write_text(rows)
Path(os.environ["SM_MODEL_DIR"], "python.txt").write_text("%d.%d" % sys.version_info[:2])
Path(os.environ["SM_OUTPUT_DATA_DIR"], "notes.txt").write_text(Path("notes.txt").read_text())
"""
LOCK = """\
toolz==1.1.0 \\
    --hash=sha256:15ccc861ac51c53696de0a5d6d4607f99c210739caf987b5d2054f3efed429d8
"""


@pytest.fixture(scope="module")
def lab(sagemaker_world: World, tmp_path_factory: pytest.TempPathFactory) -> Lab:
    sagemaker_world.put("script/rows.csv", "1,2\n")
    return Lab(sagemaker_world, tmp_path_factory.mktemp("script_mode"))


def test_the_sdks_drivers_run_a_script_as_they_are(lab: Lab) -> None:
    """Its environment, arguments, channels, model, output and metrics are what the drivers make of them on AWS."""
    job = lab.train(
        "tells",
        {"train.py": TELLS, "notes.txt": "of the source folder"},
        channels={"train": f"s3://{BUCKET}/script/"},
        hyperparameters={"epochs": 2, "rate": 0.02, "name": "a b", "model_dir": "/opt/ml/model"},
        environment={"SM_OWN": "mine"},
        metrics={"loss": r"loss: ([0-9.]+)"},
    )
    assert job["TrainingJobStatus"] == "Completed", job
    log = lab.log(job)
    arguments = ["--epochs", "2", "--rate", "0.02", "--name", "a b", "--model_dir", "/opt/ml/model"]
    assert f"arguments {json.dumps(arguments)}" in log
    hyperparameters = {"epochs": 2, "rate": 0.02, "name": "a b", "model_dir": "/opt/ml/model"}
    for name, value in {
        "SM_HPS": json.dumps(hyperparameters),
        "SM_HP_RATE": "0.02",
        "SM_MODEL_DIR": "/opt/ml/model",
        "SM_CHANNEL_TRAIN": "/opt/ml/input/data/train",
        "SM_CHANNELS": '["train", "code", "sm_drivers"]',
        "SM_HOSTS": '["algo-1"]',
        "SM_CURRENT_HOST": "algo-1",
        "SM_CURRENT_HOST_RANK": "0",
        "SM_HOST_COUNT": "1",
        "SM_CURRENT_INSTANCE_TYPE": "ml.m5.large",
        "SM_NUM_GPUS": "0",
        "SM_SOURCE_DIR": "/opt/ml/input/data/code",
        "SM_ENTRY_SCRIPT": "train.py",
        "SM_OWN": "mine",
    }.items():
        assert f"{name}={value}\n" in log
    assert re.search(r"^SM_NUM_CPUS=[1-9]\d*$", log, re.MULTILINE)
    assert {item["MetricName"]: item["Value"] for item in job["FinalMetricDataList"]} == {"loss": 4.25}
    assert lab.archive(job) == {"rows.txt": "1,2\n", "python.txt": "3.12"}
    assert lab.archive(job, "output.tar.gz") == {"notes.txt": "of the source folder"}


def test_tensorflow_works_in_a_job(lab: Lab) -> None:
    """The image's library computes and saves, in the script and in a process that the script starts."""
    script = """
import os, subprocess, sys
import tensorflow as tf

class Twice(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32)])
    def run(self, x):
        return {"y": 2 * x}

tf.saved_model.save(Twice(), os.path.join(os.environ["SM_MODEL_DIR"], "1"), signatures=None)
if len(sys.argv) == 1:
    subprocess.run([sys.executable, __file__, "again"], check=True)
"""
    job = lab.train("tensorflow", {"train.py": script})
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    key = f"models/{job['TrainingJobName']}/output/model.tar.gz"
    body = lab.world.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        assert "1/saved_model.pb" in archive.getnames()


def test_a_script_that_fails_fails_the_job_in_the_drivers_words(lab: Lab) -> None:
    """The driver's failure file is the reason, with the exit code; the log has the script's own traceback."""
    job = lab.train("fails", {"train.py": "raise ValueError('no luck today')"})
    assert job["TrainingJobStatus"] == "Failed"
    reason = job["FailureReason"]
    assert reason.startswith("AlgorithmError: ")
    assert "returned non-zero exit status 1." in reason
    assert reason.endswith(", exit code: 1")
    assert "ValueError: no luck today" in lab.log(job)


def test_a_script_may_say_itself_why_it_fails(lab: Lab) -> None:
    """What it writes to /opt/ml/output/failure stands in the reason, and its own exit code."""
    script = "import sys\nopen('/opt/ml/output/failure', 'w').write('the rows have no label')\nsys.exit(3)\n"
    job = lab.train("says-why", {"train.py": script})
    assert job["FailureReason"] == "AlgorithmError: the rows have no label, exit code: 3"


@pytest.mark.parametrize(("name", "text"), [("locked", LOCK), ("free", "toolz==1.1.0\n")])
def test_requirements_are_installed_for_the_job_alone(lab: Lab, name: str, text: str) -> None:
    """A lock with hashes comes from its cached environment, anything else by pip; the image's packages stay."""
    script = "import toolz, numpy, sys\nprint('toolz', toolz.__version__, numpy.__name__, toolz.__file__)\n"
    job = lab.train(name, {"train.py": script, "requirements.txt": text}, source={"requirements": "requirements.txt"})
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    log = lab.log(job)
    assert "toolz 1.1.0 numpy" in log
    assert ("requirements.txt: linked" in log or "requirements.txt: installed" in log) == (name == "locked")
    after = lab.train(f"{name}-after", {"train.py": "import toolz\n"})
    assert "ModuleNotFoundError: No module named 'toolz'" in lab.log(after)


def test_requirements_with_a_wrong_hash_fail_the_job(lab: Lab) -> None:
    """Nothing is run with a package that is not the locked one."""
    wrong = re.sub(r"sha256:\w+", f"sha256:{'0' * 64}", LOCK)
    job = lab.train(
        "wrong-hash",
        {"train.py": "print('ran')", "requirements.txt": wrong},
        source={"requirements": "requirements.txt"},
    )
    assert job["TrainingJobStatus"] == "Failed"
    assert "hash" in lab.log(job).lower()
    assert "\nran\n" not in lab.log(job)


def test_several_hosts_are_refused_by_name(lab: Lab) -> None:
    """The SDK shows the refusal, which names the count and the image."""
    done = lab.start("two-hosts", {"train.py": ""}, {}, hosts=2)
    assert done.returncode != 0
    assert "InstanceCount 2" in done.stderr
    assert "tensorflow-training" in done.stderr


@pytest.mark.parametrize(
    ("image", "algorithm", "hyperparameters", "message"),
    [
        (TENSORFLOW, {}, {}, "without a ContainerEntrypoint"),
        (XGBOOST, {"ContainerEntrypoint": ["/bin/bash"]}, {}, "with a ContainerEntrypoint and the image"),
        (
            TENSORFLOW,
            {"ContainerEntrypoint": ["a"]},
            {"sagemaker_program": "t.py"},
            "sagemaker_program of SDK version 2",
        ),
        (XGBOOST, {"ContainerArguments": ["a"]}, {}, "with ContainerArguments alone"),
    ],
)
def test_other_ways_to_bring_a_program_are_refused_by_name(
    lab: Lab, image: str, algorithm: dict, hyperparameters: dict, message: str
) -> None:
    """Nothing runs another program than the one that was asked for."""
    given = {"TrainingImage": image, "TrainingInputMode": "File", **algorithm}
    job = lab.world.training("other-ways", AlgorithmSpecification=given, HyperParameters=hyperparameters)
    with pytest.raises(ClientError, match=re.escape(message)):
        lab.world.sagemaker.create_training_job(**job)
