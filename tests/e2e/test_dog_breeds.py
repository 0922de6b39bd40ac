"""The workload of pictures, in PyTorch on two instances, takes the same way to PROD. Its data are a stand-in.

The first run on a machine installs PyTorch: 5.5 GB, one to four minutes. `make large` runs it.
"""

from __future__ import annotations

import base64
import io
import json
import re
import tarfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from localcloud.images.registry import image_of
from localcloud.platform.environments import Environments
from localcloud.platform.settings import Settings
from ml_init.dataset import Dataset
from tests import photographs
from tests.clouds import PROJECT
from tests.e2e.conftest import User, in_prod_beside_others
from tests.e2e.other_data import held_with_another_data_set
from tests.e2e.test_documented import typed
from tests.e2e.test_release import change, gate_report, reported_while_learning

pytestmark = pytest.mark.large

PROD = "dog-breeds-prod"
DATASET = Dataset.read(PROJECT / "ml_init" / "dog_breeds" / "dataset.toml")
PHOTOGRAPHS, RULES = (f"{folder}/dog_breeds/datasets/dog_images.toml" for folder in ("ml_init", "ml_test"))
TRAINING = "ml_training/dog_breeds/training.toml"
#: The smoke requests of gate.toml, and whose pictures they are.
PICTURES = dict(
    zip(
        tomllib.loads((PROJECT / "ml_test" / "dog_breeds" / "gate.toml").read_text())["smoke"]["requests"],
        ("Greek/character01", "Korean/character20", "Latin/character05"),
        strict=True,
    )
)


def scored_as_well(clone: Path) -> None:
    change(clone / "gatehouse.toml", r"# \[batch\]", "[batch]")


@pytest.fixture(scope="module")
def breeds(workshop: User) -> Iterator[User]:
    edit, message = scored_as_well, "Files may be scored"
    with in_prod_beside_others(workshop, "dog_breeds", edit=edit, message=message) as user:
        yield user


def training_job(user: User) -> dict[str, Any]:
    """The job that made the newest package's model."""
    name = user.packages()[0]["CustomerMetadataProperties"]["training_job"]
    return user.cloud.client("sagemaker").describe_training_job(TrainingJobName=name)


def test_prod_tells_pictures_apart(breeds: User, tmp_path: Path) -> None:
    """`make ask` takes a file and tells the most probable characters; a caller's PNG and JSON get all probabilities."""
    picture, runtime = tmp_path / "picture.png", breeds.cloud.client("sagemaker-runtime")
    for row, character in PICTURES.items():
        picture.write_bytes(base64.b64decode(row))
        assert breeds.script("ask", "dog_breeds", "--file", str(picture)).stdout.startswith(f"{character} ")
        answers = [
            json.loads(runtime.invoke_endpoint(EndpointName=PROD, ContentType=kind, Body=body)["Body"].read())
            for kind, body in (
                ("image/png", picture.read_bytes()),
                ("application/json", json.dumps({"image": row})),
            )
        ]
        assert answers[0] == answers[1]
        assert sum(answers[0]) == pytest.approx(1)
        assert DATASET.labels[answers[0].index(max(answers[0]))] == character


def test_its_door_takes_the_picture_itself(breeds: User, tmp_path: Path) -> None:
    """`make call` sends the file through the API: the character, and the probability of each."""
    picture, (row, character) = tmp_path / "picture.png", next(iter(PICTURES.items()))
    picture.write_bytes(base64.b64decode(row))
    answer = json.loads(breeds.script("call", "dog_breeds", "--file", str(picture)).stdout)
    assert (answer["label"], answer["release"]) == (character, 1)
    assert list(answer["probabilities"]) == list(DATASET.labels)
    assert max(answer["probabilities"].values()) == answer["probabilities"][character]


def test_the_gate_judged_every_picture_and_knows_what_was_learned(breeds: User) -> None:
    """Rows are found in the tars, the backbone is the contract's, and each alphabet is a group."""
    (package,) = breeds.packages()
    report = gate_report(breeds, package)
    assert (report["verdict"], report["rows"]) == ("PROMOTE", 399)
    assert (report["learning"]["unknown"], report["learning"]["foreign"]) == ("", 0)
    # 20 epochs, and what the first instance says of the validation rows at the end.
    curve = reported_while_learning(report)
    assert (curve["train:loss"], curve["validation:loss"], curve["validation:top_1"]) == (20, 21, 21)
    groups = json.dumps(report["slices"])
    assert all(
        f"character {alphabet}" in groups for alphabet in ("Balinese", "Early_Aramaic", "Greek", "Korean", "Latin")
    )
    assert "stand-in" in json.dumps(report["contract"]["name"])
    (container,) = package["InferenceSpecification"]["Containers"]
    assert "/ray:serve-ml-sagemaker-cpu" in container["Image"]


