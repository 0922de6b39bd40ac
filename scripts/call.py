"""Asks PROD through its API, as a program does: signed with your own credentials."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from scripts.ask import row_of_file
from scripts.cloud.api_calls import ApiCalls
from scripts.command import run
from scripts.reads.door import Door, request_for
from stacks.workloads import WORKLOADS


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workload", choices=sorted(WORKLOADS))
    parser.add_argument(
        "row", nargs="?", help="a value for each column of a request; the page's first example if none is given"
    )
    parser.add_argument("--file", type=Path, help="a picture, where the workload takes pictures")
    options = parser.parse_args()
    row = row_of_file(options.workload, options.file) if options.file else options.row
    body, content_type = request_for(options.workload, row)
    answer = ApiCalls(Door(options.workload).api).ask("POST", "/predictions", body, content_type)
    print(_readable(answer.body))
    if answer.status != 200:
        raise SystemExit(f"HTTP status {answer.status or 'none'} after {answer.seconds * 1000:.0f} ms")
    return 0


def _readable(body: str) -> str:
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except ValueError:
        return body


if __name__ == "__main__":
    run(main)
