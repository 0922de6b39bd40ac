"""What a door's templates take from the facts of its workload: the data set's and the gate's, in one place."""

from __future__ import annotations

from pathlib import Path

from handover.datasets import rules_in, tables_of
from handover.door import Door
from handover.invocations import text_of

from stacks.specs import Workload

_PROJECT = Path(__file__).parents[1]


def door_facts(workload: Workload, dataset: str | None) -> Door:
    """What may be asked and what is answered. ``dataset``: the one that gatehouse.toml names, if it names one."""
    tables = tables_of(workload.name, dataset, lambda file: (_PROJECT / file).read_text())
    gate = rules_in(_PROJECT, workload.name, dataset)
    return Door.of(workload.name, dataset=tables, gate=gate, how=text_of(workload.invocation))


def reads(facts: Door) -> str | None:
    """The key of the one object of the data bucket that answers need, of any release; None if they need none."""
    found = facts.reads("any", "*")
    return found.key if found else None
