"""From nothing to PROD on the local cloud: deploy, push, follow, ask, and say where to look next."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

from scripts import cloud, datasets, deploy, outcome
from scripts.command import run
from scripts.open import door_lines
from scripts.push import SUCCEEDED, Again, push_and_follow, report
from scripts.reads.pipeline import Pipeline
from stacks.workloads import WORKLOADS


def main(workload: str) -> int:
    cloud.require_local("The demonstration is the local cloud's. On AWS: docs/deploy-to-aws.md.")
    started = time.monotonic()
    prefetching = _prefetch(workload)
    try:
        print(f"Deploying the pipeline of {workload} with cdk.", flush=True)
        deploy.main(workload)
        deployed = time.monotonic()
        datasets.provide(workload)
        print("Pushing HEAD.", flush=True)
        pipeline = Pipeline(workload)
        execution = push_and_follow(pipeline, rewind=True, again=Again.IF_FAILED)
    finally:
        prefetching.terminate()
    if execution.status != SUCCEEDED:
        return report(pipeline, execution)
    print("\n" + "\n".join(outcome.released(workload, execution)))
    print(f"\nTimes: cdk deploy {deployed - started:.1f} s; the pipeline's stages:")
    print("\n".join(outcome.times(execution)))
    print(f"  make demo in all {time.monotonic() - started:.1f} s (after the environment stood)")
    _where_next(workload)
    print("\n".join(door_lines(workload)))
    return 0


def _prefetch(workload: str) -> subprocess.Popen[bytes]:
    """Installs what the pipeline's steps will need while cdk deploys; otherwise each step would wait for it.

    Of an image whose packages are large, it says so on standard error.
    """
    locks = sorted(str(path) for path in Path().glob("*/requirements.lock"))
    images = [image.repository for image in WORKLOADS[workload].images]
    command = [sys.executable, "-m", "localcloud", "prefetch", *locks, "--images", *images]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)


def _where_next(workload: str) -> None:
    print(
        f"""
The local cloud stays up. Where to look next:
  make status                     what stands and what ran
  make logs WORKLOAD={workload} ACTION=Train
                                  the log of a step (Synth, Data, Train, Gate, Verify)
  make verify-report WORKLOAD={workload}
                                  the gate's report, checked: reports/…/gate.html
  eval "$(make -s env)"           then your own aws, cdk and boto3 talk to it:
    aws sagemaker list-endpoints
  make push WORKLOAD={workload}   after your next commit
  make down                       end it"""
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workload", choices=sorted(WORKLOADS))
    run(lambda: main(parser.parse_args().workload))
