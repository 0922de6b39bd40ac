"""What a user does with a released workload beside pushing: a search for better hyperparameters, a file to score."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from tests.clouds import PROJECT
from tests.e2e.conftest import User
from tests.e2e.test_documented import typed

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


def test_a_file_is_scored_where_the_settings_allow_it(released: User, tmp_path: Path) -> None:
    """With [batch] the file's rows get PROD's answers; without it the command says what to do."""
    file = tmp_path / "rows.csv"
    file.write_text("\n".join(ROWS) + "\n")
    refused = released.script("score", "car_evaluation", str(file), check=False)
    assert refused.returncode == 1
    assert "add [batch] to gatehouse.toml" in refused.stderr
    settings = released.clone / "gatehouse.toml"
    kept = settings.read_text()
    settings.write_text(kept.replace("# [batch]", "[batch]"))
    try:
        released.script("deploy", "car_evaluation")
        released.script("score", "car_evaluation", str(file))
    finally:
        settings.write_text(kept)
        released.script("deploy", "car_evaluation")
    scored = (tmp_path / "rows.csv.scored").read_text().splitlines()
    assert scored == [f"{row},{released.ask(row)}" for row in ROWS]
    models = [each["ModelName"] for each in released.cloud.client("sagemaker").list_models(MaxResults=100)["Models"]]
    assert not [name for name in models if "-score-" in name]
