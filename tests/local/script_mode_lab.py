"""Source folders, and the training jobs that the SageMaker SDK's own ModelTrainer makes of them."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
from typing import TYPE_CHECKING, Any

from bench.lab.sagemaker_world import BUCKET, World
from localcloud.platform.environments import Environments
from localcloud.platform.settings import Settings
from tests.clouds import PROJECT
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TENSORFLOW = "763104351884.dkr.ecr.us-east-1.amazonaws.com/tensorflow-training:2.21.0-cpu-py312"


class Lab:
    """Source folders, and the jobs that the SDK makes of them."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self._folder = world, folder
        self._python = (
            Environments(Settings.cache_folder()).python(PROJECT / "ml_training" / "requirements.lock").python
        )

    def source(self, files: Mapping[str, str]) -> Path:
        folder = self._folder / f"source-{len(list(self._folder.iterdir()))}"
        folder.mkdir()
        for name, text in files.items():
            (folder / name).write_text(text)
        return folder

    def start(self, name: str, files: Mapping[str, str], source: dict[str, str], **more: Any) -> Any:
        given = {"source_dir": str(self.source(files)), "entry_script": "train.py", **source}
        asked = {
            "image": TENSORFLOW,
            "name": name,
            "role": self.world.role,
            "bucket": BUCKET,
            "source_code": given,
            **more,
        }
        return subprocess.run(
            [self._python, PROJECT / "tests" / "local" / "script_mode_job.py"],
            input=json.dumps(asked),
            env=self.world.cloud.environment | {"SAGEMAKER_VALIDATE_ROLE": "false"},
            capture_output=True,
            text=True,
            check=False,
        )

    def train(self, name: str, files: Mapping[str, str], *, source: dict[str, str] | None = None, **more: Any) -> Any:
        done = self.start(name, files, source or {}, **more)
        assert done.returncode == 0, done.stderr
        return until(
            lambda: self.world.sagemaker.describe_training_job(TrainingJobName=done.stdout.split()[-1]),
            lambda job: job["TrainingJobStatus"] in {"Completed", "Failed", "Stopped"},
            what=f"the end of {name}",
        )

    def log(self, job: dict[str, Any], host: str = "algo-1") -> str:
        group = "/aws/sagemaker/TrainingJobs"
        streams = self.world.logs.describe_log_streams(
            logGroupName=group, logStreamNamePrefix=f"{job['TrainingJobName']}/{host}-"
        )["logStreams"]
        events = self.world.logs.get_log_events(
            logGroupName=group, logStreamName=streams[0]["logStreamName"], startFromHead=True
        )["events"]
        return "\n".join(event["message"] for event in events)

    def archive(self, job: dict[str, Any], name: str = "model.tar.gz") -> dict[str, str]:
        return {file: content.decode() for file, content in self.files(job, name).items()}

    def files(self, job: dict[str, Any], name: str = "model.tar.gz") -> dict[str, bytes]:
        key = f"models/{job['TrainingJobName']}/output/{name}"
        body = self.world.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        with tarfile.open(fileobj=io.BytesIO(body)) as archive:
            return {member.name: archive.extractfile(member).read() for member in archive if member.isfile()}
