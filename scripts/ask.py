"""Asks PROD: one real request, one real answer."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from handover.datasets import rules_in
from handover.errors import HandOverError
from handover.invocations import OfFile, type_of
from handover.names import Output
from ml_init.dataset import Dataset
from scripts import cloud
from scripts.command import run
from scripts.datasets import chosen_name
from scripts.reads.errors import NotThereError
from stacks.workloads import WORKLOADS

if TYPE_CHECKING:
    from collections.abc import Sequence

#: How many labels of an answer are shown.
MOST_PROBABLE = 5
LONGEST_SHOWN = 80


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workload", choices=sorted(WORKLOADS))
    parser.add_argument("row", nargs="?", help="a CSV row; the workload's smoke request where none is given")
    parser.add_argument("--file", type=Path, help="a picture, where the workload takes pictures")
    options = parser.parse_args()
    row = options.row or smoke_request(options.workload)
    if options.file:
        row = row_of_file(options.workload, options.file)
    check_row(options.workload, row)
    print(told(ask(options.workload, row), labels(options.workload)))
    return 0


def check_row(workload: str, row: str) -> None:
    """SystemExit for a row that lacks a value, or has one too many, such as its label: a model may answer even so."""
    if fault := Dataset.find(Path(), workload, chosen_name(workload)).width_fault(row):
        raise SystemExit(f"{fault}. Nothing was asked.")


def labels(workload: str) -> Sequence[str]:
    """In the order of an answer's probabilities; empty if the data have none."""
    return Dataset.find(Path(), workload, chosen_name(workload)).labels


def row_of_file(workload: str, path: Path) -> str:
    """The row of the data set that is this file. SystemExit where none can be."""
    invocation = WORKLOADS[workload].invocation
    if not isinstance(invocation, OfFile):
        raise SystemExit(f"{workload} takes no files: give ROW=… instead")
    if not path.is_file():
        raise NotThereError(f"There is no file {path}.")
    try:
        return invocation.row_of(path.read_bytes())
    except ValueError as error:
        raise SystemExit(f"{path}: {error}.") from error


def told(answer: str, names: Sequence[str]) -> str:
    """An answer that is a probability for each label, as its most probable ones; any other as it is."""
    try:
        found = json.loads(answer)
    except ValueError:
        return answer
    if not isinstance(found, list) or len(found) != len(names) or not all(type(each) in (int, float) for each in found):
        return answer
    best = sorted(zip(found, names, strict=True), reverse=True)[:MOST_PROBABLE]
    return ", ".join(f"{name} {probability:.1%}" for probability, name in best)


def short(row: str) -> str:
    """The row for a person to see: of a long one, such as a picture, its beginning."""
    return row if len(row) <= LONGEST_SHOWN else f"{row[:LONGEST_SHOWN]}…"


def prod_endpoint(workload: str) -> str:
    """The name of the endpoint that the PROD stack made; raises SystemExit if there is none."""
    stack = WORKLOADS[workload].stack_name("Prod")
    try:
        found = cloud.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        raise SystemExit(
            f"There is no stack {stack}: nothing was released to PROD yet. `make push WORKLOAD={workload}` does."
        ) from error
    outputs = {output["OutputKey"]: str(output["OutputValue"]) for output in found.get("Outputs", ())}
    if Output.ENDPOINT not in outputs:
        raise SystemExit(f"The stack {stack} has no endpoint yet: it is {found['StackStatus']}.")
    return outputs[Output.ENDPOINT]


def smoke_request(workload: str) -> str:
    """The first smoke request of the gate's rules."""
    gate = rules_in(Path(), workload, chosen_name(workload))
    return str(gate["smoke"]["requests"][0])


def ask(workload: str, row: str) -> str:
    """What PROD answers to a row of the data set."""
    invocation = WORKLOADS[workload].invocation
    try:
        body = invocation.body(row)
    except HandOverError as error:
        raise SystemExit(str(error)) from error
    endpoint = prod_endpoint(workload)
    try:
        answer = cloud.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=endpoint, ContentType=type_of(invocation, body), Accept=invocation.accept, Body=body
        )
    except ClientError as error:
        said = error.response["Error"]
        raise SystemExit(f"{endpoint} did not answer {row[:200]!r}: {said['Message']} ({said['Code']})") from error
    return invocation.answer(answer["Body"].read())


if __name__ == "__main__":
    run(main)
