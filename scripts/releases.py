"""Lists a workload's releases, newest first: what was decided on each, and which of them PROD serves since when."""

from __future__ import annotations

import argparse
import shutil
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from handover.packages import version_of
from scripts.command import counted, run
from scripts.reads.prod import Prod
from scripts.reads.registry import Registry, Release
from stacks.workloads import WORKLOADS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from scripts.reads.prod import Served, Tenure

HEAD = ("version", "commit", "registered (UTC)", "status", "verdict", "PROD", "compared with", "why")
#: The minimum width of the last column, however narrow the terminal is.
_SHORTEST_REASON = 40


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workload", choices=sorted(WORKLOADS))
    parser.add_argument("--last", default="20", help="how many releases are shown (20)")
    options = parser.parse_args()
    registry, prod = Registry(options.workload), Prod(options.workload)
    releases = [registry.release(version.arn) for version in islice(registry.versions(), counted("LAST", options.last))]
    if not releases:
        print(
            f"{options.workload}: nothing was released yet. `make push WORKLOAD={options.workload}` releases what is"
            f" committed (after `make deploy WORKLOAD={options.workload}`)."
        )
        return 0
    stands = prod.stack() is not None
    past = Past.of(prod.history(), prod.competitions()) if stands else Past.of([], [])
    served = prod.serves(registry)
    print(table(releases, served, past, width=shutil.get_terminal_size((160, 0)).columns))
    print(prod_line(prod, served))
    return 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Past:
    """Package → when it last began to serve, and to compete."""

    served: Mapping[str, datetime]
    competed: Mapping[str, datetime]

    @classmethod
    def of(cls, history: Sequence[Tenure], competitions: Sequence[Tenure]) -> Past:
        return cls(
            served={tenure.package_arn: tenure.since for tenure in history},
            competed={tenure.package_arn: tenure.since for tenure in competitions},
        )

    def words(self, arn: str, *, now: str | None) -> str:
        """``now``: how it serves now, or None."""
        for verb, when in (("served", self.served.get(arn)), ("competed", self.competed.get(arn))):
            if when:
                return f"{now} since {when:%Y-%m-%d %H:%M}" if now else f"{verb} from {when:%Y-%m-%d %H:%M}"
        return now or "-"


def table(releases: Sequence[Release], served: Sequence[Served], past: Past, *, width: int) -> str:
    """The releases as lines of columns; the last column, the reason, is cut to the terminal's width."""
    rows = [HEAD, *(_row(release, served, past) for release in releases)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD) - 1)]
    left = max(width - sum(widths) - 2 * len(widths), _SHORTEST_REASON)
    return "\n".join(
        "  ".join([*(cell.ljust(size) for cell, size in zip(row, widths, strict=False)), _cut(row[-1], left)]).rstrip()
        for row in rows
    )


def prod_line(prod: Prod, served: Sequence[Served]) -> str:
    """What the endpoint says about itself, in one sentence."""
    endpoint = prod.endpoint()
    if endpoint is None:
        stack = prod.stack()
        stands = f"its stack {prod.stack_name} is {stack['StackStatus']}" if stack else "it was not deployed yet"
        return f"PROD: there is no endpoint {prod.endpoint_name}; {stands}."
    variants = ", ".join(
        f"{one.variant} {one.weight:.0%} {f'version {version_of(one.package_arn)}' if one.package_arn else 'unknown'}"
        for one in served
    )
    return f"PROD: {prod.endpoint_name} is {endpoint['EndpointStatus']} ({variants})"


def _row(release: Release, served: Sequence[Served], past: Past) -> tuple[str, ...]:
    return (
        str(release.number),
        release.commit[:10],
        f"{release.registered:%Y-%m-%d %H:%M}",
        release.status,
        release.verdict or "-",
        past.words(release.arn, now=_now(release.arn, served)),
        str(version_of(release.parent_arn)) if release.parent_arn else "-",
        " ".join(release.reason.split()),
    )


def _now(arn: str, served: Sequence[Served]) -> str | None:
    """``serves``, or the variant and its share if it is one of several."""
    one = next((one for one in served if one.package_arn == arn), None)
    if one is None or len(served) == 1:
        return "serves" if one else None
    return f"{one.variant} {one.weight:.0%}"


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


if __name__ == "__main__":
    run(main)
