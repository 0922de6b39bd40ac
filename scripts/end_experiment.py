"""Ends the competition of two models in PROD: one of them gets all the traffic, by a push's guarded update."""

from __future__ import annotations

import argparse

from handover.packages import version_of
from scripts.changes import into_prod
from scripts.command import run
from scripts.reads.prod import Deployed, Prod
from scripts.reads.registry import Registry
from stacks.workloads import WORKLOADS

_KEPT = ("champion", "challenger")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workload", choices=sorted(WORKLOADS))
    parser.add_argument("keep", nargs="?", default="")
    options = parser.parse_args()
    if options.keep not in _KEPT:
        named = f"KEEP={options.keep} is none of the two" if options.keep else "Say which of the two stays"
        raise SystemExit(f"{named}: KEEP={' or KEEP='.join(_KEPT)}.")
    registry, prod = Registry(options.workload), Prod(options.workload)
    stack = into_prod.changeable(prod)
    present = Deployed.of(stack)
    if present.champion_arn is None:
        raise SystemExit(
            f"No experiment is under way: {prod.stack_name} has version {version_of(present.package_arn)} alone."
        )
    kept = registry.release(present.champion_arn if options.keep == "champion" else present.package_arn)
    if kept.status != "Approved":
        raise SystemExit(f"Version {kept.number} is {kept.status}, and PROD takes approved releases only.")
    print(f"The {options.keep}, version {kept.number} (commit {kept.commit[:10]}), gets all the traffic.", flush=True)
    return into_prod.put(kept, prod, registry, stack, f"experiment ended, {options.keep} kept")


if __name__ == "__main__":
    run(main)
