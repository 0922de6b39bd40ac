"""Says where a workload's page is, and opens it in a browser where there is one."""

from __future__ import annotations

import argparse
import webbrowser

from scripts.cloud.addresses import reachable
from scripts.command import run
from scripts.reads.door import Door
from scripts.reads.errors import NotThereError
from stacks.workloads import WORKLOADS


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workload", choices=sorted(WORKLOADS))
    parser.add_argument("--print", action="store_true", dest="only_print", help="open no browser")
    options = parser.parse_args()
    address = page_address(options.workload)
    print(address)
    if not options.only_print:
        webbrowser.open(address)
    return 0


def page_address(workload: str) -> str:
    """Where a browser of this machine reaches the page; NotThereError before the first release."""
    door = Door(workload)
    if door.stack() is None:
        raise NotThereError(
            f"There is no stack {door.stack_name}: nothing was released with a door yet. "
            f"`make push WORKLOAD={workload}` does."
        )
    return reachable(door.page)


def door_lines(workload: str) -> list[str]:
    """What a push says of the door at its end: nothing, of a workload whose callers are programs or that has none."""
    try:
        address = page_address(workload)
    except NotThereError:
        return []
    return ["", f"The page: {address}", f"To admit somebody: make user WORKLOAD={workload} NAME=…"]


if __name__ == "__main__":
    run(main)
