"""How long from `git push` to PROD, and how much of it is the pipeline's own: a table, not a test.

Runs on the local cloud that is up, with the pipeline deployed (`make demo`, then `make bench`). It pushes an empty
commit on top of HEAD from a clone, and then runs the same steps directly: the same commands, one after the other, in
their existing environments, with no pipeline, no build containers and no artifacts between them.
"""

from __future__ import annotations

import os
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bench import PROJECT
from bench.lab.processes import family_cpu_seconds
from localcloud.platform import run_file
from localcloud.platform.environments import Environments
from localcloud.platform.settings import Settings
from scripts import cloud, outcome
from scripts.push import push_and_follow
from scripts.reads.pipeline import Execution, Pipeline

WORKLOAD = "car_evaluation"
_OWN = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)


def main() -> None:
    cloud.require_local("This measures the local cloud.")
    pipeline = Pipeline(WORKLOAD)
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder) / "project"
        _git("clone", "--quiet", str(PROJECT), str(clone), cwd=PROJECT)
        identity = ("-c", "user.name=bench", "-c", "user.email=bench@localhost")
        _git(*identity, "commit", "--quiet", "--allow-empty", "--message", "bench", cwd=clone)
        cloud_used, own_used = cloud_seconds(), own_seconds()
        execution = push_and_follow(pipeline, clone, rewind=True)
        used = cloud_seconds() - cloud_used, own_seconds() - own_used
        if execution.status != "Succeeded":
            raise SystemExit("\n".join(outcome.stopped(pipeline, execution)))
        bare = bare_steps(clone, execution)
    show(execution, bare)
    print(
        f"CPU seconds: {used[0]:.1f} of the local cloud and all that it ran, {used[1]:.1f} of the push that followed it"
    )


def cloud_seconds() -> float:
    """What the local cloud has used until now, and its builds, jobs and containers."""
    running = run_file.read(Path(os.environ["LOCALCLOUD_HOME"]))
    if running is None:
        raise SystemExit(f"No local cloud runs in {os.environ['LOCALCLOUD_HOME']}: make demo starts one.")
    return family_cpu_seconds(running.pid)


def own_seconds() -> float:
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, _OWN))


def bare_steps(clone: Path, execution: Execution) -> dict[str, float]:
    """Seconds of each step, run as a plain command with its build's variables."""
    environments = Environments(Settings.cache_folder())
    builds = _builds(execution)
    seconds = {"Build": _timed(lambda: _run(["cdk", "synth", "--quiet"], clone, {}))}
    for stage, folder, module, build in (
        ("Data", "ml_init", "ml_init.prepare", "Data"),
        ("Train", "ml_training", "ml_training.train", "Train"),
    ):
        python = environments.python(clone / folder / "requirements.lock").python
        variables = builds[build] | {"CODEBUILD_SRC_DIR_DataOutput": str(clone / "out")}
        command = [str(python), "-m", module]
        seconds[stage] = _timed(partial(_run, command, clone, variables))
    return seconds


def show(execution: Execution, bare: dict[str, float]) -> None:
    stages = execution.stage_seconds()
    print(f"\n{os.cpu_count()} cores; execution {execution.identifier}")
    print(f"{'stage':<10}{'pipeline s':>12}{'bare s':>10}{'ratio':>8}")
    for stage, seconds in stages.items():
        alone = bare.get(stage)
        rest = f"{alone:>10.1f}{seconds / alone:>8.2f}" if alone else f"{'':>10}{'':>8}"
        print(f"{stage:<10}{seconds:>12.1f}{rest}")
    compared = sum(stages[stage] for stage in bare)
    print(f"{'compared':<10}{compared:>12.1f}{sum(bare.values()):>10.1f}{compared / sum(bare.values()):>8.2f}")
    started, ended = execution.actions[0].started, execution.actions[-1].ended
    if ended:
        print(f"git push to the verified PROD: {(ended - started).total_seconds():.1f} s")


def _builds(execution: Execution) -> dict[str, dict[str, str]]:
    """The environment variables of each CodeBuild action, as its build had them."""
    found = {action.name: action.external_id for action in execution.actions if action.provider == "CodeBuild"}
    builds = cloud.client("codebuild").batch_get_builds(ids=list(found.values()))["builds"]
    variables = {
        build["id"]: {v["name"]: v["value"] for v in build["environment"]["environmentVariables"]} for build in builds
    }
    return {name: variables[identifier] for name, identifier in found.items()}


def _run(command: list[str], cwd: Path, variables: dict[str, str]) -> None:
    done = subprocess.run(
        command, cwd=cwd, env={**os.environ, **variables}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{command} failed:\n{done.stdout}\n{done.stderr}")


def _timed(work: Callable[[], None]) -> float:
    started = time.monotonic()
    work()
    return time.monotonic() - started


def _git(*arguments: str, cwd: Path) -> None:
    subprocess.run(["git", *arguments], cwd=cwd, check=True)


if __name__ == "__main__":
    main()
