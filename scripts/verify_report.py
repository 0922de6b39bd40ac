"""Fetches a gate's report and checks it: KMS's signature of the manifest, and each file's hash against the manifest."""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from scripts import cloud
from scripts.reads.pipeline import Pipeline
from stacks.specs import DATA_BUCKET_OUTPUT, SIGNING_KEY_OUTPUT
from stacks.workloads import WORKLOADS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

#: As ``ml_test/signature.py`` writes them.
MANIFEST, SIGNATURE = "manifest.json", "manifest.json.sig"
REPORT = ("gate.json", "gate.html")
ALGORITHM = "ECDSA_SHA_256"

Files = dict[str, bytes]


@dataclass(frozen=True, kw_only=True, slots=True)
class Release:
    """Whose report it is to be."""

    workload: str
    execution: str


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workload", choices=sorted(WORKLOADS))
    parser.add_argument("execution", nargs="?", help="a pipeline execution's id; the latest that has a report if none")
    options = parser.parse_args()
    stack = WORKLOADS[options.workload].stack_name("Pipeline")
    pipeline = Pipeline(stack)
    outputs = stack_outputs(stack)
    s3, bucket = cloud.client("s3"), outputs[DATA_BUCKET_OUTPUT]
    release = Release(workload=options.workload, execution=options.execution or latest_reported(s3, bucket, pipeline))
    files = fetch(s3, bucket, f"gate/{release.execution}")
    key_arn = outputs[SIGNING_KEY_OUTPUT]
    print(f"s3://{bucket}/gate/{release.execution}/, signed by {key_arn}")
    found = faults(files, release, lambda text, signature: is_signed(cloud.client("kms"), key_arn, text, signature))
    for fault in found:
        print(f"  ✗ {fault}")
    if found:
        return 1
    folder = Path("reports") / release.execution
    keep(files, folder)
    print("\n".join(f"  ✓ {name}" for name in (MANIFEST, *REPORT)))
    print(f"The report is the gate's, to the byte: {folder / 'gate.html'}")
    return 0


def faults(files: Files, release: Release, signed: Callable[[bytes, bytes], bool]) -> list[str]:
    """What is wrong, a sentence each that names the file; ``signed`` tells whether a signature is that of a text."""
    missing = [name for name in (MANIFEST, SIGNATURE, *REPORT) if name not in files]
    if missing:
        return [f"{name} is missing" for name in missing]
    try:
        signature = base64.b64decode(files[SIGNATURE].strip(), validate=True)
    except binascii.Error as error:
        return [f"{SIGNATURE} was changed: it is not base64 ({error})"]
    if not signed(files[MANIFEST], signature):
        return [f"{MANIFEST} or {SIGNATURE} was changed: the signature is not the gate's of this manifest"]
    manifest: Mapping[str, Any] = json.loads(files[MANIFEST])
    named = Release(workload=manifest["workload"], execution=manifest["pipeline_execution"])
    if named != release:
        return [f"{MANIFEST} is that of another release: {named.workload}, execution {named.execution}"]
    return [
        f"{name} was changed: its SHA-256 is {actual}, and the signed manifest says {stated}"
        for name, actual, stated in ((n, _sha256(files[n]), manifest["sha256"].get(n, "nothing")) for n in REPORT)
        if actual != stated
    ]


def is_signed(kms: Any, key_arn: str, text: bytes, signature: bytes) -> bool:
    try:
        answer = kms.verify(
            KeyId=key_arn, Message=text, MessageType="RAW", Signature=signature, SigningAlgorithm=ALGORITHM
        )
    except kms.exceptions.KMSInvalidSignatureException:
        return False
    return bool(answer["SignatureValid"])


def fetch(s3: Any, bucket: str, folder: str) -> Files:
    """The report's files that are there."""
    found: Files = {}
    for name in (MANIFEST, SIGNATURE, *REPORT):
        try:
            found[name] = s3.get_object(Bucket=bucket, Key=f"{folder}/{name}")["Body"].read()
        except s3.exceptions.NoSuchKey:
            continue
    return found


def keep(files: Files, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


def latest_reported(s3: Any, bucket: str, pipeline: Pipeline) -> str:
    """The newest execution with a report; SystemExit where there is none."""
    for summary in pipeline.summaries():
        execution = str(summary["pipelineExecutionId"])
        try:
            s3.head_object(Bucket=bucket, Key=f"gate/{execution}/{MANIFEST}")
        except ClientError as error:
            if error.response["Error"]["Code"] != "404":
                raise
            continue
        return execution
    raise SystemExit(f"No execution of {pipeline.name} has a report yet: it comes with the gate (make push).")


def stack_outputs(stack: str) -> dict[str, str]:
    described = cloud.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
