"""The settings that tests run with, whatever a user has written into gatehouse.toml."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.clouds import PROJECT

FILE = Path(__file__).with_name("gatehouse.toml")


def bring(project: Path) -> None:
    """Puts them into a copy of the project, in place of the user's."""
    shutil.copy(FILE, project / "gatehouse.toml")


def linked(folder: Path) -> Path:
    """Makes the folder this project, file by file the same, but with the tests' settings."""
    for path in PROJECT.iterdir():
        if path.name != "gatehouse.toml":
            (folder / path.name).symlink_to(path)
    bring(folder)
    return folder


def in_a_project(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same, as the current folder."""
    monkeypatch.chdir(linked(folder))
