"""Publishes the files that a synthesized stack names, where its template says: the end of the Build stage.

An object is added under its hash, and none is overwritten: the step's role allows nothing else. Templates are not
published, for CodePipeline hands them to CloudFormation.
"""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

from handover.addresses import S3Address
from handover.step_variables import SynthVariables
from ml_steps.objects import put_once
from ml_steps.running import StepError, run, say

#: The time of each entry: equal files make an equal archive.
_TIME = (1980, 1, 1, 0, 0, 0)


def main() -> None:
    variables = SynthVariables.read()
    if variables.assets is None:
        say("No stack that the pipeline deploys has assets.")
        return
    import boto3

    publish(boto3.client("s3"), Path("cdk.out") / variables.assets)


def publish(s3: Any, manifest: Path) -> None:
    """Every folder of the manifest as a .zip; StepError for another kind of asset."""
    document = json.loads(manifest.read_text())
    if document.get("dockerImages"):
        raise StepError(f"{manifest} names container images: only files are published.")
    for asset in document["files"].values():
        source = manifest.parent / asset["source"]["path"]
        if source.name.endswith(".template.json"):
            continue
        if asset["source"]["packaging"] != "zip":
            raise StepError(
                f"{source} is to be published as {asset['source']['packaging']}: only folders are, as .zip."
            )
        content = zipped(source)
        for destination in asset["destinations"].values():
            address = S3Address(bucket=destination["bucketName"], key=destination["objectKey"])
            added = put_once(s3, address, content, "application/zip")
            say(f"  {address}: {f'{len(content)} bytes' if added else 'there already'}")


def zipped(folder: Path) -> bytes:
    """The folder's files, by their paths in it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), date_time=_TIME)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())
    return buffer.getvalue()


if __name__ == "__main__":
    run(main)
