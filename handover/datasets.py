"""Which data set a workload learns from: its own, or another one that gatehouse.toml names (``dataset = "…"``).

``ml_init/<workload>/dataset.toml`` describes the workload's own. ``ml_init/<workload>/datasets/<name>.toml`` describes
another one: each key or table there takes the whole place of the one in dataset.toml, and all others hold for both.
What the gate asks of a model may differ too: ``ml_test/<workload>/datasets/<name>.toml``, if it is there, is read over
gate.toml in the same way; an empty table there takes one away.
"""

from __future__ import annotations

import tomllib
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from handover.errors import FileFault

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

#: The key of the merged tables that names the data set; no file may have it.
CHOSEN = "chosen"


def files_of(workload: str, name: str | None) -> list[str]:
    """The files that describe the data set of this name, or the workload's own: paths inside the project."""
    folder = PurePosixPath("ml_init") / workload
    others = [] if name is None else [folder / "datasets" / f"{name}.toml"]
    return [str(path) for path in (folder / "dataset.toml", *others)]


def rules_of(workload: str, name: str | None) -> list[str]:
    """The files with the gate's rules for it; the second one need not be there."""
    folder = PurePosixPath("ml_test") / workload
    others = [] if name is None else [folder / "datasets" / f"{name}.toml"]
    return [str(path) for path in (folder / "gate.toml", *others)]


def known(project: Path, workload: str) -> list[str]:
    """The names of the data sets besides the workload's own."""
    return sorted(path.stem for path in (project / "ml_init" / workload / "datasets").glob("*.toml"))


def tables_of(workload: str, name: str | None, read: Callable[[str], str | None]) -> dict[str, Any]:
    """The tables that describe the data set. ``read``: the text of a file, by its path inside the project.

    Raises FileFault for a file that is missing, is no TOML, or claims to be chosen.
    """
    merged: dict[str, Any] = {}
    for file in files_of(workload, name):
        tables = tables_in(_there(file, read(file)), file)
        if CHOSEN in tables:
            raise FileFault(f"{file}: {CHOSEN} = {tables[CHOSEN]!r} is no key of a file; gatehouse.toml chooses")
        merged |= tables
    return merged if name is None else {**merged, CHOSEN: name}


def rules_tables_of(workload: str, name: str | None, read: Callable[[str], str | None]) -> dict[str, Any]:
    """The tables of the gate's rules for the data set. ``read``: as above; None for a file that is not there.

    Raises FileFault for a file that is no TOML, or is missing.
    """
    own, *others = rules_of(workload, name)
    merged = tables_in(_there(own, read(own)), own)
    for file in others:
        text = read(file)
        merged |= {} if text is None else tables_in(text, file)
    return {key: tables for key, tables in merged.items() if tables != {}}


def rules_in(project: Path, workload: str, name: str | None) -> dict[str, Any]:
    """The same from a project's own folder."""
    return rules_tables_of(workload, name, partial(text_in, project))


def text_in(project: Path, file: str) -> str | None:
    """The text of a file in a project's folder, or None."""
    path = project / file
    return path.read_text() if path.is_file() else None


def tables_in(text: str, file: str) -> dict[str, Any]:
    """What TOML says. FileFault if it is none."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FileFault(f"{file} is not TOML: {error}") from error


def _there(file: str, text: str | None) -> str:
    if text is None:
        raise FileFault(f"there is no {file}")
    return text
