"""Data capture: a share of an endpoint's requests and answers as JSON lines in S3, in the format of Model Monitor."""

from __future__ import annotations

import base64
import json
import logging
import random
import threading
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from localcloud.services.sagemaker.s3_data import S3Address, S3Data

if TYPE_CHECKING:
    from localcloud.platform.role_session import RoleSession
    from localcloud.platform.store import Document

#: AWS's seconds between two files, and the longest interval in this machine's.
_FLUSH_SECONDS = 60.0
_FLUSH_SECONDS_HERE = 2.0

log = logging.getLogger("localcloud.sagemaker.data_capture")


class DataCapture:
    """Collects lines by variant and hour. Writes them every few seconds, and the rest at ``close``."""

    def __init__(self, endpoint: str, config: Document, roles: dict[str, RoleSession], *, time_scale: float) -> None:
        """``config``: an enabled DataCaptureConfig; ``roles``: the execution role of each variant's model."""
        self._flush_seconds = min(_FLUSH_SECONDS_HERE, _FLUSH_SECONDS / time_scale)
        self._endpoint = endpoint
        self._roles = roles
        self._share: float = config["InitialSamplingPercentage"] / 100
        self._destination = S3Address.parse(config["DestinationS3Uri"])
        self._kms_key_id = config.get("KmsKeyId")
        modes = {option["CaptureMode"] for option in config["CaptureOptions"]}
        self._input = bool(modes & {"Input", "InputAndOutput"})
        self._output = bool(modes & {"Output", "InputAndOutput"})
        self._encodings = encodings(config.get("CaptureContentTypeHeader", {}))
        self._lines: dict[tuple[str, str], list[str]] = {}
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._flush_regularly, daemon=True, name=f"capture-{endpoint}")
        self._thread.start()

    def wants_this_request(self) -> bool:
        return random.random() < self._share  # noqa: S311  (a sample, not a secret)

    def record(
        self, variant: str, request: tuple[str, bytes], answer: tuple[str, bytes], inference_id: str | None
    ) -> None:
        """Stores one request and its answer, each as (content type, body)."""
        now = datetime.now(UTC)
        data: dict[str, Any] = {}
        if self._input:
            data["endpointInput"] = captured("INPUT", *request, self._encodings)
        if self._output:
            data["endpointOutput"] = captured("OUTPUT", *answer, self._encodings)
        metadata = {"eventId": str(uuid.uuid4()), "inferenceTime": now.strftime("%Y-%m-%dT%H:%M:%SZ")}
        if inference_id:
            metadata["inferenceId"] = inference_id
        line = json.dumps({"captureData": data, "eventMetadata": metadata, "eventVersion": "0"})
        with self._lock:
            self._lines.setdefault((variant, now.strftime("%Y/%m/%d/%H")), []).append(line)

    def close(self) -> None:
        self._closed.set()
        self._thread.join(5)
        self._flush()

    def _flush_regularly(self) -> None:
        while not self._closed.wait(self._flush_seconds):
            self._flush()

    def _flush(self) -> None:
        with self._lock:
            batches, self._lines = self._lines, {}
        for (variant, hour), lines in batches.items():
            name = f"{datetime.now(UTC):%M-%S-%f}"[:-3] + f"-{uuid.uuid4()}.jsonl"
            prefix = f"{self._destination.key.rstrip('/')}/" if self._destination.key else ""
            address = S3Address(self._destination.bucket, f"{prefix}{self._endpoint}/{variant}/{hour}/{name}")
            try:
                S3Data(self._roles[variant]).put(address, ("\n".join(lines) + "\n").encode(), self._kms_key_id)
            except (ClientError, BotoCoreError) as error:
                log.warning("%d captured requests of %s are lost, %s: %s", len(lines), self._endpoint, address, error)


def encodings(header: Document) -> dict[str, str]:
    """Content type → CSV or JSON, from a CaptureContentTypeHeader. Other types are captured as BASE64."""
    csv, json_ = header.get("CsvContentTypes", []), header.get("JsonContentTypes", [])
    return dict.fromkeys(csv, "CSV") | dict.fromkeys(json_, "JSON")


def captured(mode: str, content_type: str, body: bytes, known: dict[str, str]) -> dict[str, str]:
    """One side of a captured request."""
    encoding = known.get(content_type) or known.get(content_type.partition(";")[0].strip(), "BASE64")
    data = base64.b64encode(body).decode() if encoding == "BASE64" else body.decode("utf-8", "replace")
    return {"observedContentType": content_type, "mode": mode, "data": data, "encoding": encoding}
