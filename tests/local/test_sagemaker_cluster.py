"""A training job of several hosts, by the jobs' own code in this process: no shipped image trains on more than one."""

from __future__ import annotations

import io
import shutil
import tarfile
from pathlib import Path
from typing import Any

import pytest

from localcloud.images.registry import Image
from localcloud.platform.administrator import SECRET_FILE
from localcloud.platform.cloud import Cloud
from localcloud.platform.environments import Environments
from localcloud.platform.processes import kill_leftovers
from localcloud.platform.service import Call, Caller
from localcloud.platform.settings import Settings
from localcloud.services.sagemaker import training_jobs, training_run
from localcloud.services.sagemaker.training_jobs import TrainingJobs
from tests.clouds import PROJECT, LocalCloud
from tests.waiting import until

pytestmark = pytest.mark.local

DESCRIPTION = """
repository = "together"
python = "3.11"
[training]
content_types = ["text/csv"]
script_mode = false
distributed = true
[[training.metrics]]
name = "rows"
regex = 'rows=([0-9]+)'
"""
#: Each host counts the rows that it was given; algo-1 hears of the others' by their names, and writes the sum.
PROGRAM = """
import json, socket, sys, time
from container import hosts, opt_ml

config = opt_ml() / "input" / "config"
me = json.loads((config / "resourceconfig.json").read_text())["current_host"]
settings = json.loads((config / "hyperparameters.json").read_text())
rows = sum(len(path.read_text().split()) for path in (opt_ml() / "input" / "data" / "train").iterdir())
print(f"{me} rows={rows}", flush=True)
if settings.get("fails") == me:
    (opt_ml() / "output" / "failure").write_text("ClientError: out of ideas")
    sys.exit(7)
PORT = 7101
if "same" in settings:
    (opt_ml() / "model" / settings["same"]).touch()
    sys.exit()
while settings.get("waits") == me:
    time.sleep(0.05)
(opt_ml() / "model" / f"rows-of-{me}").write_text(str(rows))
if me == "algo-1":
    with socket.create_server((hosts()[me], PORT)) as server:
        for _ in range(len(hosts()) - 1):
            other, _ = server.accept()
            rows += int(other.makefile().read())
    (opt_ml() / "model" / "sum").write_text(str(rows))
else:
    while True:
        try:
            with socket.create_connection((hosts()["algo-1"], PORT)) as leader:
                leader.sendall(str(rows).encode())
            break
        except ConnectionRefusedError:
            time.sleep(0.05)
"""
#: A job that brings its program: hosts find their leader by what the SDK's driver tells them.
SCRIPT = """
import json, os, socket, time
from pathlib import Path

names, me = json.loads(os.environ["SM_HOSTS"]), os.environ["SM_CURRENT_HOST"]
leader = os.environ["SM_MASTER_ADDR"], int(os.environ["SM_MASTER_PORT"])
assert socket.gethostname() == me
heard = [me]
if me == leader[0]:
    with socket.create_server(leader) as server:
        for _ in names[1:]:
            other, _ = server.accept()
            heard.append(other.makefile().read())
    Path(os.environ["SM_MODEL_DIR"], "heard").write_text(" ".join(sorted(heard)))
else:
    while True:
        try:
            with socket.create_connection(leader) as connection:
                connection.sendall(me.encode())
            break
        except ConnectionRefusedError:
            time.sleep(0.05)
print(me, "of", *names, "led by", *leader)
"""
ENTRY_POINT = """
set -e
python3 /opt/ml/input/data/sm_drivers/scripts/environment.py > /dev/null
. /opt/ml/input/sm_training.env
python3 /opt/ml/input/data/code/train.py
"""


