"""One training job's work: channels down, the image's train program, artifacts up."""

from __future__ import annotations

import json
import logging
import shutil
from collections import deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from localcloud.images.container_environment import base_environment
from localcloud.images.registry import image_of
from localcloud.platform.errors import EngineError, UnsupportedError
from localcloud.platform.processes import Ended
from localcloud.services.sagemaker.execution_role import ExecutionLog, execution_role, pull
from localcloud.services.sagemaker.metric_lines import MetricLines
from localcloud.services.sagemaker.s3_data import S3Data

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from pathlib import Path

    from localcloud.platform.cloud import Cloud
    from localcloud.platform.processes import Exit
    from localcloud.platform.store import Document

log = logging.getLogger("localcloud.sagemaker.training")

LOG_GROUP = "/aws/sagemaker/TrainingJobs"
HOST = "algo-1"
#: AWS's limit of a failure reason; the end of an error says more than its beginning.
_REASON_CHARACTERS = 1024
_REMEMBERED_LINES = 30


class TrainingRun:
    """Does the work on the caller's thread. ``enter`` is told each secondary status when it begins."""

    def __init__(self, cloud: Cloud, job: Document, enter: Callable[[str], None], stop: threading.Event) -> None:
        self._cloud = cloud
        self._job = job
        self._name = job["TrainingJobName"]
        self._enter = enter
        self._stop = stop
        self._image = image_of(job["AlgorithmSpecification"]["TrainingImage"])
        metrics = self._image.description.training.metrics if self._image.description.training else ()
        given = job["AlgorithmSpecification"].get("MetricDefinitions", [])
        self._role = execution_role(
            cloud, job["RoleArn"], f"SageMaker-{self._name}", resource=f"training-job/{self._name}"
        )
        self._metrics = MetricLines([*metrics, *((item["Name"], item["Regex"]) for item in given)])
        self._last_lines: deque[str] = deque(maxlen=_REMEMBERED_LINES)
        self.changes: Document = {}

    def run(self) -> str:
        """The secondary status that the job ends in: Completed, Stopped or MaxRuntimeExceeded.

        Raises EngineError with the failure reason. ``changes`` has what to add to the job's document.
        """
        root = self._cloud.work_folder("sagemaker-training", self._name)
        stream = f"{self._name}/{HOST}-{int(self._job['CreationTime'].timestamp())}"
        output = ExecutionLog(self._role, LOG_GROUP, stream)
        try:
            return self._run(root, root / "opt" / "ml", output)
        except (ClientError, BotoCoreError) as error:
            raise EngineError(f"ClientError: {error}") from error
        finally:
            output.close()
            shutil.rmtree(root, ignore_errors=True)

    def _run(self, root: Path, opt_ml: Path, output: ExecutionLog) -> str:
        data = S3Data(self._role)
        self._pull()
        self._enter("Downloading")
        write_input(opt_ml, self._job)
        for channel in self._job.get("InputDataConfig", []):
            self._download(data, channel, opt_ml / "input" / "data" / channel["ChannelName"])
        self._enter("Training")
        self.changes["TrainingStartTime"] = datetime.now(UTC)
        done = self._train(root, output)
        self.changes["TrainingEndTime"] = datetime.now(UTC)
        seconds = int((self.changes["TrainingEndTime"] - self.changes["TrainingStartTime"]).total_seconds())
        self.changes |= {"TrainingTimeInSeconds": max(seconds, 1), "BillableTimeInSeconds": max(seconds, 1)}
        self._report_metrics()
        if done.how in {Ended.EXITED, Ended.KILLED} and not done.ok:
            raise EngineError(failure_reason(_failure_file(opt_ml), "\n".join(self._last_lines), done))
        self._upload(data, opt_ml)
        return {Ended.STOPPED: "Stopped", Ended.TIMED_OUT: "MaxRuntimeExceeded"}.get(done.how, "Completed")

    def _pull(self) -> None:
        try:
            pull(self._role, self._job["AlgorithmSpecification"]["TrainingImage"])
        except EngineError as error:
            raise EngineError(f"ClientError: {error}") from error

    def _download(self, data: S3Data, channel: Document, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        uri = channel["DataSource"]["S3DataSource"]["S3Uri"]
        try:
            count = data.download_prefix(uri, folder, gzipped=channel.get("CompressionType") == "Gzip")
        except (EngineError, OSError, ClientError) as error:
            raise EngineError(f"ClientError: Data download failed: {uri}: {error}") from error
        if not count:
            raise EngineError(
                f'ClientError: No S3 objects found under S3 URL "{uri}" given in input data source (channel '
                f"{channel['ChannelName']}). Please ensure that the bucket exists, that objects exist under that S3 "
                f'prefix, and that the role "{self._job["RoleArn"]}" has "s3:ListBucket" permissions on it.'
            )

    def _train(self, root: Path, output: ExecutionLog) -> Exit:
        program = self._image.program("train")
        if program is None:
            raise UnsupportedError(f"Training with the image {self._job['AlgorithmSpecification']['TrainingImage']}")

        def on_line(line: str) -> None:
            output.write(line)
            self._last_lines.append(line)
            self._metrics.read(line)

        credentials = (
            {} if self._job.get("EnableNetworkIsolation") else self._cloud.clients.environment(self._role.credentials)
        )
        return self._cloud.processes.run(
            [str(self._image.python(self._cloud.environments)), str(program)],
            cwd=root,
            environment={
                **base_environment(root),
                **credentials,
                **self._job.get("Environment", {}),
                **self._image.environment(self._cloud.environments),
                "TRAINING_JOB_NAME": self._name,
                "TRAINING_JOB_ARN": self._job["TrainingJobArn"],
            },
            on_line=on_line,
            timeout_seconds=self._job["StoppingCondition"]["MaxRuntimeInSeconds"],
            stop=self._stop,
        )

    def _report_metrics(self) -> None:
        final = self._metrics.final()
        if final:
            self.changes["FinalMetricDataList"] = final
            try:
                self._metrics.put(self._role.client("cloudwatch"), f"{self._name}/{HOST}")
            except ClientError as error:  # the job has its final values all the same
                log.warning("the metrics of %s are not in CloudWatch: %s", self._name, error)

    def _upload(self, data: S3Data, opt_ml: Path) -> None:
        """The model, and what lies in output/data; a stopped job uploads what it had."""
        self._enter("Uploading")
        output = self._job["OutputDataConfig"]
        base = f"{output['S3OutputPath'].rstrip('/')}/{self._name}/output"
        data.upload_archive(opt_ml / "model", f"{base}/model.tar.gz", output.get("KmsKeyId"))
        self.changes["ModelArtifacts"] = {"S3ModelArtifacts": f"{base}/model.tar.gz"}
        extra = opt_ml / "output" / "data"
        if extra.is_dir() and any(extra.iterdir()):
            data.upload_archive(extra, f"{base}/output.tar.gz", output.get("KmsKeyId"))


def write_input(opt_ml: Path, job: Document) -> None:
    """The folders and the three configuration files that SageMaker puts before a training container."""
    for folder in ("input/config", "input/data", "model", "output/data"):
        (opt_ml / folder).mkdir(parents=True)
    channels = {
        channel["ChannelName"]: {
            "TrainingInputMode": channel.get("InputMode", "File"),
            "S3DistributionType": channel["DataSource"]["S3DataSource"].get(
                "S3DataDistributionType", "FullyReplicated"
            ),
            "RecordWrapperType": channel.get("RecordWrapperType", "None"),
            **({"ContentType": channel["ContentType"]} if channel.get("ContentType") else {}),
        }
        for channel in job.get("InputDataConfig", [])
    }
    resources: dict[str, Any] = {
        "current_host": HOST,
        "hosts": [HOST],
        "current_instance_type": job["ResourceConfig"].get("InstanceType"),
        "network_interface_name": "lo",
    }
    for name, document in (
        ("hyperparameters", job.get("HyperParameters", {})),
        ("inputdataconfig", channels),
        ("resourceconfig", resources),
    ):
        (opt_ml / "input" / "config" / f"{name}.json").write_text(json.dumps(document))


def _failure_file(opt_ml: Path) -> str:
    path = opt_ml / "output" / "failure"
    return path.read_text(errors="replace") if path.is_file() else ""


def failure_reason(written: str, log_end: str, done: Exit) -> str:
    """AWS's form: whose fault it is, the end of the error, the exit code.

    ``written`` is what the program left in /opt/ml/output/failure, and the log's end stands in where it left nothing.
    """
    text = (written or log_end).strip()
    kind = "ClientError" if text.startswith("ClientError:") else "AlgorithmError"
    text = text.removeprefix(f"{kind}:").strip()
    how = f"exit code: {done.code}" if done.how is Ended.EXITED else str(done)
    room = _REASON_CHARACTERS - len(kind) - len(how) - 4
    return f"{kind}: {text[-room:]}, {how}"
