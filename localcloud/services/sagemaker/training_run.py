"""The work of one training job: downloads channels to each host, runs the image's train program, uploads artifacts."""

from __future__ import annotations

import json
import logging
import shutil
from collections import deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from localcloud.images.registry import image_of
from localcloud.platform.errors import EngineError
from localcloud.platform.processes import Ended
from localcloud.services.sagemaker.cluster import Cluster
from localcloud.services.sagemaker.execution_role import ExecutionLog, execution_role, pull
from localcloud.services.sagemaker.metric_lines import MetricLines
from localcloud.services.sagemaker.place import Place
from localcloud.services.sagemaker.s3_data import WHOLE, S3Data, Share
from localcloud.services.sagemaker.training_input import write_input
from localcloud.services.sagemaker.training_program import training_program

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping, Sequence

    from localcloud.platform.cloud import Cloud
    from localcloud.platform.processes import Exit
    from localcloud.platform.store import Document
    from localcloud.services.sagemaker.cluster import Ending, Host

log = logging.getLogger("localcloud.sagemaker.training")

#: AWS's limit for a failure reason. The end of an error says more than its beginning.
_REASON_CHARACTERS = 1024
_REMEMBERED_LINES = 30


class TrainingRun:
    """Does the work on the caller's thread. ``enter`` gets each secondary status when it begins."""

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
        self._program = training_program(cloud, self._image, job, self._role)
        self._metrics = MetricLines([*metrics, *((item["Name"], item["Regex"]) for item in given)])
        self._last_lines: dict[str, deque[str]] = {}
        self.changes: Document = {}

    def run(self) -> str:
        """Returns the job's last secondary status: Completed, Stopped or MaxRuntimeExceeded.

        Raises EngineError with the failure reason. ``changes`` has the additions to the job's document.
        """
        root = self._cloud.work_folder("sagemaker-training", self._name)
        cluster = Cluster(self._cloud.processes, root, self._job["ResourceConfig"].get("InstanceCount", 1))
        logs: dict[str, ExecutionLog] = {}
        try:
            for host in cluster.hosts:
                place = Place.of_training_job(self._job, host.name)
                logs[host.name] = ExecutionLog(self._role, place.log_group, place.log_stream)
                self._last_lines[host.name] = deque(maxlen=_REMEMBERED_LINES)
            return self._run(cluster, logs)
        except (ClientError, BotoCoreError) as error:
            raise EngineError(f"ClientError: {error}") from error
        finally:
            for log_of_host in logs.values():
                log_of_host.close()
            shutil.rmtree(root, ignore_errors=True)

    def values_of(self, metric: str) -> list[float]:
        """What the job has reported under this name so far, in order. Its log may go on meanwhile."""
        return [reading.value for reading in self._metrics.readings() if reading.name == metric]

    def _run(self, cluster: Cluster, logs: Mapping[str, ExecutionLog]) -> str:
        data = S3Data(self._role)
        self._pull()
        self._enter("Downloading")
        self._install(logs[cluster.hosts[0].name])
        for number, host in enumerate(cluster.hosts):
            write_input(host, cluster.hosts, self._job)
            for channel in self._job.get("InputDataConfig", []):
                self._download(data, channel, host, Share(number, len(cluster.hosts)))
            self._program.prepare(host)
        self._enter("Training")
        self.changes["TrainingStartTime"] = datetime.now(UTC)
        done = self._train(cluster, logs)
        self.changes["TrainingEndTime"] = datetime.now(UTC)
        seconds = int((self.changes["TrainingEndTime"] - self.changes["TrainingStartTime"]).total_seconds())
        self.changes |= {"TrainingTimeInSeconds": max(seconds, 1), "BillableTimeInSeconds": max(seconds, 1)}
        self._report_metrics()
        if done.failed is not None:
            log_end = "\n".join(self._last_lines[done.failed.name])
            named = done.failed.name if len(cluster.hosts) > 1 else ""
            written = self._program.said(done.failed, _failure_file(done.failed))
            raise EngineError(failure_reason(written, log_end, done.exit, host=named))
        self._upload(data, cluster.hosts)
        return {Ended.STOPPED: "Stopped", Ended.TIMED_OUT: "MaxRuntimeExceeded"}.get(done.exit.how, "Completed")

    def _pull(self) -> None:
        try:
            pull(self._role, self._job["AlgorithmSpecification"]["TrainingImage"])
        except EngineError as error:
            raise EngineError(f"ClientError: {error}") from error

    def _install(self, log_of_first: ExecutionLog) -> None:
        """Makes the image's environment if this is its first job. Of large packages the log tells before."""
        environments = self._cloud.environments
        if notice := self._image.notice(environments):
            log_of_first.write(notice)
            log.warning(notice)
        self._image.packages(environments)

    def _download(self, data: S3Data, channel: Document, host: Host, share: Share) -> None:
        """Downloads the channel's objects to a host, or the host's share of them where the channel says so."""
        folder = host.opt_ml / "input" / "data" / channel["ChannelName"]
        folder.mkdir(parents=True, exist_ok=True)
        source = channel["DataSource"]["S3DataSource"]
        uri, sharded = source["S3Uri"], source.get("S3DataDistributionType") == "ShardedByS3Key"
        gzipped = channel.get("CompressionType") == "Gzip"
        try:
            count = data.download_prefix(uri, folder, gzipped=gzipped, share=share if sharded else WHOLE)
        except (EngineError, OSError, ClientError) as error:
            raise EngineError(f"ClientError: Data download failed: {uri}: {error}") from error
        if not count:
            raise EngineError(
                f'ClientError: No S3 objects found under S3 URL "{uri}" given in input data source (channel '
                f"{channel['ChannelName']}). Please ensure that the bucket exists, that objects exist under that S3 "
                f'prefix, and that the role "{self._job["RoleArn"]}" has "s3:ListBucket" permissions on it.'
            )

    def _train(self, cluster: Cluster, logs: Mapping[str, ExecutionLog]) -> Ending:
        def on_line(host: Host, text: str) -> None:
            line = self._program.said(host, text)
            logs[host.name].write(line)
            self._last_lines[host.name].append(line)
            self._metrics.read(line, host.name)

        credentials = (
            {} if self._job.get("EnableNetworkIsolation") else self._cloud.clients.environment(self._role.credentials)
        )
        addresses = json.dumps({host.name: host.address for host in cluster.hosts})
        return cluster.run(
            self._program.command,
            environment=lambda host: {
                **credentials,
                **self._program.environment(host),
                "TRAINING_JOB_NAME": self._name,
                "TRAINING_JOB_ARN": self._job["TrainingJobArn"],
                "LOCALCLOUD_HOST": host.name,
                "LOCALCLOUD_HOSTS": addresses,
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
                self._metrics.put(self._role.client("cloudwatch"), self._name)
            except ClientError as error:  # the job has its final values all the same
                log.warning("the metrics of %s are not in CloudWatch: %s", self._name, error)

    def _upload(self, data: S3Data, hosts: Sequence[Host]) -> None:
        """Uploads the model, and output/data, of all hosts together. A stopped job uploads what it has."""
        self._enter("Uploading")
        output = self._job["OutputDataConfig"]
        base = f"{output['S3OutputPath'].rstrip('/')}/{self._name}/output"
        models = [host.opt_ml / "model" for host in hosts]
        data.upload_archive(models, f"{base}/model.tar.gz", output.get("KmsKeyId"))
        self.changes["ModelArtifacts"] = {"S3ModelArtifacts": f"{base}/model.tar.gz"}
        extra = [host.opt_ml / "output" / "data" for host in hosts]
        if any(folder.is_dir() and any(folder.iterdir()) for folder in extra):
            data.upload_archive(extra, f"{base}/output.tar.gz", output.get("KmsKeyId"))


def _failure_file(host: Host) -> str:
    path = host.opt_ml / "output" / "failure"
    return path.read_text(errors="replace") if path.is_file() else ""


def failure_reason(written: str, log_end: str, done: Exit, *, host: str = "") -> str:
    """The reason in AWS's form: whose fault, which of several hosts, the end of the error, the exit code.

    ``written``: the program's text in /opt/ml/output/failure. If it left none, the log's end takes its place.
    """
    text = (written or log_end).strip()
    kind = "ClientError" if text.startswith("ClientError:") else "AlgorithmError"
    text = text.removeprefix(f"{kind}:").strip()
    how = f"exit code: {done.code}" if done.how is Ended.EXITED else str(done)
    begin = f"{kind}: {host}: " if host else f"{kind}: "
    room = _REASON_CHARACTERS - len(begin) - len(how) - 2
    return f"{begin}{text[-room:]}, {how}"
