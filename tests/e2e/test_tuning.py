"""What a user does with a released workload beside pushing: a search for better hyperparameters, a file to score."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.clouds import PROJECT
from tests.e2e.conftest import User
from tests.e2e.test_documented import typed
from tests.waiting import until

ROWS = ["low,low,5more,more,big,high", "vhigh,vhigh,2,2,small,low"]


def test_make_tune_searches_with_the_latest_data_and_releases_nothing(released: User) -> None:
    """The best values are lines of TOML within the ranges of training.toml; no package is added."""
    sagemaker = released.cloud.client("sagemaker")
    before = released.packages()
    done = typed("make tune WORKLOAD=car_evaluation", released.cloud)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("Nothing was registered or released.\n")
    best = tomllib.loads(re.search(r"^\[hyperparameters\]\n(?:.+\n)+", done.stdout, re.MULTILINE)[0])["hyperparameters"]
    ranges = tomllib.loads((PROJECT / "ml_training/car_evaluation/training.toml").read_text())["tuning"]["ranges"]
    assert best.keys() == ranges.keys()
    assert all(ranges[name]["low"] <= value <= ranges[name]["high"] for name, value in best.items())
    name = re.search(r"tuning job (\S+):", done.stdout)[1]
    job = sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    trained = sagemaker.describe_training_job(TrainingJobName=before[0]["CustomerMetadataProperties"]["training_job"])
    assert job["TrainingJobDefinition"]["RoleArn"] == trained["RoleArn"]
    assert job["TrainingJobStatusCounters"]["Completed"] == 8
    assert "<polyline class='best'" in Path(re.search(r"Report: (.+)", done.stdout)[1]).read_text()
    assert [each["ModelPackageArn"] for each in released.packages()] == [each["ModelPackageArn"] for each in before]


@contextmanager
def deployed_with(released: User, lines: str) -> Iterator[None]:
    """The pipeline with these lines in gatehouse.toml, and afterwards without them again."""
    settings = released.clone / "gatehouse.toml"
    kept = settings.read_text()
    settings.write_text(f"{kept}\n{lines}")
    try:
        released.script("deploy", "car_evaluation")
        yield
    finally:
        settings.write_text(kept)
        released.script("deploy", "car_evaluation")


def test_a_file_is_scored_where_the_settings_allow_it(released: User, tmp_path: Path) -> None:
    """With [batch] the file's rows get PROD's answers; without it the command says what to do."""
    file = tmp_path / "rows.csv"
    file.write_text("\n".join(ROWS) + "\n")
    refused = released.script("score", "car_evaluation", str(file), check=False)
    assert refused.returncode == 1
    assert "add [batch] to gatehouse.toml" in refused.stderr
    with deployed_with(released, "[workloads.car_evaluation.batch]\n"):
        released.script("score", "car_evaluation", str(file))
    scored = (tmp_path / "rows.csv.scored").read_text().splitlines()
    assert scored == [f"{row},{released.ask(row)}" for row in ROWS]
    models = [each["ModelName"] for each in released.cloud.client("sagemaker").list_models(MaxResults=100)["Models"]]
    assert not [name for name in models if "-score-" in name]


def test_a_schedule_scores_what_lies_there_with_what_prod_serves(released: User) -> None:
    """At its time a job begins by itself; a dated folder gets each row with its answer, and no model is left."""
    s3, sagemaker = released.cloud.client("s3"), released.cloud.client("sagemaker")
    bucket = released.outputs("CarEvaluationPipeline")["DataBucketName"]
    s3.put_object(Bucket=bucket, Key="incoming/today.csv", Body="".join(f"{row}\n" for row in ROWS).encode())
    # Half an hour ahead: long enough for the deployment on a slow machine, and eighteen seconds on this clock.
    due = datetime.now(UTC) + timedelta(minutes=30)
    schedule = f"cron({due.minute} {due.hour} {due.day} {due.month} ? {due.year})"
    with deployed_with(released, f'[workloads.car_evaluation.batch]\nschedule = "{schedule}"\n'):
        prefix = f"batch/scheduled/{due:%Y/%m/%d}/car-evaluation-batch-{due:%Y%m%d-%H%M}00/"
        (key,) = until(
            lambda: [each["Key"] for each in s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])],
            what=f"an object under {prefix}",
        )
        until(
            lambda: [m for m in sagemaker.list_models(MaxResults=100)["Models"] if "-batch-" in m["ModelName"]],
            lambda models: not models,
            what="no model of a job that has ended",
        )
    assert key == f"{prefix}today.csv.out"
    answered = s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode().splitlines()
    assert answered == [f"{row},{released.ask(row)}" for row in ROWS]
    s3.delete_object(Bucket=bucket, Key="incoming/today.csv")
