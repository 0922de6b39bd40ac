"""Asks PROD: one real request, one real answer."""

from __future__ import annotations

import argparse
import tomllib
from pathlib import Path

from botocore.exceptions import ClientError

from handover.errors import HandOverError
from handover.names import Output
from scripts import cloud
from scripts.command import run
from stacks.workloads import WORKLOADS


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workload", choices=sorted(WORKLOADS))
    parser.add_argument("row", nargs="?", help="a CSV row; the workload's smoke request where none is given")
    options = parser.parse_args()
    print(ask(options.workload, options.row or smoke_request(options.workload)))
    return 0


def prod_endpoint(workload: str) -> str:
    """The name of the endpoint that the PROD stack made; raises SystemExit if there is none."""
    stack = WORKLOADS[workload].stack_name("Prod")
    try:
        outputs = cloud.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]["Outputs"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        raise SystemExit(f"There is no stack {stack}: nothing was released to PROD yet. `make push` does.") from error
    return str(next(output["OutputValue"] for output in outputs if output["OutputKey"] == Output.ENDPOINT))


def smoke_request(workload: str) -> str:
    """The first smoke request of the workload's gate.toml."""
    gate = tomllib.loads((Path("ml_test") / workload / "gate.toml").read_text())
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
            EndpointName=endpoint, ContentType=invocation.content_type, Accept=invocation.accept, Body=body
        )
    except ClientError as error:
        said = error.response["Error"]
        raise SystemExit(f"{endpoint} did not answer {row[:200]!r}: {said['Message']} ({said['Code']})") from error
    return invocation.answer(answer["Body"].read())


if __name__ == "__main__":
    run(main)
