"""The work of one transform job: starts the model's containers, asks them for every record, uploads the answers."""

from __future__ import annotations

import shutil
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from localcloud.platform.errors import EngineError
from localcloud.services.sagemaker.container import Container
from localcloud.services.sagemaker.execution_role import ExecutionLog, execution_role
from localcloud.services.sagemaker.models import container_specs, model_by_name
from localcloud.services.sagemaker.place import Place
from localcloud.services.sagemaker.s3_data import S3Address, S3Data
from localcloud.services.sagemaker.transform_client import RefusedError, TransformClient
from localcloud.services.sagemaker.transform_filters import Processing
from localcloud.services.sagemaker.transform_records import assembled, batches, split

if TYPE_CHECKING:
    import threading
    from pathlib import Path

    from localcloud.platform.cloud import Cloud
    from localcloud.platform.store import Document

#: By which a container knows that it answers no endpoint's callers.
_IN_BATCH = {"SAGEMAKER_BATCH": "true"}
_STARTUP_SECONDS = 300
#: SageMaker's defaults ("CreateTransformJob").
_TIMEOUT_SECONDS, _RETRIES, _CONCURRENT, _PAYLOAD_MEGABYTES = 600, 3, 1, 6
_STRATEGIES = {"SINGLE_RECORD": "SingleRecord", "MULTI_RECORD": "MultiRecord"}


class _StoppedError(Exception):
    pass


