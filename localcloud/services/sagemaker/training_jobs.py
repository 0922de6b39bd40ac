"""Training jobs: real runs of the image's train program, with SageMaker's states."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from localcloud.images.registry import image_of
from localcloud.platform.errors import AwsError, EngineError, UnsupportedError
from localcloud.platform.service import Call, Operations, Params, operation
from localcloud.services.sagemaker.accepted import accept_only
from localcloud.services.sagemaker.announcements import announce_training_jobs
from localcloud.services.sagemaker.listing import page
from localcloud.services.sagemaker.tags import forget_tags, put_tags
from localcloud.services.sagemaker.training_run import TrainingRun

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud
    from localcloud.platform.store import Document

_KNOWN = {
    "TrainingJobName",
    "HyperParameters",
    "AlgorithmSpecification",
    "RoleArn",
    "InputDataConfig",
    "OutputDataConfig",
    "ResourceConfig",
    "StoppingCondition",
    "Tags",
    "Environment",
    # These change nothing here: no instance is ever interrupted, or on a network of its own.
    "EnableNetworkIsolation",
    "EnableInterContainerTrafficEncryption",
    "EnableManagedSpotTraining",
    "ExperimentConfig",
    "RetryStrategy",
}
_ALGORITHM = {
    "TrainingImage",
    "TrainingInputMode",
    "MetricDefinitions",
    "EnableSageMakerMetricsTimeSeries",
    "ContainerEntrypoint",
    "ContainerArguments",
}
#: How version 2 of the SDK and the images' training toolkit bring a program.
_TOOLKIT = {"sagemaker_program", "sagemaker_submit_directory"}
_CHANNEL = {"ChannelName", "DataSource", "ContentType", "CompressionType", "RecordWrapperType", "InputMode"}
_S3_SOURCE = {"S3DataType", "S3Uri", "S3DataDistributionType"}
_RESOURCES = {"InstanceType", "InstanceCount", "VolumeSizeInGB", "VolumeKmsKeyId"}
_MESSAGES = {
    "Starting": "Preparing the instances for training",
    "Downloading": "Downloading input data",
    "Training": "Training image download completed. Training in progress.",
    "Uploading": "Uploading generated training model",
    "Completed": "Training job completed",
    "Stopping": "Stopping the training job",
    "Stopped": "Training job stopped",
    "MaxRuntimeExceeded": "Training job runtime exceeded MaxRuntimeInSeconds provided",
}
#: AWS's quota for a new account. One machine needs no more.
_MOST_HOSTS = 20
_MAX_RUNTIME_SECONDS = 86_400
_CUT_OFF = "InternalServerError: The local cloud ended while this job ran. Please try again."

log = logging.getLogger("localcloud.sagemaker.training")


class TrainingJobs(Operations):
    service = "sagemaker"

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self._jobs = cloud.store.table("sagemaker.training_jobs")
        self._running: dict[str, tuple[threading.Event, threading.Thread]] = {}
        self._lock = threading.Lock()

    def start(self) -> None:
        """Ends the jobs that an earlier run left: as Failed, or as Stopped where a stop was under way."""
        announce_training_jobs(self.cloud)
        for name, job in self._jobs.items():
            ended: Document = {"TrainingEndTime": datetime.now(UTC)}
            if job["TrainingJobStatus"] == "Stopping":
                self._enter(name, "Stopped", TrainingJobStatus="Stopped", **ended)
            elif job["TrainingJobStatus"] == "InProgress":
                self._enter(name, "Failed", TrainingJobStatus="Failed", FailureReason=_CUT_OFF, **ended)

    def stop(self) -> None:
        with self._lock:
            running = list(self._running.values())
        for event, _ in running:
            event.set()
        for _, thread in running:
            thread.join(4)

    @operation("CreateTrainingJob")
    def create(self, _: Call, params: Params) -> Params:
        self.begin(params)
        return {"TrainingJobArn": self.cloud.arn("sagemaker", f"training-job/{params['TrainingJobName']}")}

    def begin(self, params: Params, **origin: str) -> TrainingRun:
        """Starts a job. ``origin``: what its description tells of who began it, such as the TuningJobArn.

        Raises AwsError for what CreateTrainingJob refuses.
        """
        check_training_job(params)
        name = params["TrainingJobName"]
        arn = self.cloud.arn("sagemaker", f"training-job/{name}")
        now = datetime.now(UTC)
        job = {
            **{key: value for key, value in params.items() if key != "Tags"},
            **origin,
            "TrainingJobArn": arn,
            "StoppingCondition": {"MaxRuntimeInSeconds": _MAX_RUNTIME_SECONDS, **params.get("StoppingCondition", {})},
            "EnableManagedSpotTraining": params.get("EnableManagedSpotTraining", False),
            "EnableNetworkIsolation": params.get("EnableNetworkIsolation", False),
            "EnableInterContainerTrafficEncryption": params.get("EnableInterContainerTrafficEncryption", False),
            "TrainingJobStatus": "InProgress",
            "SecondaryStatus": "Starting",
            "SecondaryStatusTransitions": [
                {"Status": "Starting", "StartTime": now, "StatusMessage": _MESSAGES["Starting"]}
            ],
            "CreationTime": now,
            "LastModifiedTime": now,
        }
        stop = threading.Event()
        run = TrainingRun(self.cloud, job, lambda status: self._enter(name, status), stop)
        with self._lock:
            if name in self._jobs:
                raise AwsError(
                    "ResourceInUse",
                    "Job name must be unique within an AWS account and region, and a job with this name already "
                    f"exists ({arn})",
                )
            self._jobs.put(name, job)
            thread = threading.Thread(target=self._work, args=(name, run), daemon=True, name=f"training-{name}")
            self._running[name] = (stop, thread)
        put_tags(self.cloud, arn, params.get("Tags"))
        thread.start()
        return run

    def interrupt(self, name: str) -> None:
        """Stops a job if it is in progress, as StopTrainingJob does."""
        self._enter(name, "Stopping", only_from="InProgress", TrainingJobStatus="Stopping")
        with self._lock:
            running = self._running.get(name)
        if running:
            running[0].set()

    def wait_for_end(self, name: str) -> None:
        """Returns when nothing of the job runs any more."""
        with self._lock:
            running = self._running.get(name)
        if running:
            running[1].join()

    @operation("DescribeTrainingJob")
    def describe(self, _: Call, params: Params) -> Params:
        return self._job(params["TrainingJobName"])

    @operation("ListTrainingJobs")
    def list_jobs(self, _: Call, params: Params) -> Params:
        return page(
            (document for _, document in self._jobs.items()),
            params,
            name="TrainingJobName",
            status="TrainingJobStatus",
            answer="TrainingJobSummaries",
            fields=(
                "TrainingJobName",
                "TrainingJobArn",
                "CreationTime",
                "TrainingEndTime",
                "LastModifiedTime",
                "TrainingJobStatus",
                "SecondaryStatus",
            ),
        )

    @operation("StopTrainingJob")
    def stop_job(self, _: Call, params: Params) -> Params:
        name = params["TrainingJobName"]
        status = self._job(name)["TrainingJobStatus"]
        if status == "Stopping":
            return {}
        if status != "InProgress":
            raise AwsError(
                "ValidationException", f"The request was rejected because the training job is in status {status}."
            )
        self.interrupt(name)
        return {}

    @operation("DeleteTrainingJob")
    def delete(self, _: Call, params: Params) -> Params:
        job = self._job(params["TrainingJobName"])
        if job["TrainingJobStatus"] in {"InProgress", "Stopping"}:
            raise AwsError(
                "ResourceInUse", f"Training job {job['TrainingJobArn']} is {job['TrainingJobStatus']}; stop it first."
            )
        self._jobs.delete(job["TrainingJobName"])
        forget_tags(self.cloud, job["TrainingJobArn"])
        return {}

    def _job(self, name: str) -> Document:
        found = self._jobs.get(name)
        if found is None:
            raise AwsError("ValidationException", "Requested resource not found.")
        return found

    def _work(self, name: str, run: TrainingRun) -> None:
        try:
            ended = run.run()
            status = "Completed" if ended == "Completed" else "Stopped"
            self._enter(name, ended, TrainingJobStatus=status, **run.changes)
        except (EngineError, AwsError) as error:
            self._fail(name, run, str(error))
        except Exception as error:
            log.exception("training job %s", name)
            self._fail(name, run, f"InternalServerError: {type(error).__name__}: {error}")
        finally:
            with self._lock:
                self._running.pop(name, None)

    def _fail(self, name: str, run: TrainingRun, reason: str) -> None:
        changes = {"TrainingEndTime": datetime.now(UTC), **run.changes, "FailureReason": reason[:1024]}
        self._enter(name, "Failed", TrainingJobStatus="Failed", **changes)

    def _enter(self, name: str, status: str, *, only_from: str = "", **changes: object) -> None:
        """Begins the job's next secondary status and ends the one before.

        ``only_from``: changes nothing where the job has another status, for it may have ended meanwhile.
        """
        now = datetime.now(UTC)
        message = str(changes.get("FailureReason") or _MESSAGES[status])

        def change(job: Document) -> None:
            if only_from and job["TrainingJobStatus"] != only_from:
                return
            transitions = job["SecondaryStatusTransitions"]
            transitions[-1].setdefault("EndTime", now)
            ended = status in {"Completed", "Failed", "Stopped", "MaxRuntimeExceeded"}
            transition = {"Status": status, "StartTime": now, "StatusMessage": message}
            transitions.append(transition | ({"EndTime": now} if ended else {}))
            job.update(changes, SecondaryStatus=status, LastModifiedTime=now)

        self._jobs.update(name, change)


def check_training_job(params: Params) -> None:
    """Raises AwsError for what SageMaker refuses, UnsupportedError for what only SageMaker can do."""
    accept_only(params, _KNOWN, "CreateTrainingJob")
    algorithm = params["AlgorithmSpecification"]
    accept_only(algorithm, _ALGORITHM, "CreateTrainingJob with an AlgorithmSpecification that has")
    if "TrainingImage" not in algorithm:
        raise AwsError("ValidationException", "AlgorithmSpecification needs a TrainingImage.")
    image = image_of(algorithm["TrainingImage"])
    training = image.description.training
    if training is None:
        raise UnsupportedError(f"sagemaker:CreateTrainingJob with the image {algorithm['TrainingImage']}")
    _check_program(params, algorithm, script_mode=training.script_mode)
    if algorithm.get("TrainingInputMode", "File") != "File":
        raise UnsupportedError(f"sagemaker:CreateTrainingJob with TrainingInputMode {algorithm['TrainingInputMode']}")
    resources = params["ResourceConfig"]
    accept_only(resources, _RESOURCES, "CreateTrainingJob with a ResourceConfig that has")
    _check_hosts(resources, algorithm["TrainingImage"], distributed=training.distributed)
    output = params["OutputDataConfig"]
    if output.get("CompressionType", "GZIP") != "GZIP":
        raise UnsupportedError(
            f"sagemaker:CreateTrainingJob with OutputDataConfig.CompressionType {output['CompressionType']}"
        )
    _check_waiting(params)
    for channel in params.get("InputDataConfig", []):
        _check_channel(channel)


def _check_waiting(params: Params) -> None:
    """A job on spot instances may wait for them, and says for how long altogether."""
    stopping = params.get("StoppingCondition", {})
    longest, wait = stopping.get("MaxRuntimeInSeconds", _MAX_RUNTIME_SECONDS), stopping.get("MaxWaitTimeInSeconds")
    if params.get("EnableManagedSpotTraining") and (wait is None or wait < longest):
        raise AwsError(
            "ValidationException",
            "Invalid MaxWaitTimeInSeconds: MaxWaitTimeInSeconds must be present and be greater than or equal to "
            "MaxRuntimeInSeconds.",
        )


def _check_program(params: Params, algorithm: Params, *, script_mode: bool) -> None:
    image = algorithm["TrainingImage"]
    toolkit = sorted(_TOOLKIT & params.get("HyperParameters", {}).keys())
    channels = {channel["ChannelName"] for channel in params.get("InputDataConfig", [])}
    if script_mode and len(toolkit) == len(_TOOLKIT) and "sm_drivers" in channels:
        return  # as the SDK's tuner brings a program
    if toolkit:
        raise UnsupportedError(
            f"sagemaker:CreateTrainingJob with the hyperparameters {', '.join(toolkit)} of SDK version 2 and the image "
            f"{image} (version 3's ModelTrainer with SourceCode gives a ContainerEntrypoint)"
        )
    entry_point = algorithm.get("ContainerEntrypoint")
    if entry_point and not script_mode:
        raise UnsupportedError(f"sagemaker:CreateTrainingJob with a ContainerEntrypoint and the image {image}")
    if script_mode and not entry_point:
        raise UnsupportedError(
            f"sagemaker:CreateTrainingJob without a ContainerEntrypoint and with the image {image}, whose jobs bring "
            "their own program,"
        )
    if algorithm.get("ContainerArguments") and not entry_point:
        raise UnsupportedError(f"sagemaker:CreateTrainingJob with ContainerArguments alone and the image {image}")


def _check_hosts(resources: Params, image: str, *, distributed: bool) -> None:
    count = resources.get("InstanceCount", 1)
    if count > 1 and not distributed:
        raise UnsupportedError(
            f"sagemaker:CreateTrainingJob with InstanceCount {count} and the image {image}, which trains on one host,"
        )
    if not 1 <= count <= _MOST_HOSTS:
        raise AwsError(
            "ResourceLimitExceeded",
            f"The account-level service limit '{resources.get('InstanceType')} for training job usage' is "
            f"{_MOST_HOSTS} Instances, with current utilization of 0 Instances and a request delta of {count} "
            "Instances.",
        )


def _check_channel(channel: Params) -> None:
    what = "CreateTrainingJob with an input channel that has"
    accept_only(channel, _CHANNEL, what)
    accept_only(channel["DataSource"], {"S3DataSource"}, what)
    source = channel["DataSource"]["S3DataSource"]
    accept_only(source, _S3_SOURCE, what)
    for name, value, known in (
        ("InputMode", channel.get("InputMode", "File"), {"File"}),
        ("RecordWrapperType", channel.get("RecordWrapperType", "None"), {"None"}),
        ("S3DataType", source["S3DataType"], {"S3Prefix"}),
    ):
        if value not in known:
            raise UnsupportedError(
                f"sagemaker:CreateTrainingJob with channel {channel['ChannelName']} of {name} {value}"
            )
