"""Where a workload's data bucket holds its objects."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from handover.addresses import S3Address
from handover.errors import HandOverError
from handover.training_curve import NAME as CURVE

if TYPE_CHECKING:
    from datetime import datetime

#: Prefixes, on which roles get permissions.
RAW, ROWS, CODE, FEATURES, MODELS, GATE, CAPTURE, BATCH, INCOMING = (
    "raw/", "rows/", "code/", "features/", "models/", "gate/", "capture/", "batch/", "incoming/",
)  # fmt: skip

#: The key of a model that a training job has made; the group is the job's name.
MODEL_KEY = re.compile(rf"{MODELS}(?:[^/]+/)*([^/]+)/output/model\.tar\.gz")

#: The file of a transformation that the endpoint runs, in a folder of its own under the features.
BUNDLE = "model.tar.gz"

#: The catalog's table of rows: the crawler names it after the last folder of its target.
ROWS_TABLE = ROWS.rstrip("/")

#: The tag on every artifact of an approved package: PROD's role can read no others.
APPROVED_TAG = ("gatehouse:approval", "Approved")

#: ``yyyy/mm/dd/hh`` in the key of a captured file.
_DATE_PARTS = 4


def raw_file(bucket: str, sha256: str, name: str) -> S3Address:
    """The data set's file as fetched, under its own hash."""
    return S3Address(bucket=bucket, key=f"{RAW}{sha256}/{name}")


def rows_file(bucket: str, sha256: str, name: str) -> S3Address:
    """The rows that keep the data contract, in canonical form: the crawler catalogs them, and Spark reads them."""
    return S3Address(bucket=bucket, key=f"{ROWS}{sha256}/{name}")


def code_object(bucket: str, workload: str, sha256: str, name: str) -> S3Address:
    """Code for a job, under its own hash."""
    return S3Address(bucket=bucket, key=f"{CODE}{workload}/{sha256}/{name}")


def jobs_code(workload: str) -> str:
    """The prefix of the programs that training jobs bring: ``<job>/input/code`` and ``…/sm_drivers`` below it."""
    return f"{CODE}{workload}/jobs/"


def glue_script_key(workload: str) -> str:
    """Where the Glue job finds its script: the job's definition names it, and the data step puts its commit's there."""
    return f"{CODE}{workload}/transform.py"


def features(bucket: str, sha256: str) -> S3Address:
    """The folder of features. ``sha256``: the hash of everything that they are a function of."""
    return S3Address(bucket=bucket, key=f"{FEATURES}{sha256}")


def models(bucket: str) -> S3Address:
    """The folder of the training jobs' output."""
    return S3Address(bucket=bucket, key=MODELS)


def training_metrics(bucket: str, job: str) -> S3Address:
    """A training job's metrics, as the model registry shows them."""
    return models(bucket) / f"{job}/metrics.json"


def training_curve(bucket: str, job: str) -> S3Address:
    """What a training job has reported over time: the gate's report draws it."""
    return models(bucket) / f"{job}/{CURVE}"


def tuning_report(bucket: str, job: str) -> S3Address:
    """The report on the tuning whose best training job this is: an HTML page."""
    return models(bucket) / f"{job}/tuning.html"


def batch_folder(bucket: str, job: str) -> S3Address:
    """The folder of a transform job: ``input/`` and ``output/``."""
    return S3Address(bucket=bucket, key=f"{BATCH}{job}")


def incoming(bucket: str) -> S3Address:
    """The prefix of the files that people put there for scheduled scoring."""
    return S3Address(bucket=bucket, key=INCOMING)


def scheduled_folder(bucket: str, moment: datetime, job: str) -> S3Address:
    """The folder of a scheduled job's answers: ``scheduled/yyyy/mm/dd/<job>``, by the time of its schedule."""
    return S3Address(bucket=bucket, key=f"{BATCH}scheduled/{moment:%Y/%m/%d}/{job}")