class Jobs:
    """Training jobs with an image of the test's own, as the administrator of a running local cloud."""

    def __init__(self, running: LocalCloud, cloud: Cloud) -> None:
        self.cloud = cloud
        self.s3, self.logs = running.client("s3"), running.client("logs")
        self._jobs = TrainingJobs(cloud)
        caller = Caller(account_id="123456789012", access_key_id="A", arn="arn:aws:iam::123456789012:root")
        self._call = Call(service="sagemaker", operation="", region="us-east-1", caller=caller, request_id="1")

    def start(self, name: str, hosts: int, distribution: str = "FullyReplicated", **settings: str) -> None:
        source = {"S3DataType": "S3Prefix", "S3Uri": "s3://cluster/in/", "S3DataDistributionType": distribution}
        self._jobs.create(self._call, self._job(name, hosts, source, settings))

    def start_script(self, name: str, hosts: int) -> None:
        source = {"S3DataType": "S3Prefix", "S3Uri": "s3://cluster/in/"}
        job = self._job(name, hosts, source, {})
        job["AlgorithmSpecification"]["ContainerEntrypoint"] = ["/bin/bash", "-c", ENTRY_POINT]
        for channel in ("code", "sm_drivers"):
            given = {"S3DataType": "S3Prefix", "S3Uri": f"s3://cluster/{channel}/"}
            job["InputDataConfig"].append({"ChannelName": channel, "DataSource": {"S3DataSource": given}})
        self._jobs.create(self._call, job)

    @staticmethod
    def _job(name: str, hosts: int, source: dict[str, str], settings: dict[str, str]) -> dict[str, Any]:
        return {
            "TrainingJobName": name,
            "AlgorithmSpecification": {"TrainingImage": "tests/together:1", "TrainingInputMode": "File"},
            "RoleArn": "arn:aws:iam::123456789012:role/r",
            "InputDataConfig": [{"ChannelName": "train", "DataSource": {"S3DataSource": source}}],
            "OutputDataConfig": {"S3OutputPath": "s3://cluster/out"},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": hosts, "VolumeSizeInGB": 1},
            "HyperParameters": settings,
        }

    def train(self, name: str, hosts: int, distribution: str = "FullyReplicated", **settings: str) -> dict[str, Any]:
        self.start(name, hosts, distribution, **settings)
        return self.end(name)

    def stop(self, name: str) -> None:
        self._jobs.stop_job(self._call, {"TrainingJobName": name})

    def end(self, name: str) -> dict[str, Any]:
        return until(
            lambda: self._jobs.describe(self._call, {"TrainingJobName": name}),
            lambda found: found["TrainingJobStatus"] in {"Completed", "Failed", "Stopped"},
            what=f"the end of {name}",
        )

    def model(self, job: dict[str, Any]) -> dict[str, str]:
        key = job["ModelArtifacts"]["S3ModelArtifacts"].removeprefix("s3://cluster/")
        body = self.s3.get_object(Bucket="cluster", Key=key)["Body"].read()
        with tarfile.open(fileobj=io.BytesIO(body)) as archive:
            return {name: archive.extractfile(name).read().decode() for name in archive.getnames()}

    def log(self, job: str, host: str) -> list[str]:
        """Empty where the host has written nothing yet."""
        group = "/aws/sagemaker/TrainingJobs"
        try:
            found = self.logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{job}/{host}-")
        except self.logs.exceptions.ResourceNotFoundException:
            return []
        streams = [stream["logStreamName"] for stream in found["logStreams"]]
        events = [self.logs.get_log_events(logGroupName=group, logStreamName=name)["events"] for name in streams]
        return [event["message"] for found in events for event in found]


def made(folder: Path, description: str, *, program: str = "") -> Image:
    folder.mkdir()
    (folder / "image.toml").write_text(description)
    if program:
        (folder / "train.py").write_text(program)
    (folder / "requirements.lock").touch()
    return Image.at(folder)


@pytest.fixture
def image(tmp_path: Path) -> Image:
    """One with a program of its own."""
    return made(tmp_path / "together", DESCRIPTION, program=PROGRAM)


@pytest.fixture
def jobs(local_cloud: LocalCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, image: Image) -> Jobs:
    home = tmp_path / "home"
    home.mkdir()
    for module in (training_jobs, training_run):
        monkeypatch.setattr(module, "image_of", lambda _: image)
    shutil.copy(local_cloud.home / SECRET_FILE, home / SECRET_FILE)
    port = int(local_cloud.endpoint_url.rpartition(":")[2])
    cloud = Cloud.assemble(Settings(port=port, home=home, cache=Settings.cache_folder()))
    monkeypatch.setattr(cloud.clients, "assume_role", lambda *_, **__: local_cloud.administrator)
    found = Jobs(local_cloud, cloud)
    found.s3.create_bucket(Bucket="cluster")
    for name in "abc":
        found.s3.put_object(Bucket="cluster", Key=f"in/{name}", Body=b"1 2 3")
    return found


