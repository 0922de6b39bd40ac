"""Pushes what is committed to the local GitHub and follows its execution to the end."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from contextlib import suppress
from enum import Enum
from pathlib import Path

from scripts import cloud, datasets, outcome
from scripts.changes import local_github
from scripts.command import run
from scripts.follow import follow
from scripts.open import door_lines
from scripts.reads.pipeline import Execution, NotDeployedError, Pipeline, Source
from scripts.reads.prod import Deployed, Prod
from stacks.pushed_paths import concerns
from stacks.settings import load_settings
from stacks.workloads import WORKLOADS

TRIGGER_SECONDS = 30.0
SUCCEEDED = "Succeeded"


class Again(Enum):
    """Whether the pipeline runs once more on a commit that the branch holds already."""

    NEVER = "it did run"
    IF_FAILED = "it has not succeeded"
    ALWAYS = "the caller wants it"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workload", choices=sorted(WORKLOADS))
    parser.add_argument("--latest", action="store_true", help="push nothing, follow the latest execution")
    parser.add_argument("--from", dest="source", help="the branch to push from, if it is not the one that releases")
    parser.add_argument("--force", action="store_true", help="push even if the branch has commits that HEAD lacks")
    parser.add_argument("--again", action="store_true", help="if there is nothing to push: run the pipeline once more")
    options = parser.parse_args()
    if options.latest:
        return follow_latest(Pipeline(options.workload))
    cloud.require_local(local_github.ON_AWS)
    refuse_other_branch(options.workload, Path(), options.source)
    pipeline = Pipeline(options.workload)
    datasets.provide(options.workload)
    again = Again.ALWAYS if options.again else Again.NEVER
    return report(pipeline, push_and_follow(pipeline, rewind=options.force, again=again))


def follow_latest(pipeline: Pipeline) -> int:
    summaries = pipeline.summaries()
    if not summaries:
        raise SystemExit(f"{pipeline.name} has not run yet: `git push` starts it.")
    return report(pipeline, follow(pipeline, summaries[0]["pipelineExecutionId"]))


def push_and_follow(
    pipeline: Pipeline, folder: Path = Path(), *, rewind: bool = False, again: Again = Again.NEVER
) -> Execution:
    """Pushes HEAD, follows the execution that this started, and returns it.

    If HEAD is pushed already, it follows this commit's newest execution, or returns it if it has ended; ``again`` says
    when it starts one more. ``rewind``: it pushes even if the branch has commits that HEAD lacks.
    """
    github = load_settings(folder / "gatehouse.toml").of(pipeline.workload).github
    place = (github.owner, github.repo, github.branch)
    _warn_of_uncommitted(folder)
    commit = _git(folder, "rev-parse", "HEAD")
    earlier = pipeline.executions_of(commit)
    tips = local_github.tips(github.owner, github.repo)
    if tips.get(github.branch) == commit:
        return _pushed_already(pipeline, commit, earlier, again=again)
    files = _brought(folder, tips, github.branch)
    local_github.push(folder, *place, rewind=rewind, forced=f"make push WORKLOAD={pipeline.workload} FORCE=1")
    print(f"pushed {commit[:10]} to {github.owner}/{github.repo}, branch {github.branch}", flush=True)
    _name_others(pipeline.workload, place, files)
    if not _runs(pipeline.source(), pipeline.workload, files):
        print(f"It touches no file of {pipeline.workload}, so that its pipeline is started by hand", flush=True)
        return follow(pipeline, pipeline.start())
    return follow(pipeline, _started(pipeline, commit, earlier))


def report(pipeline: Pipeline, execution: Execution) -> int:
    """Prints how it went; returns the exit code."""
    if execution.status != SUCCEEDED:
        print("\n".join(outcome.stopped(pipeline, execution)), file=sys.stderr)
        return 1
    said = [*outcome.times(execution), *outcome.released(pipeline.workload, execution)]
    print("\n".join([*said, *door_lines(pipeline.workload)]))
    return 0


def refuse_other_branch(workload: str, folder: Path, source: str | None) -> None:
    """Raises SystemExit unless HEAD is on the branch that releases, on the project's, or on one that the caller names.

    The two differ for a workload with a branch of its own: the project's main branch is released workload by workload.
    """
    settings = load_settings(folder / "gatehouse.toml")
    released = settings.of(workload).github.branch
    branch = _git(folder, "rev-parse", "--abbrev-ref", "HEAD")
    if branch not in (released, settings.github.branch, source):
        where = "HEAD is on no branch" if branch == "HEAD" else f"You are on branch {branch}"
        raise SystemExit(
            f"Nothing was pushed: {where}, and what reaches {released} is released. Merge it into {released} first; "
            f"or release it as it is: make push WORKLOAD={workload} FROM={branch}"
        )


def _pushed_already(pipeline: Pipeline, commit: str, earlier: list[str], *, again: Again) -> Execution:
    """The newest execution of a commit that the branch holds already, once it has ended."""
    execution = pipeline.execution(earlier[0]) if earlier else None
    failed = execution is not None and execution.ended and execution.status != SUCCEEDED
    if execution is None or again is Again.ALWAYS or (failed and again is Again.IF_FAILED):
        print(f"{commit[:10]} is pushed already; the pipeline runs on it", flush=True)
        return follow(pipeline, pipeline.start())
    if not execution.ended:
        print(f"{commit[:10]} is pushed already; its execution {execution.identifier} is under way", flush=True)
        return follow(pipeline, execution.identifier)
    what = "is released already" if execution.status == SUCCEEDED else f"was not released: {execution.status}"
    name = outcome.release_name(pipeline.workload, execution)
    print(f"Nothing to push: {commit[:10]}, {name}, {what}.{_serves_another(pipeline.workload, execution)}")
    print(f"To run the pipeline on it once more: make push WORKLOAD={pipeline.workload} AGAIN=1", flush=True)
    return execution


def _serves_another(workload: str, execution: Execution) -> str:
    """A sentence, if PROD was taken to another version since."""
    stack = Prod(workload).stack()
    package = execution.variable("MODEL_PACKAGE_ARN")
    if stack is None or execution.status != SUCCEEDED or package is None:
        return ""
    serves = Deployed.of(stack).package_arn
    return "" if serves == package else f" PROD serves version {serves.rpartition('/')[2]} by now."


def _started(pipeline: Pipeline, commit: str, earlier: list[str]) -> str:
    """The execution that a push has started: this commit's, and not an earlier one of it."""
    deadline = time.monotonic() + TRIGGER_SECONDS
    while time.monotonic() < deadline:
        for identifier in pipeline.executions_of(commit):
            if identifier not in earlier:
                return identifier
        time.sleep(0.2)
    raise SystemExit(
        f"No execution of {pipeline.name} for commit {commit} within {TRIGGER_SECONDS:.0f} s. "
        "Does its webhook, or its connection, stand? See the local cloud's log: .localcloud/localcloud.log"
    )