def row_set(bucket: str, sha256: str) -> S3Address:
    """A set of rows that the gate has judged by, or that a model has learned: their identities, under their hash."""
    return S3Address(bucket=bucket, key=f"{GATE}rows/{sha256}.txt")


def decisions(bucket: str) -> S3Address:
    """The folder of the decisions that the gate has made, one object each."""
    return S3Address(bucket=bucket, key=f"{GATE}decisions")


def topic_words(bucket: str, release: int | str) -> S3Address:
    """The words that show each topic of a release, as the gate has found them: a JSON list of lists."""
    return S3Address(bucket=bucket, key=f"{GATE}words/{release}.json")


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """One decision of the gate. ``rows``, ``answers``: SHA-256 of the set of test rows, and of the answers to them."""

    bucket: str
    rows: str
    answers: str
    execution: str

    @classmethod
    def of(cls, bucket: str, key: str) -> Decision:
        """Raises HandOverError for a key of another form."""
        parts = key.removeprefix(f"{decisions(bucket).key}/").removesuffix(".json").split("/")
        if len(parts) != 3:
            raise HandOverError(
                f"{key} is no decision of the gate {decisions(bucket).key}/<rows>/<answers>/<execution>.json"
            )
        return cls(bucket=bucket, rows=parts[0], answers=parts[1], execution=parts[2])

    @property
    def address(self) -> S3Address:
        return decisions(self.bucket) / f"{self.rows}/{self.answers}/{self.execution}.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class GateFolder:
    """The folder of one gate report: the report as JSON and as a page, its manifest and the signature.

    ``attempt``: the gate has run so many times in this execution. What it wrote before stays.
    """

    bucket: str
    execution: str
    attempt: int = 1

    DOCUMENT = "gate.json"
    PAGE = "gate.html"
    MANIFEST = "manifest.json"
    SIGNATURE = "manifest.json.sig"

    def __truediv__(self, name: str) -> S3Address:
        return S3Address(bucket=self.bucket, key=f"{self._key}{name}")

    @property
    def _key(self) -> str:
        return f"{GATE}{self.execution}/" + (f"attempt-{self.attempt}/" if self.attempt > 1 else "")

    @classmethod
    def latest(cls, s3: Any, bucket: str, execution: str) -> Self | None:
        """The folder of an execution's last report, from a list of the bucket; None if there is none."""
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{GATE}{execution}/")
        keys = {entry["Key"] for page in pages for entry in page.get("Contents", ())}
        found = None
        for attempt in range(1, len(keys) + 1):
            folder = cls(bucket=bucket, execution=execution, attempt=attempt)
            found = folder if folder.document.key in keys else found
        return found

    @property
    def document(self) -> S3Address:
        return self / self.DOCUMENT

    @property
    def page(self) -> S3Address:
        return self / self.PAGE


def capture_folder(bucket: str, release: str) -> str:
    """The S3 URI under which SageMaker writes ``<endpoint>/<variant>/yyyy/mm/dd/hh/<name>.jsonl`` for a release."""
    return f"s3://{bucket}/{CAPTURE}{release}"


@dataclass(frozen=True, kw_only=True, slots=True)
class CapturedFile:
    """The source of the answers in a captured file, read from its key."""

    release: str
    endpoint: str
    variant: str

    #: EventBridge's wildcard for these keys.
    PATTERN = f"{CAPTURE}*.jsonl"

    @classmethod
    def of(cls, key: str) -> CapturedFile:
        """Raises HandOverError for a key of another form."""
        parts = key.removeprefix(CAPTURE).split("/")
        if not key.startswith(CAPTURE) or len(parts) != 3 + _DATE_PARTS + 1 or not key.endswith(".jsonl"):
            raise HandOverError(
                f"{key} is no file of captured requests {CAPTURE}<release>/<endpoint>/<variant>/yyyy/mm/dd/hh/….jsonl"
            )
        release, endpoint, variant = parts[:3]
        return cls(release=release, endpoint=endpoint, variant=variant)
