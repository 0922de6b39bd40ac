"""Puts an earlier approved release back into PROD: the same stack, template and guards as a push, another package."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from handover.packages import version_of
from scripts.changes import into_prod
from scripts.command import counted, run
from scripts.reads.pipeline import Pipeline
from scripts.reads.prod import Deployed, Prod, before
from scripts.reads.registry import Registry, Release
from stacks.workloads import WORKLOADS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scripts.reads.prod import Tenure


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workload", choices=sorted(WORKLOADS))
    parser.add_argument("--to", help="the version; what served before the present one where none is given")
    parser.add_argument("--now", action="store_true", help="all the traffic at once, watched by no alarm")
    options = parser.parse_args()
    version = counted("TO", options.to) if options.to else None
    registry, prod = Registry(options.workload), Prod(options.workload)
    stack = into_prod.changeable(prod)
    target = plan(registry, prod, Deployed.of(stack), version)
    print(f"Putting back version {target.number} (commit {target.commit[:10]}) into {prod.endpoint_name}.", flush=True)
    _warn_of_a_push_under_way(options.workload)
    if options.now:
        print("All the traffic moves at once, as asked, and no alarm watches.", flush=True)
    return into_prod.put(target, prod, registry, stack, "rollback", now=options.now)


def plan(registry: Registry, prod: Prod, present: Deployed, version: int | None) -> Release:
    """The release to put back; raises SystemExit that says why it cannot be."""
    known = list(registry.versions())
    if version is None:
        statuses = {one.arn: one.status for one in known}
        # A release that competes with a champion has not replaced it yet.
        arn = present.champion_arn or previous(prod.history(), present.package_arn, statuses)
        return registry.release(arn)
    wanted = next((one for one in known if one.number == version), None)
    if wanted is None:
        numbers = ", ".join(str(one.number) for one in known) or "none"
        raise SystemExit(f"Version {version} is not in the registry {registry.group}; it has {numbers}.")
    if wanted.arn == present.package_arn:
        command = f"make end-experiment WORKLOAD={prod.workload.name} KEEP=challenger"
        how = f"; to give it all the traffic: {command}" if present.champion_arn else ""
        raise SystemExit(f"Version {version} is what {prod.stack_name} has deployed already; nothing was changed{how}.")
    release = registry.release(wanted.arn)
    if release.status != "Approved":
        approved = ", ".join(str(one.number) for one in known if one.status == "Approved") or "none"
        raise SystemExit(
            f"Version {version} is {release.status}, and PROD takes approved releases only (approved: {approved})."
            f" {release.verdict} {release.reason}".rstrip()
        )
    return release


def previous(history: Sequence[Tenure], present_arn: str, statuses: Mapping[str, str]) -> str:
    """What served before the present package and is still approved; raises SystemExit if there is nothing."""
    earlier = before(history, present_arn)
    found = next((arn for arn in earlier if statuses.get(arn) == "Approved"), None)
    if found is None:
        seen = ", ".join(f"{version_of(arn)} ({statuses.get(arn, 'deleted')})" for arn in earlier)
        raise SystemExit(
            f"Nothing approved is known to have served before version {version_of(present_arn)}"
            f"{f': before it served {seen}' if seen else ''}. Name a version: TO=…."
        )
    return found


def _warn_of_a_push_under_way(workload: str) -> None:
    """A push in progress will be released after this rollback, if its gate lets it through."""
    pipeline = Pipeline(workload)
    for summary in pipeline.summaries():
        if summary["status"] == "InProgress":
            print(
                f"note: execution {summary['pipelineExecutionId']} of {pipeline.name} is under way and will be released"
                " after this rollback if its gate lets it through."
            )


if __name__ == "__main__":
    run(main)