def _brought(folder: Path, tips: dict[str, str], branch: str) -> list[str]:
    """The files of the commits that a push of HEAD brings to the branch; to a new one, those that no other has."""
    known = [tips[branch]] if branch in tips else sorted(set(tips.values()))
    listed = _git(
        folder,
        "-c",
        "core.quotePath=false",
        "log",
        "--ignore-missing",
        "--format=",
        "--name-only",
        "HEAD",
        "--not",
        *known,
    )
    return sorted(set(listed.splitlines()))


def _runs(source: Source, workload: str, files: list[str]) -> bool:
    """Whether a push of these files to the source's branch runs this workload's pipeline."""
    return not source.looks_at_files or any(concerns(workload, path) for path in files)


def _name_others(workload: str, place: tuple[str, str, str], files: list[str]) -> None:
    """Says which pipelines besides the workload's the push runs, because they are deployed from its branch."""
    others = []
    for name in WORKLOADS:
        with suppress(NotDeployedError):
            source = Pipeline(name).source() if name != workload else None
            if source and source.place == place and _runs(source, name, files):
                others.append(name)
    if others:
        print(
            f"This push also runs, and may release: {', '.join(others)}. "
            "With branches of their own, workloads are released one by one: docs/releases.md",
            flush=True,
        )


def _warn_of_uncommitted(folder: Path) -> None:
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no").splitlines()
    if changed:
        print(f"note: {len(changed)} changed files are not committed and stay behind")


def _git(folder: Path, *command: str) -> str:
    done = subprocess.run(["git", *command], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


if __name__ == "__main__":
    run(main)
