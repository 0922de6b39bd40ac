"""Shows what a deploy of a workload's pipeline would change, with the real `cdk` command."""

from __future__ import annotations

import argparse

from scripts import cloud
from scripts.command import run
from scripts.deploy import cdk, only
from stacks.workloads import WORKLOADS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workload", choices=sorted(WORKLOADS))
    options = parser.parse_args()
    cloud.decided()
    cdk("diff", WORKLOADS[options.workload].stack_name("Pipeline"), *only(options.workload))


if __name__ == "__main__":
    run(main)
