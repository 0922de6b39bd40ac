"""Which data set a workload learns from: its own, or another one that gatehouse.toml names (``dataset = "…"``).

``ml_init/<workload>/dataset.toml`` describes the workload's own. ``ml_init/<workload>/datasets/<name>.toml`` describes
another one: each key or table there takes the whole place of the one in dataset.toml, and all others hold for both.
"""

from __future__ import annotations

import tomllib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

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


def known(project: Path, workload: str) -> list[str]:
    """The names of the data sets besides the workload's own."""
    return sorted(path.stem for path in (project / "ml_init" / workload / "datasets").glob("*.toml"))


def tables_of(workload: str, name: str | None, read: Callable[[str], str]) -> dict[str, Any]:
    """The tables that describe the data set. ``read``: the text of a file, by its path inside the project.

    Raises ValueError that names the file which is no TOML, or claims to be chosen.
    """
    merged: dict[str, Any] = {}
    for file in files_of(workload, name):
        try:
            tables = tomllib.loads(read(file))
        except tomllib.TOMLDecodeError as error:
            raise ValueError(f"{file} is not TOML: {error}") from error
        if CHOSEN in tables:
            raise ValueError(f"{file}: {CHOSEN} = {tables[CHOSEN]!r} is no key of a file; gatehouse.toml chooses")
        merged |= tables
    return merged if name is None else {**merged, CHOSEN: name}
