"""The built-in algorithm factorization-machines: training, and its endpoint's formats, by boto3."""

from __future__ import annotations

import io
import json
import random
import sys
import tarfile
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from bench.lab.sagemaker_world import BUCKET, World
from ml_init.recordio import CONTENT_TYPE, Row, encode
from tests.clouds import PROJECT

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.local

IMAGE = "382416733822.dkr.ecr.us-east-1.amazonaws.com/factorization-machines:1"
USERS, TITLES = 20, 30
WIDTH = USERS + TITLES
HYPERPARAMETERS = {
    "feature_dim": str(WIDTH),
    "num_factors": "4",
    "predictor_type": "binary_classifier",
    "epochs": "20",
    "mini_batch_size": "50",
    "factors_lr": "0.01",
    "linear_lr": "0.01",
    "factors_init_sigma": "0.1",
}
JSON, JSON_LINES = "application/json", "application/jsonlines"


def ratings() -> list[Row]:
    """Even users like even titles, odd users odd ones."""
    pairs = [(user, title) for user in range(USERS) for title in range(TITLES)]
    random.Random(3).shuffle(pairs)  # noqa: S311  (a fixed order, not a secret)
    return [Row((1.0, 1.0), (user, USERS + title), WIDTH, float((user + title) % 2 == 0)) for user, title in pairs]


def sparse(user: int, title: int) -> dict[str, Any]:
    return {"data": {"features": {"keys": [user, USERS + title], "shape": [WIDTH], "values": [1, 1]}}}


def dense(user: int, title: int) -> list[float]:
    return [float(place in (user, USERS + title)) for place in range(WIDTH)]