def test_two_instances_learned_one_model_of_disjoint_rows(breeds: User) -> None:
    """Each says so in its log: half of the rows, and the same parameters after each epoch."""
    job, logs = training_job(breeds), breeds.cloud.client("logs")
    group = "/aws/sagemaker/TrainingJobs"
    said = []
    for host in ("algo-1", "algo-2"):
        prefix = f"{job['TrainingJobName']}/{host}-"
        (stream,) = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=prefix)["logStreams"]
        events = logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True)
        said.append("\n".join(event["message"] for event in events["events"]))
    assert [re.findall(r"host (\d): (\d+) of (\d+) rows", log) for log in said] == [
        [("0", "931", "1862")],
        [("1", "931", "1862")],
    ]
    first, second = (re.findall(r"epoch \d+ parameters (\w+)", log) for log in said)
    assert first == second
    assert len(set(first)) == 20


def test_the_same_script_outside_sagemaker_learns_the_same(breeds: User) -> None:
    """`make train-here` asks no cloud, and has the job's losses and the archive's files, on one host as on two."""
    done = breeds.script("train_here", "dog_breeds", "--archive", "out/here.tar.gz")
    here = float(re.search(r"^validation:loss = ([0-9.]+)$", done.stdout, re.MULTILINE)[1])
    metrics = {metric["MetricName"]: metric["Value"] for metric in training_job(breeds)["FinalMetricDataList"]}
    assert metrics["validation:loss"] == pytest.approx(here, rel=0.02)
    bucket, _, key = training_job(breeds)["ModelArtifacts"]["S3ModelArtifacts"].removeprefix("s3://").partition("/")
    trained = breeds.cloud.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    assert files(trained) == files((breeds.clone / "out" / "here.tar.gz").read_bytes())


def files(archive: bytes) -> set[str]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return {member.name for member in tar if member.isfile()}


def test_make_tune_searches_the_learning_rate(breeds: User) -> None:
    """Each trial reads the backbone; the objective is the validation loss; nothing is released."""
    done = typed("make tune WORKLOAD=dog_breeds", breeds.cloud)
    assert done.returncode == 0, done.stdout + done.stderr
    best = tomllib.loads(re.search(r"^\[hyperparameters\]\n(?:.+\n)+", done.stdout, re.MULTILINE)[0])["hyperparameters"]
    assert list(best) == ["learning-rate"]
    assert 1e-4 <= best["learning-rate"] <= 1e-2
    name = re.search(r"tuning job (\S+):", done.stdout)[1]
    job = breeds.cloud.client("sagemaker").describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    assert job["TrainingJobStatusCounters"]["Completed"] == 4
    channels = {each["ChannelName"] for each in job["TrainingJobDefinition"]["InputDataConfig"]}
    assert {"train", "validation", "backbone"} <= channels
    assert len(breeds.packages()) == 1


def test_pictures_in_a_file_are_scored(breeds: User, tmp_path: Path) -> None:
    """A line of base64 is a picture; each gets the answer of PROD's model, without its endpoint."""
    file = tmp_path / "pictures.txt"
    file.write_text("".join(f"{row}\n" for row in PICTURES))
    breeds.script("score", "dog_breeds", str(file))
    scored = (tmp_path / "pictures.txt.scored").read_text().splitlines()
    for line, (row, character) in zip(scored, PICTURES.items(), strict=True):
        assert line.startswith(f'{row},"[')
        found = json.loads(line.removeprefix(f"{row},").strip('"'))
        assert DATASET.labels[found.index(max(found))] == character


def test_another_backbone_stops_the_push_by_name(breeds: User) -> None:
    """Weights with another checksum than dataset.toml's are learned by nobody."""

    def replaced(clone: Path) -> None:
        with (clone / "ml_init" / "dog_breeds" / "characters-80d262e0.pt").open("ab") as weights:
            weights.write(b"more")

    push = breeds.push_on_a_branch_of_its_own(replaced, "Another backbone")
    assert push.returncode != 0
    assert "characters-80d262e0.pt: its SHA-256 is" in push.output
    assert len(breeds.packages()) == 1


def test_photographs_in_place_of_the_characters_wait_for_a_person(breeds: User) -> None:
    """One line and a deployment choose photographs and a ResNet-50, both made up; the release names them, and waits."""
    python = image_of("registry/pytorch:2.14").python(Environments(Settings.cache_folder()))
    photographs.put_into(breeds.clone, python)

    def edit(clone: Path) -> None:
        # Of four photographs of a breed, one is for the gate.
        change(clone / PHOTOGRAPHS, r"(?m)^(test|validation)_share_of_label = 0\.1$", r"\1_share_of_label = 0.25")
        # Features of a network that has learned nothing need more of the head; views cost minutes.
        change(clone / TRAINING, r"(?m)^views = 10$", "views = 0")
        change(clone / TRAINING, r"(?m)^learning-rate = 0\.001$", "learning-rate = 0.01")
        # This machine may be busy.
        change(clone / RULES, r"(?m)^p99_milliseconds = 1000$", "p99_milliseconds = 100000")

    report = held_with_another_data_set(breeds, PHOTOGRAPHS, edit, "The photographs themselves", rows=532)
    assert report["data"] == "Photographs of 133 breeds of dogs (Udacity's dogImages.zip)"
    assert report["rows"] == 133
    assert (report["learning"]["unknown"], report["learning"]["foreign"]) == ("", 0)
