"""The training step in the environment of its own lock, and what the real sagemaker SDK would have asked for."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from handover import aws_images as images
from handover.aws_images import Image
from handover.places import training_curve
from handover.training_curve import TrainingCurve
from localcloud.platform.environments import Environments
from localcloud.platform.settings import Settings
from tests.local.iam_account import Account, allow
from tests.local.steps import PROJECT, Steps
from tests.waiting import DEADLINE_SECONDS

if TYPE_CHECKING:
    from pathlib import Path

    from handover.data import Data

pytestmark = pytest.mark.local


@pytest.fixture(scope="module")
def python() -> Path:
    return Environments(Settings.cache_folder()).python(PROJECT / "ml_training" / "requirements.lock").python


@pytest.fixture(scope="module")
def role(prepared: Steps) -> str:
    prepared.cloud.client("sagemaker").create_model_package_group(ModelPackageGroupName="train-step")
    return prepared.role("sagemaker.amazonaws.com", name="train-step")


def trained(steps: Steps, data: Data, python: Path, role: str) -> subprocess.CompletedProcess[str]:
    """The training step on this data.json."""
    steps.out.mkdir(parents=True)
    (steps.out / "data.json").write_text(data.json())
    return steps.run("ml_training.train", python=python, MODEL_PACKAGE_GROUP="train-step", TRAINING_ROLE_ARN=role)


def test_training_registers_a_package_that_waits_for_approval(
    prepared: Steps, python: Path, role: str, tmp_path: Path
) -> None:
    """The package has three containers, metrics, commit and data's hash; its ARN is exported."""
    steps = replace(prepared, folder=tmp_path)
    done = trained(steps, prepared.data(), python, role)
    assert done.returncode == 0, done.stdout + done.stderr
    exported = (steps.out / "variables.env").read_text().strip()
    arn = exported.removeprefix("export MODEL_PACKAGE_ARN=")
    assert arn != exported
    sagemaker = steps.cloud.client("sagemaker")
    package = sagemaker.describe_model_package(ModelPackageName=arn)
    properties = package["CustomerMetadataProperties"]
    job = sagemaker.describe_training_job(TrainingJobName=properties["training_job"])
    assert package["ModelApprovalStatus"] == "PendingManualApproval"
    addresses = [container["ModelDataUrl"] for container in package["InferenceSpecification"]["Containers"]]
    preprocess, postprocess = (
        prepared.data().features.transformations[n].bundle for n in ("preprocess", "postprocess")
    )
    assert addresses == [preprocess, job["ModelArtifacts"]["S3ModelArtifacts"], postprocess]
    assert properties["commit"] == "0123abc"
    assert properties["data_sha256"] == prepared.data().data_sha256
    assert float(properties["validation_merror"]) < 0.05
    assert drawn(steps, properties["training_job"]) == pytest.approx(float(properties["validation_mlogloss"]), rel=1e-4)


def drawn(steps: Steps, job: str) -> float:
    """The last value of the objective's curve, which lies beside the job's model and goes down."""
    address = training_curve(steps.bucket, job)
    found = TrainingCurve.parse(steps.cloud.client("s3").get_object(**address.arguments)["Body"].read())
    assert [series.name for series in found.metrics] == [
        f"{channel}:{metric}" for metric in ("mlogloss", "merror") for channel in ("train", "validation")
    ]
    loss = found.metrics[1].values
    assert min(loss) < loss[0] / 4
    return loss[-1]


def test_a_tuned_push_registers_the_best_of_its_trials(
    prepared: Steps, python: Path, role: str, tmp_path: Path
) -> None:
    """The package has the best trial on the validation rows and names the tuning job; a report is there."""
    steps = replace(prepared, folder=tmp_path)
    steps.out.mkdir(parents=True)
    (steps.out / "data.json").write_text(prepared.data().json())
    done = steps.run(
        "ml_training.train", python=python, MODEL_PACKAGE_GROUP="train-step", TRAINING_ROLE_ARN=role, TUNING="true"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    arn = (steps.out / "variables.env").read_text().strip().removeprefix("export MODEL_PACKAGE_ARN=")
    sagemaker = steps.cloud.client("sagemaker")
    package = sagemaker.describe_model_package(ModelPackageName=arn)
    properties = package["CustomerMetadataProperties"]
    tuning = sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=properties["tuning_job"])
    assert tuning["HyperParameterTuningJobStatus"] == "Completed"
    assert tuning["TrainingJobStatusCounters"]["Completed"] == 8
    best = tuning["BestTrainingJob"]
    assert properties["training_job"] == best["TrainingJobName"]
    value = best["FinalHyperParameterTuningJobObjectiveMetric"]["Value"]
    assert float(properties["validation_mlogloss"]) == pytest.approx(value, abs=1e-6)
    job = sagemaker.describe_training_job(TrainingJobName=best["TrainingJobName"])
    assert (
        job["ModelArtifacts"]["S3ModelArtifacts"] == package["InferenceSpecification"]["Containers"][1]["ModelDataUrl"]
    )
    assert {"eta", "max_depth", "min_child_weight"} == best["TunedHyperParameters"].keys()
    assert {channel["ChannelName"] for channel in job["InputDataConfig"]} == {"train", "validation"}
    key = f"models/{best['TrainingJobName']}/tuning.html"
    report = steps.cloud.client("s3").get_object(Bucket=steps.bucket, Key=key)
    assert f"s3://{steps.bucket}/{key}" in done.stdout
    assert report["Body"].read().count(b"<polyline") == 8
    assert drawn(steps, best["TrainingJobName"]) == pytest.approx(value, rel=1e-4)
    assert report["ContentType"] == "text/html; charset=utf-8"


