"""How long the function behind an API takes to initialise, and how much memory: beside AWS's own clients.

    python -m bench.function_start

Each line is a process of its own that imports and is ready for its first question: CPU milliseconds beyond an empty
interpreter, and the largest memory. The median of several starts.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from handover.door import DOOR_FILE, Door
from handover.invocations import text_of
from stacks.workloads import WORKLOADS

PROJECT = Path(__file__).parents[1]
STARTS = 7
WORKLOAD = "credit_default"
VARIABLES = {
    "AWS_ACCESS_KEY_ID": "key",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "ENDPOINT_NAME": "credit-default-prod",
    "RELEASE": "1",
}
MEASURED = """
import resource, time
began = time.process_time()
{statement}
used = (time.process_time() - began) * 1000
print(used, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
STATEMENTS = {
    "an empty interpreter": "pass",
    "lambda/predict": "import handler",
    "boto3's client, alone": 'import boto3; boto3.client("sagemaker-runtime")',
    "botocore's client, alone": 'import botocore.session as s; s.get_session().create_client("sagemaker-runtime")',
    "botocore's signer, alone": "import botocore.auth, botocore.awsrequest, botocore.credentials",
}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        package(Path(folder))
        print(f"{'':26}{'CPU ms':>8}{'MB':>6}")
        for name, statement in STATEMENTS.items():
            found = [started(Path(folder), statement) for _ in range(STARTS)]
            milliseconds, megabytes = (statistics.median(each) for each in zip(*found, strict=True))
            print(f"{name:26}{milliseconds:8.0f}{megabytes:6.0f}")


def package(folder: Path) -> None:
    """The function's files, as the stack packages them."""
    for file in (PROJECT / "lambda" / "predict").glob("*.py"):
        shutil.copy(file, folder)
    shutil.copytree(PROJECT / "handover", folder / "handover", ignore=shutil.ignore_patterns("__pycache__"))
    dataset, gate = (
        tomllib.loads((PROJECT / place / WORKLOAD / name).read_text())
        for place, name in (("ml_init", "dataset.toml"), ("ml_test", "gate.toml"))
    )
    door = Door.of(WORKLOAD, dataset=dataset, gate=gate, how=text_of(WORKLOADS[WORKLOAD].invocation))
    (folder / DOOR_FILE).write_text(door.json())


def started(folder: Path, statement: str) -> tuple[float, float]:
    """CPU milliseconds and megabytes of one start. The first one of a folder compiles, as a deployment does not."""
    environment = {"PATH": os.environ["PATH"], **VARIABLES}
    done = subprocess.run(
        [sys.executable, "-c", MEASURED.format(statement=statement)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    milliseconds, megabytes = done.stdout.split()
    return float(milliseconds), float(megabytes)


if __name__ == "__main__":
    main()
