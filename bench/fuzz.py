"""What hostile requests come to: no 500, no hang, flat memory. The table of `docs/security.md` is from a run of this.

python -m bench.fuzz [seed]
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.lab import fuzzing
from bench.lab.clouds import LocalCloud
from bench.lab.fuzzing import Outcome
from bench.lab.processes import memory_mib

MUTATIONS, CALLS = 1500, 6500


def main() -> int:
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    with tempfile.TemporaryDirectory() as folder:
        cloud = LocalCloud.up(Path(folder) / "home")
        try:
            cloud.client("s3").create_bucket(Bucket="fuzz")
            return report(cloud, seed)
        finally:
            cloud.down()


def report(cloud: LocalCloud, seed: int) -> int:
    kinds: dict[str, Callable[[Outcome], None]] = {
        "malformed HTTP": lambda outcome: fuzzing.send_malformed(cloud, outcome),
        "mutations of signed requests": lambda outcome: fuzzing.send_mutations(cloud, outcome, MUTATIONS, seed),
        "bombs of XML, JSON, CBOR, gzip": lambda outcome: fuzzing.send_bombs(cloud, outcome),
        "calls drawn from AWS's models": lambda outcome: fuzzing.send_calls(cloud, outcome, CALLS, seed),
    }
    broken: list[str] = []
    print("| requests | sent | 2xx | 4xx | refused by name | cut off | 500 | seconds | memory, MiB |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for name, send in kinds.items():
        outcome, begun = Outcome(), time.monotonic()
        send(outcome)
        counts = outcome.statuses
        cells = (
            sum(counts.values()),
            *(sum(count for status, count in counts.items() if status // 100 == kind) for kind in (2, 4)),
            *(counts[501], counts[0], len(outcome.broken)),
            f"{time.monotonic() - begun:.0f}",
            f"{memory_mib(cloud.running.pid, most=True):.0f}",
        )
        print(f"| {name} | {' | '.join(map(str, cells))} |", flush=True)
        broken += outcome.broken
    print("\n".join(broken))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
