"""Batch transform: a model's containers run for one job, and answer what lies in S3."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError, EngineError, UnsupportedError
from localcloud.platform.service import Call, Operations, Params, operation
from localcloud.services.sagemaker.accepted import accept_only
from localcloud.services.sagemaker.announcements import announce_transform_jobs
from localcloud.services.sagemaker.listing import page
from localcloud.services.sagemaker.models import container_specs, model_by_name
from localcloud.services.sagemaker.tags import put_tags
from localcloud.services.sagemaker.transform_filters import Processing
from localcloud.services.sagemaker.transform_run import TransformRun

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud
    from localcloud.platform.store import Document

_KNOWN = {
    *("TransformJobName", "ModelName", "MaxConcurrentTransforms", "ModelClientConfig", "MaxPayloadInMB"),
    *("BatchStrategy", "Environment", "TransformInput", "TransformOutput", "TransformResources", "DataProcessing"),
    *("Tags", "ExperimentConfig"),
}
_INPUT = {"DataSource", "ContentType", "CompressionType", "SplitType"}
_OUTPUT = {"S3OutputPath", "Accept", "AssembleWith", "KmsKeyId"}
_RESOURCES = {"InstanceType", "InstanceCount", "VolumeKmsKeyId"}
#: SageMaker's limits.
_MOST_PAYLOAD_MEGABYTES = 100
_MOST_VARIABLES = 16
_CUT_OFF = "InternalServerError: The local cloud ended while this job ran. Please try again."
_SUMMARY = (
    *("TransformJobName", "TransformJobArn", "CreationTime", "TransformEndTime", "LastModifiedTime"),
    *("TransformJobStatus", "FailureReason"),
)

log = logging.getLogger("localcloud.sagemaker.transform")


class TransformJobs(Operations):
    service = "sagemaker"

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self._jobs = cloud.store.table("sagemaker.transform_jobs")
        self._running: dict[str, tuple[threading.Event, threading.Thread]] = {}
        self._creating = threading.Lock()

    def start(self) -> None:
        """Ends the jobs that an earlier run left: as Failed, or as Stopped where a stop was under way."""
        announce_transform_jobs(self.cloud)
        for name, job in self._jobs.items():
            if job["TransformJobStatus"] == "Stopping":
                self._end(name, "Stopped")
            elif job["TransformJobStatus"] == "InProgress":
                self._end(name, "Failed", FailureReason=_CUT_OFF)

    def stop(self) -> None:
        running = list(self._running.values())
        for event, _ in running:
            event.set()
        for _, thread in running:
            thread.join(4)

    @operation("CreateTransformJob")
    def create(self, _: Call, params: Params) -> Params:
        _check(params)
        model = model_by_name(self.cloud, params["ModelName"])
        container_specs(self.cloud, model)
        name = params["TransformJobName"]
        arn = self.cloud.arn("sagemaker", f"transform-job/{name}")
        now = datetime.now(UTC)
        job = {
            **{key: value for key, value in params.items() if key != "Tags"},
            "TransformJobArn": arn,
            "TransformJobStatus": "InProgress",
            "CreationTime": now,
            "TransformStartTime": now,
            "LastModifiedTime": now,
        }
        stop = threading.Event()
        run = TransformRun(self.cloud, job, stop)
        with self._creating:
            if name in self._jobs:
                raise AwsError(
                    "ResourceInUse",
                    "Job name must be unique within an AWS account and region, and a job with this name already "
                    f"exists ({arn})",
                )
            self._jobs.put(name, job)
            thread = threading.Thread(target=self._work, args=(name, run), daemon=True, name=f"transform-{name}")
            self._running[name] = (stop, thread)
        put_tags(self.cloud, arn, params.get("Tags"))
        thread.start()
        return {"TransformJobArn": arn}

    @operation("DescribeTransformJob")
    def describe(self, _: Call, params: Params) -> Params:
        return self._job(params["TransformJobName"])

    @operation("ListTransformJobs")
    def list_jobs(self, _: Call, params: Params) -> Params:
        return page(
            (document for _, document in self._jobs.items()),
            params,
            name="TransformJobName",
            status="TransformJobStatus",
            answer="TransformJobSummaries",
            fields=_SUMMARY,
        )

    @operation("StopTransformJob")
    def stop_job(self, _: Call, params: Params) -> Params:
        name = params["TransformJobName"]
        status = self._job(name)["TransformJobStatus"]
        if status == "Stopping":
            return {}
        if status != "InProgress":
            raise AwsError(
                "ValidationException", f"The request was rejected because the transform job is in status {status}."
            )
        self._change(name, only_from="InProgress", TransformJobStatus="Stopping")
        running = self._running.get(name)
        if running:
            running[0].set()
        return {}

    def _job(self, name: str) -> Document:
        found = self._jobs.get(name)
        if found is None:
            raise AwsError("ValidationException", "Requested resource not found.")
        return found

    def _work(self, name: str, run: TransformRun) -> None:
        try:
            self._end(name, run.run())
        except (EngineError, AwsError) as error:
            self._end(name, "Failed", FailureReason=str(error)[:1024])
        except Exception as error:
            log.exception("transform job %s", name)
            self._end(name, "Failed", FailureReason=f"InternalServerError: {type(error).__name__}: {error}"[:1024])
        finally:
            self._running.pop(name, None)

    def _end(self, name: str, status: str, **changes: object) -> None:
        self._change(name, TransformJobStatus=status, TransformEndTime=datetime.now(UTC), **changes)

    def _change(self, name: str, *, only_from: object = "", **changes: object) -> None:
        def change(job: Document) -> None:
            if only_from in ("", job["TransformJobStatus"]):
                job.update(changes, LastModifiedTime=datetime.now(UTC))

        self._jobs.update(name, change)


def _check(params: Params) -> None:
    """Raises AwsError for what SageMaker refuses, UnsupportedError for what only SageMaker can do."""
    accept_only(params, _KNOWN, "CreateTransformJob")
    accept_only(params["TransformInput"], _INPUT, "CreateTransformJob with a TransformInput that has")
    accept_only(params["TransformOutput"], _OUTPUT, "CreateTransformJob with a TransformOutput that has")
    accept_only(params["TransformResources"], _RESOURCES, "CreateTransformJob with TransformResources that have")
    kind = params["TransformInput"]["DataSource"]["S3DataSource"]["S3DataType"]
    if kind != "S3Prefix":
        raise UnsupportedError(f"sagemaker:CreateTransformJob with the S3DataType {kind}")
    if len(params.get("Environment", {})) > _MOST_VARIABLES:
        raise AwsError("ValidationException", f"Environment has at most {_MOST_VARIABLES} entries.")
    payload, concurrent = params.get("MaxPayloadInMB", 0), params.get("MaxConcurrentTransforms", 0)
    if payload > _MOST_PAYLOAD_MEGABYTES or payload * concurrent > _MOST_PAYLOAD_MEGABYTES:
        raise AwsError(
            "ValidationException",
            f"MaxPayloadInMB [{payload}] and its product with MaxConcurrentTransforms [{concurrent}] must not exceed "
            f"{_MOST_PAYLOAD_MEGABYTES} MB.",
        )
    split = params["TransformInput"].get("SplitType", "None")
    if params.get("BatchStrategy") == "MultiRecord" and split == "None":
        raise AwsError(
            "ValidationException",
            "To enable the batch strategy, you must set the SplitType property to Line, RecordIO, or TFRecord.",
        )
    Processing.of(params)
