"""Kills a local cloud again and again, while eight clients write to it and while it starts: what does it lose?

python -m bench.kills [ROUNDS [SEED]]
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from bench.lab.kills import Kills


def main() -> int:
    rounds, seed = (int(text) for text in (*sys.argv[1:], *("30", "1")[len(sys.argv) - 1 :]))
    with tempfile.TemporaryDirectory() as folder:
        kills = Kills.of(Path(folder), seed)
        try:
            starts = []
            for number in range(1, rounds + 1):
                acknowledged = kills.round()
                starts.append(kills.start_seconds)
                print(f"{number:>3} kills, {acknowledged} acknowledged, up again in {starts[-1]:.1f} s", flush=True)
            begun = time.monotonic()
            wrong = kills.wrong()
            print(f"read again in {time.monotonic() - begun:.0f} s: {len(wrong)} lost or there by halves")
            print("\n".join(wrong))
        finally:
            kills.cloud.down()
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
