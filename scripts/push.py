"""Pushes what is committed to the local GitHub and follows its execution to the end."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

from scripts import cloud, datasets, follow
from scripts.changes import local_github
from scripts.command import run
from scripts.reads.pipeline import Execution, Pipeline
from stacks.settings import load_settings
from stacks.workloads import WORKLOADS

TRIGGER_SECONDS = 30.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workload", choices=sorted(WORKLOADS))
    parser.add_argument("--latest", action="store_true", help="push nothing, follow the latest execution")
    options = parser.parse_args()
    if not options.latest:
        cloud.require_local(local_github.ON_AWS)
    pipeline = Pipeline(WORKLOADS[options.workload].stack_name("Pipeline"))
    if options.latest:
        summaries = pipeline.summaries()
        if not summaries:
            raise SystemExit(f"{pipeline.name} has not run yet: `git push` starts it.")
        execution = follow.follow(pipeline, summaries[0]["pipelineExecutionId"])
    else:
        datasets.provide(options.workload)
        execution = push_and_follow(pipeline)
    return report(pipeline, execution)


def push_and_follow(pipeline: Pipeline, folder: Path = Path()) -> Execution:
    """Pushes HEAD; follows the execution that it started, or this commit's earlier one, and returns it."""
    github = load_settings(folder / "gatehouse.toml").github
    _warn_of_uncommitted(folder)
    commit = local_github.push(folder, github.owner, github.repo, github.branch)
    print(f"pushed {commit[:10]} to {github.owner}/{github.repo}, branch {github.branch}", flush=True)
    deadline = time.monotonic() + TRIGGER_SECONDS
    while time.monotonic() < deadline:
        identifier = pipeline.execution_of(commit)
        if identifier:
            return follow.follow(pipeline, identifier)
        time.sleep(0.2)
    raise SystemExit(
        f"No execution of {pipeline.name} for commit {commit} within {TRIGGER_SECONDS:.0f} s. "
        "Does its webhook stand? See the local cloud's log: .localcloud/localcloud.log"
    )


def report(pipeline: Pipeline, execution: Execution) -> int:
    """Prints how it went; returns the exit code."""
    if execution.status != "Succeeded":
        print("\n".join(follow.failure(pipeline, execution)), file=sys.stderr)
        return 1
    print("\n".join(follow.summary(execution)))
    return 0


def _warn_of_uncommitted(folder: Path) -> None:
    changed = subprocess.run(
        ["git", "status", "--porcelain", "--untracked-files=no"], cwd=folder, capture_output=True, text=True, check=True
    )
    if changed.stdout:
        print(f"note: {len(changed.stdout.splitlines())} changed files are not committed and stay behind")


if __name__ == "__main__":
    run(main)