def test_early_stopping_watches_the_validation_rows(prepared: Steps, role: str) -> None:
    """The job got both channels and stopped before its last round."""
    sagemaker = prepared.cloud.client("sagemaker")
    jobs = sagemaker.list_training_jobs(NameContains="car-evaluation", StatusEquals="Completed")
    job = sagemaker.describe_training_job(TrainingJobName=jobs["TrainingJobSummaries"][0]["TrainingJobName"])
    assert job["RoleArn"] == role
    assert {channel["ChannelName"] for channel in job["InputDataConfig"]} == {"train", "validation"}
    logs = prepared.cloud.client("logs")
    group = "/aws/sagemaker/TrainingJobs"
    streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=job["TrainingJobName"])["logStreams"]
    events = logs.get_log_events(logGroupName=group, logStreamName=streams[0]["logStreamName"], startFromHead=True)
    rounds = [event for event in events["events"] if "#011validation-mlogloss:" in event["message"]]
    assert 50 < len(rounds) < int(job["HyperParameters"]["num_round"])


_URIS = """
import json, sys
from sagemaker.core import image_uris
found = {}
for name, region, framework, more in json.load(sys.stdin):
    try:
        found[f"{name} {region}"] = image_uris.retrieve(framework, region, **more)
    except ValueError:
        found[f"{name} {region}"] = None
print(json.dumps(found))
"""


def asked_of_the_sdk(image: Image) -> tuple[str, dict[str, str]]:
    """The SDK's name for the image, and what else it wants to know."""
    version, _, rest = image.tag.partition("-cpu-")
    if image.repository.startswith("tensorflow-"):
        scope = image.repository.removeprefix("tensorflow-")
        machine = {"instance_type": "ml.m5.large", "image_scope": scope}
        return "tensorflow", {"version": version, "py_version": rest, **machine}
    if image.repository == "pytorch":
        machine = {"instance_type": "ml.m5.large", "image_scope": "training"}
        return "pytorch-amzn2023", {"version": version, **machine}
    if image.repository == "ray":
        return "ray-serve", {"version": rest.removeprefix("v"), "instance_type": "ml.m5.large"}
    names = {"sagemaker-xgboost": "xgboost", "sagemaker-sparkml-serving": "sparkml-serving"}  # others have one name
    return names.get(image.repository, image.repository), {"version": image.tag}


IMAGES = [image for image in vars(images).values() if isinstance(image, Image)]


