"""How long a rollback and the way forward again take, guarded and all at once: a table, not a test.

Runs on the local cloud that is up, where two releases have been in PROD (`make demo`, then `make bench`).
"""

from __future__ import annotations

import re
import subprocess
import sys

from bench import PROJECT
from handover.packages import version_of
from scripts import cloud
from scripts.reads.prod import Prod

WORKLOAD = "car_evaluation"
_SECONDS = re.compile(r"([\d.]+) s in all, ([\d.]+) s of them the stack's update")


def main() -> None:
    cloud.require_local("This measures the local cloud.")
    history = Prod(WORKLOAD).history()
    if len({tenure.package_arn for tenure in history}) < 2:
        raise SystemExit(f"{WORKLOAD} was released once only: `python -m bench.pipeline` releases once more.")
    present = version_of(history[-1].package_arn)
    print(f"{'':<16}{'in all s':>10}{'stack s':>10}{'verify s':>10}")
    back: list[str] = []
    forward = ["--to", str(present)]
    for title, arguments in (
        ("back", back),
        ("forward", forward),
        ("back, now", [*back, "--now"]),
        ("forward, now", [*forward, "--now"]),
    ):
        whole, stack = rollback(arguments)
        print(f"{title:<16}{whole:>10.1f}{stack:>10.1f}{whole - stack:>10.1f}")


def rollback(arguments: list[str]) -> tuple[float, float]:
    """Seconds in total, and of the stack's update."""
    done = subprocess.run(
        [sys.executable, "-m", "scripts.rollback", WORKLOAD, *arguments],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    found = _SECONDS.search(done.stdout)
    if done.returncode or not found:
        raise SystemExit(f"The rollback failed:\n{done.stdout}\n{done.stderr}")
    return float(found[1]), float(found[2])


if __name__ == "__main__":
    main()