class TransformRun:
    """Does the work on the caller's thread; ``stop`` ends it soon."""

    def __init__(self, cloud: Cloud, job: Document, stop: threading.Event) -> None:
        self._cloud = cloud
        self._job = job
        self._name: str = job["TransformJobName"]
        self._stop = stop
        self._model = model_by_name(cloud, job["ModelName"])
        self._role = execution_role(
            cloud, self._model["ExecutionRoleArn"], f"SageMaker-{self._name}", resource=f"transform-job/{self._name}"
        )
        self._processing = Processing.of(job)
        self._containers: list[Container] = []

    def run(self) -> str:
        """Returns the job's last status, Completed or Stopped. Raises EngineError with the failure reason."""
        folder = self._cloud.work_folder("sagemaker-transform", f"{self._name}-{uuid.uuid4().hex[:12]}")
        instance = f"i-{uuid.uuid4().hex[:17]}"
        log = ExecutionLog(self._role, "/aws/sagemaker/TransformJobs", f"{self._name}/{instance}/data-log")
        try:
            self._download(folder)
            self._start(instance)
            return self._transform(folder, log)
        except _StoppedError:
            return "Stopped"
        except (ClientError, BotoCoreError) as error:
            raise EngineError(f"ClientError: {error}") from error
        finally:
            for container in self._containers:
                container.stop()
            log.close()
            shutil.rmtree(folder, ignore_errors=True)

    def _download(self, folder: Path) -> None:
        given = self._job["TransformInput"]
        uri = given["DataSource"]["S3DataSource"]["S3Uri"]
        count = S3Data(self._role).download_prefix(uri, folder, gzipped=given.get("CompressionType") == "Gzip")
        if not count:
            raise EngineError(f"ClientError: No S3 objects found under S3 URL {uri}. Please check the prefix.")

    def _start(self, instance: str) -> None:
        """Returns when every container has answered its ping."""
        isolated = self._model.get("EnableNetworkIsolation", False)
        for spec in container_specs(self._cloud, self._model):
            told = replace(spec, environment={**spec.environment, **self._job.get("Environment", {}), **_IN_BATCH})
            place = Place.of_transform_job(self._name, instance, spec.name)
            self._containers.append(Container(self._cloud, told, place, self._role, isolated=isolated))
        for container in self._containers:
            try:
                container.wait_until_healthy(_STARTUP_SECONDS, self._stop)
            except EngineError as error:
                if self._stop.is_set():
                    raise _StoppedError from error
                raise EngineError(f"AlgorithmError: {error}") from error

    def _transform(self, folder: Path, log: ExecutionLog) -> str:
        """Each input on its own: one that fails leaves no output, and the others theirs."""
        client = self._client()
        plan = self._plan(client)
        log.write(
            f"[sagemaker logs]: MaxConcurrentTransforms={plan['MaxConcurrentTransforms']}, "
            f"MaxPayloadInMB={plan['MaxPayloadInMB']}, BatchStrategy={plan['BatchStrategy']}"
        )
        faults: list[EngineError] = []
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            name = str(path.relative_to(folder))
            try:
                self._upload(name, self._output(path.read_bytes(), client, plan))
            except EngineError as error:
                faults.append(error)
                for line in _log_lines(name, error):
                    log.write(line)
        if faults:
            raise EngineError(f"{_kind(faults)}: See job logs for more information")
        return "Completed"

    def _output(self, content: bytes, client: TransformClient, plan: dict[str, Any]) -> bytes:
        kind = self._job["TransformInput"].get("SplitType", "None")
        end = b"\n" if kind == "Line" else b""
        groups = batches(
            split(content, kind),
            several=plan["BatchStrategy"] == "MultiRecord",
            most_megabytes=plan["MaxPayloadInMB"],
            end=end,
        )

        def ask(records: list[bytes]) -> list[bytes]:
            if self._stop.is_set():
                raise _StoppedError
            processing = self._processing
            sent = [processing.request(record) for record in records] if processing else records
            answer = client.ask(b"".join(record + end for record in sent))
            if processing is None:
                return [answer.body]
            return processing.answers(
                records, answer.body, self._job["TransformOutput"].get("Accept") or answer.content_type
            )

        with ThreadPoolExecutor(max_workers=plan["MaxConcurrentTransforms"]) as pool:
            parts = [part for found in pool.map(ask, groups) for part in found]
        return assembled(parts, lines=self._job["TransformOutput"].get("AssembleWith") == "Line")

    def _client(self) -> TransformClient:
        config = self._job.get("ModelClientConfig", {})
        return TransformClient(
            containers=self._containers,
            content_type=self._job["TransformInput"].get("ContentType", ""),
            accept=self._job["TransformOutput"].get("Accept", ""),
            timeout_seconds=config.get("InvocationsTimeoutInSeconds", _TIMEOUT_SECONDS),
            retries=config.get("InvocationsMaxRetries", _RETRIES),
            stop=self._stop,
        )

    def _plan(self, client: TransformClient) -> dict[str, Any]:
        """What the job leaves open is the container's to say, then SageMaker's default."""
        told = client.parameters()
        told["BatchStrategy"] = _STRATEGIES.get(told.get("BatchStrategy", ""))
        default = {
            "MaxConcurrentTransforms": _CONCURRENT,
            "MaxPayloadInMB": _PAYLOAD_MEGABYTES,
            "BatchStrategy": "MultiRecord",
        }
        plan = {}
        for name, otherwise in default.items():
            given = self._job.get(name)
            # 0 concurrent transforms ask for the container's number; 0 megabytes are no limit.
            open_ = given is None or (name == "MaxConcurrentTransforms" and given == 0)
            plan[name] = (told.get(name) or otherwise) if open_ else given
        return plan

    def _upload(self, name: str, content: bytes) -> None:
        output = self._job["TransformOutput"]
        address = S3Address.parse(f"{output['S3OutputPath'].rstrip('/')}/{name}.out")
        S3Data(self._role).put(address, content, output.get("KmsKeyId"))


def _log_lines(name: str, error: EngineError) -> list[str]:
    if isinstance(error, RefusedError) and error.status:
        said = [f"Bad HTTP status received from algorithm: {error.status}", "", "Message:", *str(error).splitlines()]
    else:
        said = str(error).splitlines()
    return [f"[sagemaker logs]: {name}: {line}" for line in said]


def _kind(faults: list[EngineError]) -> str:
    """Whose fault it is: the request's, if any was the request's."""
    ours = [fault.status >= 400 and fault.status < 500 for fault in faults if isinstance(fault, RefusedError)]
    others = [str(fault).startswith("ClientError") for fault in faults if not isinstance(fault, RefusedError)]
    return "ClientError" if any([*ours, *others]) else "AlgorithmError"