class Machines:
    """Jobs and the endpoint ``machines`` in a world."""

    def __init__(self, world: World) -> None:
        self.world = world
        rows = ratings()
        for name, part in (("train/part-0", rows[:200]), ("train/part-1", rows[200:400]), ("test/part-0", rows[400:])):
            world.put(f"machines/{name}.pbr", encode(part))

    def train(self, name: str, changes: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
        return self.world.train(
            name,
            **{
                "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
                "InputDataConfig": [self.channel("train"), self.channel("test")],
                "HyperParameters": HYPERPARAMETERS | (changes or {}),
                **more,
            },
        )

    def channel(self, name: str, content_type: str = CONTENT_TYPE, uri: str | None = None) -> dict[str, Any]:
        return self.world.channel(name, uri or f"s3://{BUCKET}/machines/{name}/", content_type)

    def ask(self, body: bytes | str, content_type: str = JSON, **more: Any) -> bytes:
        answer = self.world.runtime.invoke_endpoint(
            EndpointName="machines", Body=body, ContentType=content_type, **more
        )
        found: bytes = answer["Body"].read()
        return found


@pytest.fixture(scope="module")
def machines(sagemaker_world: World) -> Machines:
    return Machines(sagemaker_world)


@pytest.fixture(scope="module")
def trained(machines: Machines) -> dict[str, Any]:
    """A job at its end."""
    job = machines.train("machines")
    assert job["TrainingJobStatus"] == "Completed", job
    return job


@pytest.fixture(scope="module")
def endpoint(machines: Machines, trained: dict[str, Any]) -> Iterator[Machines]:
    """The endpoint ``machines`` of the trained model."""
    world = machines.world
    artifact = trained["ModelArtifacts"]["S3ModelArtifacts"]
    world.model("machines", [{"Image": IMAGE, "ModelDataUrl": artifact}])
    found = world.endpoint("machines", world.config("machines", "machines"))
    assert found["EndpointStatus"] == "InService", found
    yield machines
    world.delete_endpoint("machines")


def test_a_job_learns_from_several_files_and_reports_on_the_test_channel(
    machines: Machines, trained: dict[str, Any]
) -> None:
    """The job has the algorithm's own metrics, and its artifact is the one file that AWS's has."""
    metrics = {item["MetricName"]: item["Value"] for item in trained["FinalMetricDataList"]}
    assert metrics["test:binary_classification_accuracy"] > 0.95
    assert {"train:progress", "train:throughput", "test:binary_f_beta"} < metrics.keys()
    assert metrics["train:progress"] == 100
    key = trained["ModelArtifacts"]["S3ModelArtifacts"].partition(f"{BUCKET}/")[2]
    body = machines.world.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as tar:
        assert tar.getnames() == ["model_algo-1"]


@pytest.mark.parametrize(
    ("name", "changes", "reason"),
    [
        ("fm-unknown", {"factors": "3"}, "ClientError: Additional hyperparameters are not allowed ('factors' was"),
        ("fm-missing", {"predictor_type": "ranker"}, "ClientError: The value 'ranker' is not valid for"),
        ("fm-narrow", {"feature_dim": "9"}, "ClientError: Channel 'train': record 0 has the shape [50]"),
        ("fm-diverged", {"factors_lr": "1e30", "linear_lr": "1e30"}, "ClientError: The training diverged in epoch"),
    ],
)
def test_a_fault_of_the_user_fails_the_job_by_name(
    machines: Machines, name: str, changes: dict[str, str], reason: str
) -> None:
    """Hyperparameters and data that cannot be, and rates too high, are a ClientError that says which."""
    job = machines.train(name, changes)
    assert job["TrainingJobStatus"] == "Failed"
    assert reason in job["FailureReason"]


def test_csv_is_refused_for_training(machines: Machines) -> None:
    """The algorithm trains on RecordIO-protobuf alone: a channel of CSV fails, and so does a file that is CSV."""
    declared = machines.train("fm-csv", InputDataConfig=[machines.channel("train", "text/csv")])
    assert "'text/csv' is not one of ['application/x-recordio-protobuf']" in declared["FailureReason"]
    uri = machines.world.put("machines/csv/part-0.csv", "1,0,1\n").rpartition("/")[0]
    hidden = machines.train("fm-hidden", InputDataConfig=[machines.channel("train", uri=f"{uri}/")])
    assert "Unable to read data channel 'train'" in hidden["FailureReason"]
    assert "part-0.csv" in hidden["FailureReason"]


def test_sparse_and_dense_json_are_answered_alike(endpoint: Machines) -> None:
    """A record in full, in either notation, and the same record by its keys have the same score and label."""
    body = {"instances": [sparse(2, 4), {"features": dense(2, 4)}, {"data": {"features": {"values": dense(2, 4)}}}]}
    answers = json.loads(endpoint.ask(json.dumps(body)))["predictions"]
    assert [sorted(answer) for answer in answers] == [["predicted_label", "score"]] * 3
    assert len({answer["score"] for answer in answers}) == 1
    assert answers[0]["score"] > 0.5
    assert answers[0]["predicted_label"] == 1
    alone = json.loads(endpoint.ask(json.dumps({"instances": [sparse(2, 5)]})))["predictions"]
    assert alone[0]["score"] < 0.5
    assert alone[0]["predicted_label"] == 0


def test_recordio_and_json_lines_hold_the_same_answers(endpoint: Machines) -> None:
    """Each format in gives the same scores, and each format out holds them."""
    pairs = [(1, 1), (1, 2), (7, 3)]
    wanted = json.loads(endpoint.ask(json.dumps({"instances": [sparse(*pair) for pair in pairs]})))["predictions"]
    body = encode(Row((1.0, 1.0), (user, USERS + title), WIDTH) for user, title in pairs)
    assert json.loads(endpoint.ask(body, CONTENT_TYPE))["predictions"] == wanted
    lines = "".join(json.dumps(sparse(*pair)) + "\n" for pair in pairs)
    found = endpoint.ask(lines, JSON_LINES, Accept=JSON_LINES).decode().splitlines()
    assert [json.loads(line) for line in found] == wanted
    records = endpoint.ask(body, CONTENT_TYPE, Accept=CONTENT_TYPE)
    sys.path.insert(0, str(PROJECT / "localcloud" / "images" / "container_library"))
    import recordio

    labels = [record.label for record in recordio.read(records)]
    assert [float(label["score"].values[0]) for label in labels] == [answer["score"] for answer in wanted]
    assert [float(label["predicted_label"].values[0]) for label in labels] == [
        answer["predicted_label"] for answer in wanted
    ]


@pytest.mark.parametrize(
    ("body", "content_type", "status", "message"),
    [
        ("1,0,1", "text/csv", 415, "content-type text/csv not supported"),
        ("1,0,1", JSON, 400, "unable to evaluate payload provided"),
        (json.dumps({"instances": []}), JSON, 400, "unable to evaluate payload provided"),
        (json.dumps({"instances": [{"features": [1, 2]}]}), JSON, 400, "unable to evaluate payload provided"),
        (json.dumps({"rows": [[1, 2]]}), JSON, 400, "unable to evaluate payload provided"),
        (b"1,0,1", CONTENT_TYPE, 400, "unable to evaluate payload provided"),
        (encode([Row((1.0,), (WIDTH,), WIDTH + 1)]), CONTENT_TYPE, 400, "unable to evaluate payload provided"),
    ],
)
def test_bad_requests_get_the_algorithms_status_and_words(
    endpoint: Machines, body: bytes | str, content_type: str, status: int, message: str
) -> None:
    """CSV is a type that the algorithm does not take (415); what it takes and cannot read is a bad request (400)."""
    with pytest.raises(ClientError) as error:
        endpoint.ask(body, content_type)
    assert error.value.response["OriginalStatusCode"] == status
    assert message in error.value.response["OriginalMessage"]


def test_an_accept_that_it_does_not_have_is_answered_as_json(endpoint: Machines) -> None:
    """The algorithm falls back to JSON, where other containers refuse."""
    answer = endpoint.ask(json.dumps({"instances": [sparse(1, 1)]}), Accept="text/csv")
    assert list(json.loads(answer)) == ["predictions"]


def test_a_regressor_answers_scores_alone(machines: Machines) -> None:
    """predictor_type regressor reports rmse, mse and absolute loss, and predicts a number without a label."""
    rows = [Row(row.values, row.keys, WIDTH, 3.0 + (row.label or 0)) for row in ratings()]
    uri = machines.world.put("machines/numbers/part-0.pbr", encode(rows)).rpartition("/")[0]
    channels = [machines.channel("train", uri=f"{uri}/"), machines.channel("test", uri=f"{uri}/")]
    changes = {"predictor_type": "regressor", "bias_lr": "0.1", "epochs": "40"}
    job = machines.train("fm-regressor", changes, InputDataConfig=channels)
    metrics = {item["MetricName"]: item["Value"] for item in job["FinalMetricDataList"]}
    assert metrics["test:rmse"] < 0.4
    world = machines.world
    world.model("regressor", [{"Image": IMAGE, "ModelDataUrl": job["ModelArtifacts"]["S3ModelArtifacts"]}])
    assert world.endpoint("regressor", world.config("regressor", "regressor"))["EndpointStatus"] == "InService"
    body = json.dumps({"instances": [sparse(2, 4), sparse(2, 5)]})
    answers = json.loads(world.invoke("regressor", body, ContentType=JSON))["predictions"]
    assert [list(answer) for answer in answers] == [["score"], ["score"]]
    assert answers[0]["score"] == pytest.approx(4, abs=0.7)
    assert answers[1]["score"] == pytest.approx(3, abs=0.7)
    world.delete_endpoint("regressor")


def test_an_archive_of_another_algorithm_does_not_serve(machines: Machines) -> None:
    """The endpoint fails, and its log says that there is no model_algo-1."""
    world = machines.world
    world.model("fm-foreign", [{"Image": IMAGE, "ModelDataUrl": world.xgboost_model}])
    found = world.endpoint("fm-foreign", world.config("fm-foreign", "fm-foreign"))
    assert found["EndpointStatus"] == "Failed"
    world.delete_endpoint("fm-foreign")
