"""Runs the data step's work on this machine: the data contract, the split, and the rows as training reads them."""

from __future__ import annotations

import argparse
from pathlib import Path

from handover.data import TEST
from ml_init.prepare import check_splits
from scripts.command import run
from scripts.rows_here import RowsHere
from stacks.workloads import WORKLOADS

#: Where the rows are written, below a folder of the workload.
OUT = Path("out")


def main(workload: str) -> int:
    rows = RowsHere.of(workload)
    features = rows.features
    print(f"data set: {rows.dataset.name}")
    check_splits(features, sum(features.rows.values()), rows.dataset)
    for split, (name, content) in rows.written.items():
        path = OUT / workload / split / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        print(f"{path}: {len(content)} bytes, as training reads them")
    print(f"A request: {','.join(rows.dataset.features_of(rows.parts[TEST][0]))[:200]}")
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workload", choices=sorted(WORKLOADS))
    run(lambda: main(parser.parse_args().workload))