def test_hosts_train_together(jobs: Jobs) -> None:
    """Each has a root, a log and data of its own, they find each other by name, and the model is of them all."""
    job = jobs.train("together", 3)
    assert job["TrainingJobStatus"] == "Completed", job
    assert jobs.model(job) == {f"rows-of-algo-{n}": "9" for n in (1, 2, 3)} | {"sum": "27"}
    for host in ("algo-1", "algo-2", "algo-3"):
        assert jobs.log("together", host) == [f"{host} rows=9"]
    assert [(metric["MetricName"], metric["Value"]) for metric in job["FinalMetricDataList"]] == [("rows", 9.0)]


def test_a_channel_is_shared_out_where_it_says_so(jobs: Jobs) -> None:
    """ShardedByS3Key: each object is on one host."""
    job = jobs.train("shared-out", 2, "ShardedByS3Key")
    assert jobs.model(job) == {"rows-of-algo-1": "6", "rows-of-algo-2": "3", "sum": "9"}


def test_one_hosts_end_is_the_jobs(jobs: Jobs) -> None:
    """The job has failed, the reason names the host, and no other host goes on."""
    job = jobs.train("fails", 2, fails="algo-2")
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"] == "ClientError: algo-2: out of ideas, exit code: 7"
    assert kill_leftovers(str(jobs.cloud.settings.home)) == 0
    assert not list((jobs.cloud.settings.home / "work" / "sagemaker-training").iterdir())


def test_a_stop_ends_all_hosts(jobs: Jobs) -> None:
    """The job is Stopped, with the model that it has so far, and no host goes on."""
    jobs.start("stops", 2, waits="algo-2")
    until(lambda: jobs.log("stops", "algo-2"), what="the second host's first line")
    jobs.stop("stops")
    job = jobs.end("stops")
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "Stopped")
    assert jobs.model(job) == {"rows-of-algo-1": "9"}
    assert kill_leftovers(str(jobs.cloud.settings.home)) == 0


def test_names_of_files_that_clash_fail_the_job(jobs: Jobs) -> None:
    """AWS promises nothing about them, so no host's file silently wins."""
    job = jobs.train("clash", 2, same="model.bin")
    assert job["TrainingJobStatus"] == "Failed"
    assert "would be one file of the archive, model.bin. Let one host write it" in job["FailureReason"]


class TestScriptMode:
    """Jobs that bring their program and the SDK's driver, on an image without packages."""

    @pytest.fixture
    def image(self, tmp_path: Path) -> Image:
        return made(tmp_path / "together", DESCRIPTION.replace("script_mode = false", "script_mode = true"))

    def test_two_jobs_at_once_find_their_own_leaders(self, jobs: Jobs) -> None:
        """The driver's SM_MASTER_ADDR and its port are the same in all jobs, and each job has its own hosts there."""
        packages = Environments(Settings.cache_folder()).python(PROJECT / "ml_training" / "requirements.lock")
        drivers = packages.site_packages / "sagemaker" / "train" / "container_drivers"
        for path in drivers.rglob("*.py"):
            key = f"sm_drivers/{path.relative_to(drivers)}"
            jobs.s3.put_object(Bucket="cluster", Key=key, Body=path.read_bytes())
        jobs.s3.put_object(Bucket="cluster", Key="code/train.py", Body=SCRIPT.encode())
        sizes = {"two": 2, "three": 3}
        for name, hosts in sizes.items():
            jobs.start_script(name, hosts)
        for name, hosts in sizes.items():
            job = jobs.end(name)
            assert job["TrainingJobStatus"] == "Completed", job
            names = [f"algo-{number}" for number in range(1, hosts + 1)]
            assert jobs.model(job) == {"heard": " ".join(names)}
            for host in names:
                assert f"{host} of {' '.join(names)} led by algo-1 7777" in jobs.log(name, host)
