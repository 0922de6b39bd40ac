"""The workload with a script of its own, in TensorFlow, takes the same way to PROD."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import User, in_prod_beside_others
from tests.e2e.test_release import change, gate_report, reported_while_learning

PROD = "iris-prod"
SETOSA = "5.1,3.5,1.4,0.2"
WEIGHTS = "1/variables/variables.data-00000-of-00001"


@pytest.fixture(scope="module")
def iris(workshop: User) -> Iterator[User]:
    """A user whose HEAD of iris is in PROD."""
    with in_prod_beside_others(workshop, "iris") as user:
        yield user


def test_prod_answers_as_tensorflow_serving_does(iris: User) -> None:
    """`make ask` gives the species; a caller's own JSON gets the species and its probabilities."""
    assert iris.ask(SETOSA) == "setosa"
    body = json.dumps({"instances": [[5.1, 3.5, 1.4, 0.2], [6.9, 3.1, 5.4, 2.1]]})
    answer = iris.cloud.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=PROD, ContentType="application/json", Body=body
    )
    setosa, virginica = json.loads(answer["Body"].read())["predictions"]
    assert (setosa["label"], virginica["label"]) == ("setosa", "virginica")
    assert sum(setosa["probabilities"]) == pytest.approx(1, abs=1e-5)
    assert max(setosa["probabilities"]) == setosa["probabilities"][0]


def test_its_door_tells_the_species_and_the_probability_of_each(iris: User) -> None:
    """Through the API, by `make call`, with the release that answered."""
    answer = iris.call(SETOSA)
    assert (answer["label"], answer["release"]) == ("setosa", 1)
    assert list(answer["probabilities"]) == ["setosa", "versicolor", "virginica"]
    assert max(answer["probabilities"].values()) == answer["probabilities"]["setosa"]


def test_the_gate_judged_all_thirty_rows_and_found_what_was_learned(iris: User) -> None:
    """A first good model is promoted; the script's channels hide no rows from the gate."""
    (package,) = iris.packages()
    report = gate_report(iris, package)
    assert (report["verdict"], report["rows"]) == ("PROMOTE", 30)
    assert report["learning"]["unknown"] == ""
    # After each ten of a hundred epochs.
    assert reported_while_learning(report) == dict.fromkeys(
        ("train:loss", "validation:loss", "validation:accuracy"), 10
    )
    properties = package["CustomerMetadataProperties"]
    assert {"validation_loss", "validation_accuracy"} <= properties.keys()
    (container,) = package["InferenceSpecification"]["Containers"]
    assert "/tensorflow-inference:" in container["Image"]


def test_the_same_script_outside_sagemaker_makes_the_same_model(iris: User) -> None:
    """`make train-here` asks no cloud, and its archive has the job's files and weights."""
    done = iris.script("train_here", "iris", "--archive", "out/here.tar.gz")
    assert "validation:loss = " in done.stdout
    (package,) = iris.packages()
    address = package["InferenceSpecification"]["Containers"][0]["ModelDataUrl"].removeprefix("s3://")
    bucket, _, key = address.partition("/")
    trained = files(iris.cloud.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())
    here = files((iris.clone / "out" / "here.tar.gz").read_bytes())
    assert here.keys() == trained.keys()
    assert here[WEIGHTS] == trained[WEIGHTS]


def test_a_script_that_fails_stops_the_release_with_its_reason(iris: User) -> None:
    """The push ends at training, and its output has the script's own error."""

    def broken(clone: Path) -> None:
        script = clone / "ml_training" / "iris" / "code" / "train.py"
        change(script, r"(?m)^    given = arguments\(\)$", "    given = arguments()\n    raise ValueError('no petals')")

    push = iris.push_on_a_branch_of_its_own(broken, "A script that fails")
    assert push.returncode != 0
    assert "ValueError: no petals" in push.output
    assert len(iris.packages()) == 1
    assert iris.ask(SETOSA) == "setosa"


def files(archive: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar if member.isfile()}