def test_images_are_those_of_the_sdks_tables(python: Path) -> None:
    """Account, domain and tag of each image are the SDK's, in each region in which it knows the image."""
    everywhere = [(image, region) for image in IMAGES for region in image.accounts]
    asked = [(image.repository, region, *asked_of_the_sdk(image)) for image, region in everywhere]
    done = subprocess.run([python, "-c", _URIS], input=json.dumps(asked), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    known = {f"{image.repository} {region}": image.uri(region) for image, region in everywhere}
    assert {name: uri for name, uri in found.items() if uri is not None and uri != known[name]} == {}
    assert all(found[f"{image.repository} us-east-1"] for image in IMAGES)
    assert sum(uri is not None for uri in found.values()) > 50


_REQUESTS = """
import json
import boto3
import botocore.client
from handover.data import SideChannel
from ml_training import script_job
from ml_training.training_job import TrainingJob, request

KEY = "arn:aws:kms:us-east-1:123456789012:key/of-the-project"
sent = []

def call(self, operation, parameters):
    sent.append(parameters)
    return {"TrainingJobArn": "arn:aws:sagemaker:us-east-1:123456789012:training-job/of-the-sdk"}

botocore.client.BaseClient._make_api_call = call
for key, metrics in ((None, {}), (KEY, {"validation:loss": "loss: (.*)"})):
    job = TrainingJob(
        base_name="table", image="123456789012.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-0",
        role_arn="arn:aws:iam::123456789012:role/of-jobs",
        hyperparameters={"num_round": 10, "eta": 0.05, "objective": "multi:softmax", "exact": True},
        channels={"train": "s3://data/train", "validation": "s3://data/validation"}, content_type="text/csv",
        side_channels={"auxiliary": SideChannel(prefix="s3://data/words", content_type="text/plain")},
        bucket="data", output="s3://data/models", instance_type="ml.m5.xlarge", instance_count=2, volume_gb=5,
        max_runtime_seconds=900, key_arn=key, metrics=metrics,
    )
    try:
        script_job.start(job, boto3.Session(region_name="us-east-1"))
    except Exception:  # nothing answers what the SDK asks after its job is made
        pass
    of_the_sdk = next(each for each in sent if "TrainingJobName" in each)
    sent.clear()
    print(json.dumps([of_the_sdk, request(job, of_the_sdk["TrainingJobName"])]))
"""


def test_a_job_without_a_program_is_asked_for_as_by_the_sdk(python: Path) -> None:
    """What the step sends by itself is what ModelTrainer makes of the same job, with and without a key of one's own."""
    keys = {"AWS_ACCESS_KEY_ID": "nobody", "AWS_SECRET_ACCESS_KEY": "nothing"}  # nothing is sent
    done = subprocess.run(
        [python, "-c", _REQUESTS], cwd=PROJECT, env=os.environ | keys, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    asked = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("[")]
    assert len(asked) == 2
    for by_the_sdk, by_the_step in asked:
        assert by_the_step == by_the_sdk


def test_failed_training_ends_the_step(prepared: Steps, python: Path, role: str, tmp_path: Path) -> None:
    """The step exits with 1 and SageMaker's reason, and leaves nothing exported and no package."""
    steps = replace(prepared, folder=tmp_path)
    groups = prepared.cloud.client("sagemaker")
    before = groups.list_model_packages(ModelPackageGroupName="train-step")["ModelPackageSummaryList"]
    two = replace(prepared.data().features, labels=("unacc", "acc"))
    done = trained(steps, replace(prepared.data(), features=two), python, role)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "ended Failed: " in done.stderr
    assert "label must be discrete values in the range of [0, num_class)" in done.stderr
    assert not (steps.out / "variables.env").exists()
    after = groups.list_model_packages(ModelPackageGroupName="train-step")["ModelPackageSummaryList"]
    assert after == before


_TUNES = """
import json, sys
from pathlib import Path
import boto3
from ml_training.training import Objective, Source
from ml_training.training_job import TrainingJob
from ml_training.tuning import Tuning
from ml_training.tuning_job import tune

asked = json.load(sys.stdin)
job = TrainingJob(
    base_name="own-program", image=asked["image"], role_arn=asked["role"], hyperparameters={"epochs": 2},
    channels={"train": asked["train"]}, content_type="text/csv", bucket=asked["bucket"],
    output=f"s3://{asked['bucket']}/models/", instance_type="ml.m5.large", volume_gb=5, max_runtime_seconds=600,
    source=Source(folder=Path(asked["folder"]), entry="train.py"), code="code/jobs/own_program/",
    metrics={"loss": "loss=([0-9.]+)"},
)
tuning = Tuning.parse(
    {"strategy": "Random", "jobs": 2, "parallel": 2,
     "ranges": {"rate": {"kind": "continuous", "low": 0.1, "high": 0.5}}}
)
tuned = tune(job, tuning, Objective(metric="loss", direction="minimize"), boto3.Session())
print(json.dumps({trial.values["rate"]: trial.objective for trial in tuned.trials}))
"""
_PROGRAM = """
import argparse, os
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--rate", type=float)
parser.add_argument("--epochs", type=int)
given = parser.parse_args()
for epoch in range(given.epochs):
    print(f"loss={given.rate + 1 / (epoch + 1)}", flush=True)
Path(os.environ["SM_MODEL_DIR"], "rate").write_text(str(given.rate))
"""


def test_a_program_is_tuned_by_a_role_that_overwrites_nothing(
    prepared: Steps, python: Path, role: str, account: Account, tmp_path: Path
) -> None:
    """Source folder and drivers are new objects below the code's prefix, and every trial runs the program."""
    (tmp_path / "train.py").write_text(_PROGRAM)
    new = {"Null": {"s3:if-none-match": "false"}}
    step = account.role(
        allow("s3:PutObject", f"arn:aws:s3:::{prepared.bucket}/code/jobs/own_program/*", Condition=new),
        allow("iam:PassRole", role),
        allow(["sagemaker:*HyperParameterTuningJob*", "sagemaker:DescribeTrainingJob", "sagemaker:AddTags"]),
    )
    asked = {
        "image": images.TENSORFLOW_TRAINING.uri("us-east-1"),
        "role": role,
        "train": prepared.data().features.splits["train"],
        "bucket": prepared.bucket,
        "folder": str(tmp_path),
    }
    done = subprocess.run(
        [python, "-c", _TUNES],
        input=json.dumps(asked),
        env={
            **os.environ,
            **{name.upper(): text for name, text in account.session(step).items()},
            "AWS_ENDPOINT_URL": prepared.cloud.endpoint_url,
            "AWS_DEFAULT_REGION": "us-east-1",
            "PYTHONPATH": str(PROJECT),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE_SECONDS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    trials = json.loads(done.stdout.splitlines()[-1])
    assert len(trials) == 2
    assert [float(rate) + 0.5 for rate in trials] == pytest.approx(list(trials.values()))
