"""Features by Spark: a Glue job runs ``ml_init/<workload>/transform.py`` on the rows that keep the contract.

The job reads them through the Data Catalog: a crawler makes a table of them, and this step checks its columns first.

All inputs of the features are stored under their hashes: rows, contract, script and modules. If features of exactly
these inputs exist already, no job runs.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import boto3

from handover.data import Features
from handover.documents import to_json
from handover.errors import HandOverError
from handover.places import code_object, rows_file
from handover.places import features as features_folder
from ml_init.catalog import CatalogRows
from ml_init.columns import Dates, Decimals, Integers, Text
from ml_init.glue import crawl, run_job
from ml_init.source import FeatureMaker, Made, Source
from ml_steps.objects import read_if_there, upload_once
from ml_steps.running import StepError, say, timed

if TYPE_CHECKING:
    from handover.addresses import S3Address
    from handover.step_variables import DataVariables

PROJECT = Path(__file__).parents[1]
#: The project's modules that the Glue job imports, besides its own script.
JOB_MODULES = (
    "handover/*.py",
    "ml_steps/__init__.py",
    "ml_steps/changes.py",
    "ml_steps/objects.py",
    "ml_steps/running.py",
    "ml_steps/strict.py",
    "ml_init/__init__.py",
    "ml_init/columns.py",
    "ml_init/dataset.py",
    "ml_init/fetch.py",
    "ml_init/formats.py",
    "ml_init/glue_script.py",
    "ml_init/pretrained.py",
    "ml_init/row_identity.py",
    "ml_init/split.py",
    "ml_init/recordio.py",
    "ml_init/words.py",
    "ml_init/mleap_bundle/*.py",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Inputs:
    """All inputs of the features, and the address of each."""

    rows_sha256: str
    dataset: S3Address
    modules: S3Address
    script: bytes
    features: S3Address

    @property
    def result(self) -> S3Address:
        """The file that the job writes last: if it exists, so does all the rest."""
        return self.features / "result.json"


@dataclass(frozen=True, kw_only=True, slots=True)
class SparkFeatures(FeatureMaker):
    """``job``, ``crawler`` and ``database`` are Glue's; the job's definition finds its script at ``script_key``."""

    workload: str
    job: str
    crawler: str
    database: str
    script_key: str

    @classmethod
    def of(cls, variables: DataVariables) -> Self:
        """Raises HandOverError if the stack has set only some of Glue's variables."""
        found = {
            "job": variables.glue_job,
            "crawler": variables.glue_crawler,
            "database": variables.glue_database,
            "script_key": variables.glue_script_key,
        }
        named = {name: value for name, value in found.items() if value is not None}
        if named.keys() != found.keys():
            raise HandOverError(f"Of Glue's variables, only those of {', '.join(sorted(named))} are set: all or none.")
        return cls(workload=variables.workload, **named)

    def make(self, s3: Any, source: Source) -> Made:
        with timed("uploaded rows and code"):
            inputs = self._upload(s3, source)
        result = read_if_there(s3, inputs.result)
        made_by = {"glue_script_sha256": hashlib.sha256(inputs.script).hexdigest()}
        if result is None:
            made_by["glue_job_run_id"] = self._run(s3, inputs, source)
            result = read_if_there(s3, inputs.result)
        else:
            say(f"  {inputs.features} has the features of this data and this code already: no job run needed")
        if result is None:
            raise StepError(f"The Glue job run {made_by['glue_job_run_id']} SUCCEEDED but left no {inputs.result}.")
        return Made(features=Features.parse(result.decode(), str(inputs.result)), made_by=made_by)

    def _upload(self, s3: Any, source: Source) -> Inputs:
        """Store rows, contract, script and modules under their hashes."""
        bucket = source.bucket
        name, rows = rows_of(source)
        parts = {
            name: rows,
            "contract.json": to_json(source.dataset.document()).encode(),
            "transform.py": (source.folder / "transform.py").read_bytes(),
            "modules.zip": zip_modules(),
        }
        digests = {name: hashlib.sha256(part).hexdigest() for name, part in parts.items()}
        upload_once(s3, rows, lambda digest: rows_file(bucket, digest, name))

        def upload_code(name: str) -> S3Address:
            return upload_once(s3, parts[name], lambda digest: code_object(bucket, self.workload, digest, name))

        return Inputs(
            rows_sha256=digests[name],
            dataset=upload_code("contract.json"),
            modules=upload_code("modules.zip"),
            script=parts["transform.py"],
            features=features_folder(bucket, hashlib.sha256("".join(digests.values()).encode()).hexdigest()),
        )

    def _run(self, s3: Any, inputs: Inputs, source: Source) -> str:
        """Run crawler and job. Returns the id of the job's run."""
        s3.put_object(Bucket=source.bucket, Key=self.script_key, Body=inputs.script)
        glue = boto3.client("glue")
        with timed("catalogued"):
            crawl(glue, self.crawler)
            rows = CatalogRows.find(glue, self.database, source.dataset, inputs.rows_sha256)
        with timed("transformed"):
            return run_job(
                glue,
                self.job,
                {
                    "--database": rows.database,
                    "--table": rows.table,
                    "--predicate": rows.predicate,
                    "--dataset": str(inputs.dataset),
                    "--output": str(inputs.features),
                    "--extra-py-files": str(inputs.modules),
                },
            )


def rows_of(source: Source) -> tuple[str, bytes]:
    """File name and content of the rows that keep the contract, for the crawler. Text may hold any delimiter."""
    for column in source.dataset.columns:
        if isinstance(column, Integers | Decimals | Dates) and column.missing:
            raise StepError(
                f"{column.name} may have missing values, which Spark leaves out of a row's hash: data=Plain()."
            )
    has_text = any(isinstance(column, Text) for column in source.dataset.columns)
    return ("rows.json", rows_json(source)) if has_text else ("rows.csv", rows_csv(source))


def rows_json(source: Source) -> bytes:
    """The rows in canonical form, an object a line. What is no text in the catalog is a number."""
    columns = source.dataset.columns
    found = (
        {
            column.name: value if column.catalog_type == "string" else json.loads(value)
            for column, value in zip(columns, row, strict=True)
        }
        for row in source.rows
    )
    return "".join(f"{json.dumps(each, ensure_ascii=False)}\n" for each in found).encode()


def rows_csv(source: Source) -> bytes:
    """The rows in canonical form, under a header with the columns' names."""
    header = [column.name for column in source.dataset.columns]
    return "".join(f"{','.join(row)}\n" for row in (header, *source.rows)).encode()


def zip_modules() -> bytes:
    """The shared modules as the zip that Glue adds to the job's path; equal files give equal bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(path for pattern in JOB_MODULES for path in PROJECT.glob(pattern)):
            member = zipfile.ZipInfo(path.relative_to(PROJECT).as_posix(), (1980, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, path.read_bytes())
    return buffer.getvalue()
