"""How a table is read, and where in its file a fault is."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from handover.errors import FileFault
from ml_steps.strict import read_files, read_table, tables


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    size: int
    kind: Literal["round", "square"] = "round"

    def __post_init__(self) -> None:
        if self.size < 1:
            raise ValueError(f"size = {self.size}: expected a number of 1 or above")


@dataclass(frozen=True, kw_only=True, slots=True)
class Thing:
    name: str
    part: Part
    limits: Mapping[str, float] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()


GOOD = """
[thing]
name = "n"
[thing.part]
size = 1
[thing.limits]
low = 1
[[thing.parts]]
size = 1
[[thing.parts]]
size = 2
kind = "square"
"""


def read(document: Mapping[str, Any]) -> Thing:
    return read_table(Thing, document["thing"], "thing")


def refusal(*texts: str) -> str:
    """Of files that are read over each other, f0 first."""
    files = {f"f{place}": text for place, text in enumerate(texts)}
    merged: dict[str, Any] = {}
    for text in texts:
        merged |= tomllib.loads(text)
    with pytest.raises(FileFault) as caught:
        read_files(files, merged, read)
    return str(caught.value)


@pytest.mark.parametrize(
    ("found", "written", "said"),
    [
        (
            'name = "n"',
            "nam = 1",
            "f0:3: [thing] nam = 1 is not known here; allowed are name, part, limits, parts; did",
        ),
        ('name = "n"', "", "f0:2: [thing] must have name"),
        ('name = "n"', "name = 1", "f0:3: [thing] name = 1: expected a text"),
        ("[thing.part]\nsize = 1", "part = 1", "f0:4: thing.part = 1: expected a table, [thing.part]"),
        ("[thing.part]\nsize = 1", "[thing.part]\nsize = 0", "f0:5: [thing.part] size = 0: expected a number of 1 or"),
        ("low = 1", 'low = "1"', "f0:7: [thing.limits] low = '1': expected a number"),
        (
            'kind = "square"',
            'kind = "sqare"',
            "f0:12: [thing.parts] kind = 'sqare': expected round or square; did you",
        ),
        (
            "size = 2",
            "sice = 2",
            "f0:11: [thing.parts] sice = 2 is not known here; allowed are size, kind; did you me",
        ),
        ("size = 2", "", "f0:10: [thing.parts] must have size"),
        ("size = 2", "size = true", "f0:11: [thing.parts] size = True: expected a whole number"),
    ],
)
def test_a_fault_is_said_with_its_line(found: str, written: str, said: str) -> None:
    """The line is that of the table at fault, not of an equal one; a missing key is said at its table."""
    assert found in GOOD
    assert refusal(GOOD.replace(found, written)).startswith(said)


def test_of_two_files_the_one_at_fault_is_named() -> None:
    """What a later file has stands there, and the rest in the earlier one."""
    own, other = '[thing]\nname = "n"\n[thing.part]\nsize = 1\n', "[other]\nkey = 1\n"
    assert refusal(own.replace("size = 1", "size = 0"), other).startswith("f0:4: ")
    assert refusal(own, "\n\n[thing]\nname = 1\n").startswith("f1:3: [thing] must have part")
    assert refusal(own, f"\n\n{own.replace('size = 1', 'size = 0')}").startswith("f1:6: ")


def test_one_table_is_no_list_of_tables() -> None:
    """The refusal says how a list of tables is written."""
    with pytest.raises(ValueError, match=r"parts = \{'size': 1\}: expected tables, \[\[parts\]\]"):
        tables({"size": 1}, "parts")
