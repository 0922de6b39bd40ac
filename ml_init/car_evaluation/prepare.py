"""The data step: fetch, check, upload, catalogue, transform. Its output is ``out/data.json``."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from ml_init.contract import fetch_checked
from ml_init.dataset import Dataset
from ml_init.glue import crawl, run_job
from ml_init.split import SPLITS
from ml_init.step import S3Address, Settings, StepError, from_variable, run, say, timed, to_json, write_output
from ml_init.upload import read_if_there, read_lines, upload_once

FOLDER = Path(__file__).parent
SHARED = FOLDER.parent
# What the Glue job imports of ours, besides its own script.
JOB_MODULES = ("__init__.py", "dataset.py", "split.py", "step.py", "mleap_bundle/*.py")


@dataclass(frozen=True, kw_only=True, slots=True)
class GlueSettings(Settings):
    job: str = from_variable("GLUE_JOB_NAME")
    crawler: str = from_variable("GLUE_CRAWLER")
    script_key: str = from_variable("GLUE_SCRIPT_KEY")


@dataclass(frozen=True, kw_only=True, slots=True)
class Inputs:
    """Everything that the features are a function of, and where each part lies."""

    raw: S3Address
    dataset: S3Address
    modules: S3Address
    script: S3Address
    script_sha256: str
    features: S3Address


def main() -> None:
    settings = GlueSettings()
    dataset = Dataset.read(FOLDER / "dataset.toml")
    s3 = boto3.client("s3")
    raw, checked = fetch_checked(dataset, FOLDER)
    with timed("uploaded"):
        inputs = upload(s3, raw, dataset, settings)
    result = read_if_there(s3, inputs.features / "result.json")
    if result is None:
        result = make_features(s3, inputs, dataset, settings)
    else:
        say(f"  {inputs.features} has the features of this data and this code already: no job run needed")
    document = json.loads(result)
    with timed("checked the features"):
        check_features(s3, document, checked.good)
    write_output("data.json", to_json(data_json(document, inputs, dataset, settings)))


def upload(s3: Any, raw: bytes, dataset: Dataset, settings: GlueSettings) -> Inputs:
    """Store data, contract, script and modules under their hashes."""
    bucket, code = settings.bucket, f"code/{settings.workload}"
    toml, script, modules = (
        (FOLDER / "dataset.toml").read_bytes(),
        (FOLDER / "transform.py").read_bytes(),
        zip_modules(),
    )
    parts = [hashlib.sha256(part).hexdigest() for part in (raw, toml, script, modules)]
    together = hashlib.sha256("".join(parts).encode()).hexdigest()

    def code_address(name: str) -> Any:
        return lambda digest: S3Address(bucket=bucket, key=f"{code}/{digest}/{name}")

    return Inputs(
        raw=upload_once(s3, raw, lambda digest: S3Address(bucket=bucket, key=f"raw/{digest}/{dataset.file.name}")),
        dataset=upload_once(s3, toml, code_address("dataset.toml")),
        modules=upload_once(s3, modules, code_address("ml_init.zip")),
        script=S3Address(bucket=bucket, key=settings.script_key),
        script_sha256=parts[2],
        features=S3Address(bucket=bucket, key=f"features/{together}"),
    )


def zip_modules() -> bytes:
    """The shared modules as the zip that Glue puts on the job's path; equal files give equal bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(path for pattern in JOB_MODULES for path in SHARED.glob(pattern)):
            member = zipfile.ZipInfo(f"ml_init/{path.relative_to(SHARED).as_posix()}", (1980, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, path.read_bytes())
    return buffer.getvalue()


def make_features(s3: Any, inputs: Inputs, dataset: Dataset, settings: GlueSettings) -> bytes:
    """Run crawler and job; the job's ``result.json``, with the run's id in it."""
    script = (FOLDER / "transform.py").read_bytes()
    s3.put_object(Bucket=inputs.script.bucket, Key=inputs.script.key, Body=script)
    glue = boto3.client("glue")
    with timed("catalogued"):
        crawl(glue, settings.crawler)
    with timed("transformed"):
        run_id = run_job(
            glue,
            settings.job,
            {
                "--raw": str(inputs.raw),
                "--dataset": str(inputs.dataset),
                "--salt": dataset.file.sha256,
                "--output": str(inputs.features),
                "--extra-py-files": str(inputs.modules),
            },
        )
    address = inputs.features / "result.json"
    result = read_if_there(s3, address)
    if result is None:
        raise StepError(f"The Glue job run {run_id} SUCCEEDED but left no {address}.")
    named = to_json({**json.loads(result), "glue_job_run_id": run_id}).encode()
    s3.put_object(Bucket=address.bucket, Key=address.key, Body=named)
    return named


def check_features(s3: Any, result: dict[str, Any], good_rows: int) -> None:
    """The files hold as many rows as the job counted, and together as many as kept the contract."""
    for name in SPLITS:
        found = len(read_lines(s3, S3Address.parse(result[name])))
        say(f"  {name}: {found} rows {result['label_counts'][name]}")
        if found != result["rows"][name]:
            raise StepError(f"{result[name]} holds {found} rows, but the job counted {result['rows'][name]}.")
        if not found:
            raise StepError(f"The {name} split is empty: {good_rows} rows are too few for the shares in dataset.toml.")
    if sum(result["rows"].values()) != good_rows:
        raise StepError(f"The job kept {sum(result['rows'].values())} rows, but {good_rows} keep the data contract.")


def data_json(result: dict[str, Any], inputs: Inputs, dataset: Dataset, settings: Settings) -> dict[str, Any]:
    return {
        "workload": settings.workload,
        "commit": settings.commit,
        "data_sha256": dataset.file.sha256,
        **result,
        "glue_script_sha256": inputs.script_sha256,
    }


if __name__ == "__main__":
    run(main)
