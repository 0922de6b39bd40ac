"""Removes each permission from each role of a pipeline and sees its run fail: docs/reference/iam-mutations.md.

It needs a local cloud that is up and in which the pipeline has gone to PROD, best twice: then it also tries what only a
second release needs. At the end the policies are as before.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from scripts import cloud
from scripts.command import run
from scripts.least_privilege.grants import deployed
from scripts.least_privilege.mutation import mutations
from scripts.least_privilege.mutation_table import table, unexplained
from scripts.least_privilege.rehearsal import Rehearsal
from scripts.least_privilege.surroundings import Surroundings
from scripts.least_privilege.tried import Tried
from scripts.least_privilege.usage import calls_of
from scripts.reads.pipeline import Pipeline
from stacks.workloads import WORKLOADS

if TYPE_CHECKING:
    from scripts.least_privilege.grants import Deployed
    from scripts.least_privilege.mutation import Mutation, Result

DOCUMENT = Path("docs/reference/iam-mutations.md")
#: In the local cloud's home, so that it is deleted together with the roles that were tried.
TRIED = "iam-mutations.json"
#: CodePipeline keeps them for a year; the first one says in which stage a permission was first needed.
_EXECUTIONS = 1000


def main(name: str, stages: list[str]) -> int:
    """What has been tried since the last deployment is not tried again: an interrupted run continues."""
    cloud.require_local("Permissions are taken away on the local cloud only: on AWS, others work with these roles.")
    found, todo, rehearsal = prepare(name)
    tried = Tried(Path(os.environ["LOCALCLOUD_HOME"]) / TRIED, todo)
    wanted = [
        one for one in todo if one.use is not None and one not in tried and (not stages or one.use.stage in stages)
    ]
    print(f"{name}: {len(todo)} permissions, {len(wanted)} of them are taken away one at a time", flush=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended: what was taken away is given back"))
    try:
        for number, result in enumerate(rehearsal.run(wanted), 1):
            tried.add(result)
            print(_line(number, len(wanted), result), flush=True)
        if not stages:
            rehearsal.finish()
    finally:
        if not stages:
            DOCUMENT.write_text(table(found, name, tried.results()))
            print(f"written: {DOCUMENT}")
    results = [result for result in tried.results() if not stages or result.mutation in wanted]
    missing = unexplained(results)
    for line in missing:
        print(f"no explanation is written: {line}")
    print(", ".join(f"{count} {verdict.value}" for verdict, count in Counter(r.verdict for r in results).items()))
    return 1 if missing else 0


def _line(number: int, of: int, result: Result) -> str:
    stage = result.mutation.use.stage if result.mutation.use else ""
    verdict = result.verdict.value
    return f"{number:4}/{of} {result.seconds:5.1f} s {stage:<8} {verdict:<20} {result.mutation.place}"


def prepare(name: str) -> tuple[Deployed, list[Mutation], Rehearsal]:
    """The deployed roles, all their permissions, and what removes them."""
    workload, home = WORKLOADS[name], Path(os.environ["LOCALCLOUD_HOME"])
    pipeline = Pipeline(name)
    found = deployed(workload.camel_name)
    summaries = reversed(pipeline.summaries(most=_EXECUTIONS))
    executions = [pipeline.execution(one["pipelineExecutionId"]).actions for one in summaries]
    todo = mutations(found, calls_of(home), executions)
    return found, todo, Rehearsal(pipeline, Surroundings(workload, pipeline.declaration()), home)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workload", choices=sorted(WORKLOADS))
    parser.add_argument("--stage", action="append", default=[], help="only what this stage needs; may be repeated")
    options = parser.parse_args()
    run(lambda: main(options.workload, options.stage))
