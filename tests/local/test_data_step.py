"""The data step against Glue's real Spark, and its bundles in MLeap 0.20.0, the version of AWS's container."""

from __future__ import annotations

import http.client
import io
import json
import os
import socket
import subprocess
import tarfile
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from handover.addresses import S3Address
from handover.data import SPLITS
from handover.plain_text import lines
from localcloud.images.registry import image_of
from localcloud.platform import tar_archives
from localcloud.platform.environments import Environments
from localcloud.platform.settings import Settings
from ml_init.dataset import Dataset
from ml_init.split import split_of
from ml_steps.objects import read_all
from tests.local.steps import PROJECT, SCRIPT_KEY, Steps
from tests.waiting import DEADLINE_SECONDS, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.clouds import LocalCloud

pytestmark = pytest.mark.local

WORKLOAD = PROJECT / "ml_init" / "car_evaluation"
DATASET = Dataset.read(WORKLOAD / "dataset.toml")
LINES = (WORKLOAD / "car.data").read_text().splitlines()


def lines_of(steps: Steps, name: str) -> list[str]:
    return [
        line
        for content in read_all(steps.cloud.client("s3"), S3Address.parse(steps.data().features.splits[name]))
        for line in lines(content.decode())
    ]


def ranks(values: list[str]) -> list[float]:
    return [float(column.categories.index(value)) for column, value in zip(DATASET.features, values, strict=False)]


def test_spark_splits_by_the_stated_rule(prepared: Steps) -> None:
    """Spark's SHA-256 and Python's put each row into the same split, and no test row is among the features."""
    expected: dict[str, list[str]] = {name: [] for name in SPLITS}
    for line in LINES:
        expected[split_of(line.split(",")[:-1], DATASET.split)].append(line)
    assert prepared.data().features.rows["test"] == len(expected["test"])
    for name in prepared.data().features.splits:
        numbers = sorted(lines_of(prepared, name))
        assert numbers == sorted(as_training_row(line) for line in expected[name])


def as_training_row(line: str) -> str:
    *features, label = line.split(",")
    return ",".join(str(value) for value in [float(DATASET.label.categories.index(label)), *ranks(features)])


def test_output_says_what_was_made_of_what(prepared: Steps) -> None:
    """data.json has rows, labels, addresses; the channels hold nothing but data."""
    data = prepared.data()
    assert data.data_sha256 == DATASET.file.sha256
    assert sum(data.features.rows.values()) == 1728
    assert data.features.labels == DATASET.label.categories
    assert data.made_by["glue_job_run_id"].startswith("jr_")
    prefix = S3Address.parse(data.features.splits["train"])
    found = prepared.cloud.client("s3").list_objects_v2(Bucket=prefix.bucket, Prefix=prefix.key)["Contents"]
    assert [entry["Key"].endswith(".csv") for entry in found] == [True]


def test_second_run_does_nothing_twice(prepared: Steps) -> None:
    """The same data and code cause no upload, no crawl and no job run, and give the same output."""
    before = prepared.data()
    done = prepared.prepare(job="data-step-transform")
    assert done.returncode == 0, done.stderr
    assert "no job run needed" in done.stdout
    assert replace(prepared.data(), made_by={}) == replace(before, made_by={})
    runs = prepared.cloud.client("glue").get_job_runs(JobName="data-step-transform")["JobRuns"]
    assert len(runs) == 1


def test_failed_job_ends_the_step(local_cloud: LocalCloud, tmp_path: Path) -> None:
    """The step exits with 1, the run's id and Glue's reason, and writes no data.json."""
    steps = Steps(cloud=local_cloud, folder=tmp_path, bucket="data-step-fails")
    steps.create_resources()
    steps.create_job("fails", "code/fails.py")
    script = b"raise RuntimeError('the disk of the fourth worker is full')\n"
    local_cloud.client("s3").put_object(Bucket=steps.bucket, Key="code/fails.py", Body=script)
    done = steps.prepare(job="fails")
    assert done.returncode == 1
    assert "ERROR: The Glue job fails ended FAILED (run jr_" in done.stderr
    assert "the disk of the fourth worker is full" in done.stderr
    assert not (steps.out / "data.json").exists()


