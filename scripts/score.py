"""Scores a file with the model that PROD serves, by a batch transform: each row with its answer, to FILE.scored.

The file has a row a line, as `make ask ROW=…` takes it, without a header. PROD's endpoint is neither asked nor needed.
"""

from __future__ import annotations

import argparse
import csv
import io
import time
import uuid
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handover.names import Output
from handover.places import batch_folder
from handover.plain_text import lines
from handover.transforms import in_one_file, transform_job
from scripts import cloud
from scripts.command import run
from scripts.reads.errors import NotThereError
from scripts.reads.prod import Deployed, Prod
from scripts.reads.stacks import pipeline_outputs
from stacks.settings import load_settings
from stacks.workloads import WORKLOADS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from handover.addresses import S3Address
    from handover.invocations import Invocation

_POLL_SECONDS = 1.0
_LOG_LINES = 12
_LOG_GROUP = "/aws/sagemaker/TransformJobs"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workload", choices=sorted(WORKLOADS))
    parser.add_argument("file", type=Path, nargs="?")
    options = parser.parse_args()
    if options.file is None:
        raise SystemExit(f"Which file? make score WORKLOAD={options.workload} FILE=rows.csv")
    if not options.file.is_file():
        raise NotThereError(f"There is no file {options.file}.")
    rows = [row for row in lines(options.file.read_text()) if row.strip()]
    if not rows:
        raise SystemExit(f"{options.file} has no rows.")
    workload = WORKLOADS[options.workload]
    batch = load_settings(Path("gatehouse.toml")).of(workload.name).batch
    outputs = pipeline_outputs(workload.name)
    if batch is None or Output.BATCH_ROLE not in outputs:
        raise NotThereError(
            f"Nothing may score files of {workload.name} yet: add [batch] to gatehouse.toml (docs/batch.md), then "
            f"`make deploy WORKLOAD={workload.name}`."
        )
    name = f"{workload.dashed_name}-score-{uuid.uuid4().hex[:8]}"
    folder = batch_folder(outputs[Output.DATA_BUCKET], name)
    package = served_package(workload.name)
    print(f"{len(rows)} rows, by version {package.rpartition('/')[2]} of {workload.name}: transform job {name}")
    put_rows(folder, rows, workload.invocation)
    with temporary_model(name, package, outputs[Output.BATCH_ROLE]):
        transform(
            transform_job(
                name,
                source=folder / "input/",
                target=folder / "output",
                invocation=workload.invocation,
                instance_type=batch.instance_type,
            )
        )
    target = options.file.with_name(f"{options.file.name}.scored")
    answers = read_answers(folder, rows, workload.invocation)
    target.write_text("".join(f"{line}\n" for line in scored(rows, answers)))
    print(f"Each row with its answer: {target}")
    return 0


def served_package(workload: str) -> str:
    """The package that PROD serves; the champion's, while another one competes with it."""
    stack = Prod(workload).stack()
    if stack is None:
        raise NotThereError(f"Nothing was released to PROD yet. `make push WORKLOAD={workload}` does.")
    deployed = Deployed.of(stack)
    return deployed.champion_arn or deployed.package_arn


def put_rows(folder: S3Address, rows: Sequence[str], invocation: Invocation) -> None:
    s3 = cloud.client("s3")
    if in_one_file(invocation):
        bodies = {"rows.csv": b"".join(invocation.body(row) + b"\n" for row in rows)}
    else:
        bodies = {f"{number:08d}": invocation.body(row) for number, row in enumerate(rows)}
    for name, body in bodies.items():
        s3.put_object(**(folder / f"input/{name}").arguments, Body=body)


@contextmanager
def temporary_model(name: str, package: str, role: str) -> Iterator[None]:
    """A model of the package for as long as it is needed."""
    sagemaker = cloud.client("sagemaker")
    sagemaker.create_model(ModelName=name, ExecutionRoleArn=role, Containers=[{"ModelPackageName": package}])
    try:
        yield
    finally:
        sagemaker.delete_model(ModelName=name)


def transform(job: dict[str, Any]) -> None:
    """Runs the job to its end; raises SystemExit with its reason and the end of its log. An interrupt stops it."""
    sagemaker, name = cloud.client("sagemaker"), job["TransformJobName"]
    sagemaker.create_transform_job(**job)
    try:
        while (found := sagemaker.describe_transform_job(TransformJobName=name))["TransformJobStatus"] == "InProgress":
            time.sleep(_POLL_SECONDS)
    except KeyboardInterrupt:
        sagemaker.stop_transform_job(TransformJobName=name)
        raise
    if found["TransformJobStatus"] != "Completed":
        said = "\n".join(f"  {line}" for line in _log_end(name))
        reason = found.get("FailureReason", "it gave no reason")
        raise SystemExit(f"The transform job {name} ended {found['TransformJobStatus']}: {reason}\n{said}")


def _log_end(name: str) -> list[str]:
    logs = cloud.client("logs")
    try:
        streams = logs.describe_log_streams(logGroupName=_LOG_GROUP, logStreamNamePrefix=f"{name}/")["logStreams"]
    except logs.exceptions.ResourceNotFoundException:
        return []
    found = []
    for stream in (each["logStreamName"] for each in streams if each["logStreamName"].endswith("data-log")):
        events = logs.get_log_events(logGroupName=_LOG_GROUP, logStreamName=stream, limit=_LOG_LINES)["events"]
        found += [event["message"].rstrip() for event in events]
    return found


def read_answers(folder: S3Address, rows: Sequence[str], invocation: Invocation) -> list[str]:
    """The answer to each row, from the job's output."""
    s3 = cloud.client("s3")

    def read(name: str) -> bytes:
        body: bytes = s3.get_object(**(folder / f"output/{name}.out").arguments)["Body"].read()
        return body

    if not in_one_file(invocation):
        return [invocation.answer(read(f"{number:08d}")) for number in range(len(rows))]
    return answers_of(rows, read("rows.csv").decode(), invocation)


def answers_of(rows: Sequence[str], joined: str, invocation: Invocation) -> list[str]:
    """What follows each row in a joined output; raises SystemExit where it is not the rows' output."""
    found = lines(joined)
    if len(found) != len(rows):
        raise SystemExit(f"The job answered {len(found)} rows of {len(rows)}.")
    answers = []
    for row, line in zip(rows, found, strict=True):
        given, fields = (next(csv.reader([text])) for text in (row, line))
        if fields[: len(given)] != given:
            raise SystemExit(f"The output has {line!r} in the place of the row {row!r}.")
        answers.append(invocation.answer(_line(fields[len(given) :]).encode()))
    return answers


def scored(rows: Sequence[str], answers: Sequence[str]) -> list[str]:
    """Each row with its answer as its last field."""
    return [f"{row},{_line([answer])}" for row, answer in zip(rows, answers, strict=True)]


def _line(fields: Sequence[str]) -> str:
    row = io.StringIO()
    csv.writer(row, lineterminator="").writerow(fields)
    return row.getvalue()


if __name__ == "__main__":
    run(main)
