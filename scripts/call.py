"""Asks PROD through its API, as a program does: signed with your own credentials."""

from __future__ import annotations

import argparse
import json

from scripts.ask import smoke_request
from scripts.cloud.api_calls import ApiCalls
from scripts.command import run
from scripts.reads.door import Door, request_for
from stacks.workloads import WORKLOADS


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workload", choices=sorted(WORKLOADS))
    parser.add_argument("row", nargs="?", help="a CSV row; the workload's smoke request where none is given")
    options = parser.parse_args()
    body, content_type = request_for(options.workload, options.row or smoke_request(options.workload))
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
