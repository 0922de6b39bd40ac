"""Makes a workload of a CSV file: looks at its columns, and writes data contract, gate and registry entry.

    make new-workload NAME=wine DATA=wine.csv [LABEL=column] [LIKE=credit_default] [LICENCE='CC BY 4.0, …']

``DATA``: a file on this machine, an https:// address, or s3://bucket/key.
``LIKE``: the limits of its latency, and its doors, are those of this workload. Nothing is written over.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from handover.data import SPLITS
from handover.datasets import rules_in
from handover.invocations import CSV, CSV_CLASSES
from scripts.command import run
from scripts.new_workload import csv_file, power
from scripts.new_workload.proposal import LATENCY, ONE_AT_A_TIME, Proposal, gate_text, proposal
from scripts.new_workload.registry import with_entry
from scripts.reads.errors import NotThereError
from stacks.specs import Plain, Workload
from stacks.workloads import WORKLOADS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

REGISTRY = Path("stacks/workloads.py")
#: The workloads of which another one can be made: their features are their values, and they bring no program.
FITTING = sorted(
    name for name, each in WORKLOADS.items() if each.data == Plain() and each.invocation in (CSV, CSV_CLASSES)
)


def main() -> int:
    options = _options()
    check_name(options.name)
    like = check_like(options.like)
    file = csv_file.read(options.data)
    found = proposal(options.name, file, label=options.label, licence=options.licence, lent=lent(like))
    doors = bool(like and like.api) and found.can_have_a_door
    for line in said(found):
        print(line)
    if like and like.api and not doors:
        print(f"It gets no door as {like.name} has one: no form is known for dates and missing values.")
    print("\nWritten:")
    for path in written(found, doors=doors):
        print(f"  {path}")
    print("\n".join(["", *following(found.workload)]))
    return 0


def check_name(name: str) -> None:
    """NotThereError for a name that is taken, or that no workload can have."""
    try:
        Workload(name=name)
    except ValueError as error:
        raise NotThereError(f"NAME={name}: {error}") from error
    folders = [Path(step) / name for step in ("ml_init", "ml_test", "ml_training")]
    taken = [str(folder) for folder in folders if folder.exists()]
    if name in WORKLOADS or taken:
        raise NotThereError(f"NAME={name} is taken ({', '.join(taken) or REGISTRY}). Nothing was written.")


def check_like(name: str) -> Workload | None:
    if not name:
        return None
    if name not in FITTING:
        raise NotThereError(
            f"LIKE={name}: expected a workload whose features are the values of a table: {' or '.join(FITTING)}. "
            "Nothing was written."
        )
    return WORKLOADS[name]


def lent(like: Workload | None) -> Mapping[str, Mapping[str, Any]]:
    """The tables of gate.toml that say nothing of the data."""
    if like is None:
        return {"latency": LATENCY, "load": ONE_AT_A_TIME}
    rules = rules_in(Path(), like.name, None)
    return {name: rules[name] for name in ("latency", "load") if name in rules}


def said(found: Proposal) -> Iterator[str]:
    """What was seen and what follows from it, for a person to object to."""
    file, label = found.file, found.label
    counts = ", ".join(f"{each}: {count}" for each, count in label.counts.items())
    yield f"{file.name}: {len(file.rows)} rows of {len(file.names)} columns"
    for column in found.columns:
        yield f"  {column.name}: {column.said}"
    yield f"  {label.name}: the label ({counts})"
    if found.two_labels:
        yield f"    The model answers with the probability of the rarer one, {label.rarest} (of, in gate.toml)."
    yield "Split: " + ", ".join(f"{part} {sum(found.counts(part).values())} rows" for part in SPLITS)
    called = {"auc": "whose AUC differs", "accuracy": "whose accuracy differs"}[found.metric]
    yield (
        f"{len(found.truth)} test rows can tell models apart {called} by {found.margin:g} or more "
        f"(if a good one has {power.ASSUMED:g}). That is the margin: with a smaller one, an equal model would be held."
    )


def written(found: Proposal, *, doors: bool) -> Iterator[Path]:
    """Writes the files, the registry last."""
    folder, rules = Path("ml_init") / found.workload, Path("ml_test") / found.workload
    folder.mkdir(parents=True)
    rules.mkdir(parents=True)
    (folder / found.file.name).write_bytes(found.file.content)
    yield folder / found.file.name
    for path, text in ((folder / "dataset.toml", found.contract), (rules / "gate.toml", gate_text(found))):
        path.write_text(text)
        yield path
    arguments = [f'name="{found.workload}"']
    arguments += [] if found.two_labels else ["invocation=CSV_CLASSES"]
    arguments += ["doors=(Api(),)"] if doors else []
    names = tuple(name for name in ("CSV_CLASSES", "Api") if any(name in each for each in arguments))
    REGISTRY.write_text(with_entry(REGISTRY.read_text(), f"Workload({', '.join(arguments)})", names))
    yield REGISTRY


def following(workload: str) -> Iterator[str]:
    yield "Next:"
    for command, why in (
        (f"make try-data WORKLOAD={workload}", "the data contract and the split, without a cloud"),
        (f"make try-gate WORKLOAD={workload}", "training and the gate, without a cloud: read its report, set floors"),
        (f"git add --all && git commit --message 'Workload {workload}'", ""),
        (f"make deploy WORKLOAD={workload}", "its pipeline"),
        (f"make push WORKLOAD={workload}", "to PROD"),
    ):
        yield f"  {command}" + (f"  # {why}" if why else "")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make new-workload", description=__doc__)
    parser.add_argument("name", help="lower-case words joined by underscores")
    parser.add_argument("data", help="a CSV file: on this machine, at an https:// address, or in S3 (s3://bucket/key)")
    parser.add_argument(
        "--label", default="", help="the label's column; default: one that is called so, or the last one"
    )
    parser.add_argument("--like", default="", help="the workload whose limits of latency and whose doors it gets")
    parser.add_argument("--licence", default="", help="of the data, and where it is stated")
    return parser.parse_args()


if __name__ == "__main__":
    run(main)
