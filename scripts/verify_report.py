"""Fetches a gate's report and checks it: KMS's signature of the manifest, and each file's hash against the manifest."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from handover.names import Output
from handover.places import GateFolder
from handover.signed_report import MANIFEST, REPORT, SIGNATURE, Files, Release, faults, is_signed, signer_faults
from scripts import cloud
from scripts.command import run
from scripts.reads.pipeline import Pipeline
from scripts.reads.stacks import pipeline_outputs
from stacks.workloads import WORKLOADS


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workload", choices=sorted(WORKLOADS))
    parser.add_argument("execution", nargs="?", help="a pipeline execution's id; the latest that has a report if none")
    options = parser.parse_args()
    pipeline = Pipeline(options.workload)
    outputs = pipeline_outputs(pipeline.workload)
    s3, bucket = cloud.client("s3"), outputs[Output.DATA_BUCKET]
    reported = report_of(s3, bucket, pipeline, options.execution)
    release = Release(workload=options.workload, execution=reported.execution)
    files = fetch(s3, reported)
    key_arn = outputs[Output.SIGNING_KEY]
    print(f"{reported / ''}, signed by {key_arn}")
    kms = cloud.client("kms")
    found = faults(files, release, lambda text, signature: is_signed(kms, key_arn, text, signature))
    found += signer_faults(kms.get_key_policy(KeyId=key_arn, PolicyName="default")["Policy"], outputs[Output.SIGNER])
    for fault in found:
        print(f"  ✗ {fault}")
    if found:
        return 1
    folder = Path("reports") / release.execution
    keep(files, folder)
    print("\n".join(f"  ✓ {name}" for name in (MANIFEST, *REPORT)))
    print(f"  ✓ nobody but {outputs[Output.SIGNER]} may sign")
    print(f"The report is the gate's, to the byte: {folder / 'gate.html'}")
    return 0


def fetch(s3: Any, folder: GateFolder) -> Files:
    """The report's files that exist."""
    found: Files = {}
    for name in (MANIFEST, SIGNATURE, *REPORT):
        try:
            found[name] = s3.get_object(**(folder / name).arguments)["Body"].read()
        except s3.exceptions.NoSuchKey:
            continue
    return found


def keep(files: Files, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


def report_of(s3: Any, bucket: str, pipeline: Pipeline, execution: str | None) -> GateFolder:
    """The last report of this execution, or of the newest one that has a report. SystemExit if there is none."""
    wanted = [execution] if execution else [str(each["pipelineExecutionId"]) for each in pipeline.summaries()]
    for each in wanted:
        found = GateFolder.latest(s3, bucket, each)
        if found is not None:
            return found
    who = f"The execution {execution}" if execution else f"No execution of {pipeline.name}"
    comes = f"it comes with the gate (make push WORKLOAD={pipeline.workload})"
    raise SystemExit(f"{who} has {'no' if execution else 'a'} report yet: {comes}.")


if __name__ == "__main__":
    run(main)