def test_changed_type_stops_the_step_before_its_job(local_cloud: LocalCloud, tmp_path: Path) -> None:
    """A table whose column is no longer of the contract's type ends the step by name, and no job has run."""
    steps = Steps(cloud=local_cloud, folder=tmp_path, bucket="data-step-changed")
    steps.create_resources()
    glue = local_cloud.client("glue")
    columns = [{"Name": column.name, "Type": "string"} for column in DATASET.columns]
    columns[2]["Type"] = "bigint"
    table = {"Name": "rows", "StorageDescriptor": {"Columns": columns}, "PartitionKeys": [{"Name": "partition_0"}]}
    glue.create_table(DatabaseName=steps.database, TableInput=table)
    # So that the crawler leaves it as it is.
    glue.update_crawler(Name=f"{steps.bucket}-rows", SchemaChangePolicy={"UpdateBehavior": "LOG"})
    done = steps.prepare(job=f"{steps.bucket}-transform")
    assert done.returncode == 1
    assert (
        "ERROR: The table data-step-changed.rows is not as dataset.toml says: "
        "column doors is bigint, expected string." in done.stderr
    )
    assert glue.get_job_runs(JobName=f"{steps.bucket}-transform")["JobRuns"] == []
    assert not (steps.out / "data.json").exists()


def test_job_reads_the_catalog_as_its_role(local_cloud: LocalCloud, tmp_path: Path) -> None:
    """A job whose role may read the files, and not the catalog, fails with IAM's words."""
    steps = Steps(cloud=local_cloud, folder=tmp_path, bucket="data-step-blind")
    steps.create_resources()
    role = steps.role("glue.amazonaws.com", name="data-step-without-catalog")
    without = {"Effect": "Deny", "Action": "glue:Get*", "Resource": "*"}
    local_cloud.client("iam").put_role_policy(
        RoleName="data-step-without-catalog",
        PolicyName="blind",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [without]}),
    )
    steps.create_job("blind", SCRIPT_KEY, role=role)
    done = steps.prepare(job="blind")
    assert done.returncode == 1
    assert "ERROR: The Glue job blind ended FAILED (run jr_" in done.stderr
    assert "is not authorized to perform: glue:GetTable on resource: arn:aws:glue:" in done.stderr


@contextmanager
def serving(prepared: Steps, folder: Path, name: str) -> Iterator[http.client.HTTPConnection]:
    """The SparkML container's server with the bundle ``preprocess`` or ``postprocess``."""
    transformation = prepared.data().features.transformations[name]
    address = S3Address.parse(transformation.bundle)
    archive = prepared.cloud.client("s3").get_object(Bucket=address.bucket, Key=address.key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(archive)) as bundle:
        tar_archives.unpack(bundle, folder / "opt" / "ml" / "model")
    with closing(socket.create_server(("127.0.0.1", 0))) as reserved:
        port = reserved.getsockname()[1]
    image, environments = image_of("registry/sagemaker-sparkml-serving:3.3"), Environments(Settings.cache_folder())
    server = subprocess.Popen(
        [image.python(environments), str(image.program("serve"))],
        env={
            **os.environ,
            **image.environment(environments),
            "LOCALCLOUD_CONTAINER_ROOT": str(folder),
            "SAGEMAKER_BIND_TO_PORT": str(port),
            "SAGEMAKER_SPARKML_SCHEMA": json.dumps(transformation.schema),
            "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "text/csv",
        },
    )
    try:
        yield connected(server, port)
    finally:
        server.kill()
        server.wait()


def connected(server: subprocess.Popen[Any], port: int) -> http.client.HTTPConnection:
    """A connection to the server, once it answers its ping."""

    def look() -> http.client.HTTPConnection | None:
        assert server.poll() is None, f"the server has ended with exit code {server.returncode}"
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE_SECONDS)
        try:
            connection.request("GET", "/ping")
        except ConnectionRefusedError:
            return None
        assert connection.getresponse().read() == b""
        return connection

    found = until(look, what="a server that answers its ping")
    assert found is not None
    return found


def answer(connection: http.client.HTTPConnection, body: str) -> tuple[int, str]:
    connection.request("POST", "/invocations", body=body, headers={"Content-Type": "text/csv"})
    response = connection.getresponse()
    return response.status, response.read().decode().strip()


def test_mleap_reads_the_preprocessing(prepared: Steps, tmp_path: Path) -> None:
    """Each of the 1,728 rows comes out as the very features that XGBoost was trained on; the unknown is refused."""
    with serving(prepared, tmp_path, "preprocess") as connection:
        for line in LINES:
            features = line.rpartition(",")[0]
            status, text = answer(connection, features)
            assert (status, [float(value) for value in text.split(",")]) == (200, ranks(features.split(",")))
        status, text = answer(connection, "low,low,5more,more,huge,high")
        assert (status, text.split(".")[0]) == (400, "Unseen label: huge")


def test_mleap_reads_the_postprocessing(prepared: Steps, tmp_path: Path) -> None:
    """XGBoost's class numbers come out as labels, in the order in which they went in."""
    with serving(prepared, tmp_path, "postprocess") as connection:
        for place, label in enumerate(DATASET.label.categories):
            assert answer(connection, f"{float(place)}\n") == (200, label)
