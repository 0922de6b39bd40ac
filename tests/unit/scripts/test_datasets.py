"""Where `make data` finds a file that may not be shipped."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from ml_init.dataset import DataFile
from scripts.datasets import found, is_shipped

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

CONTENT = b"7\t50\t5\t88\n"
FILE = DataFile(
    name="u.data", sources=("https://example.org/u.data",), sha256=hashlib.sha256(CONTENT).hexdigest(), max_bytes=100
)


def test_the_file_is_found_by_its_name_and_its_hash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders are searched with all below them, and a file of this name with another content is passed over."""
    for folder, content in (("wrong", b"another file"), ("right/below", CONTENT)):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "u.data").write_bytes(content)
    folders = [str(tmp_path / "none"), str(tmp_path / "wrong")]
    monkeypatch.setenv("GATEHOUSE_DATASETS", os.pathsep.join(folders))
    assert found(FILE) is None
    monkeypatch.setenv("GATEHOUSE_DATASETS", os.pathsep.join([*folders, str(tmp_path / "right")]))
    assert found(FILE) == CONTENT


def test_what_is_shipped_needs_no_data_bucket(tmp_path: Path) -> None:
    """A file is shipped if one of its sources stands in the workload's folder."""
    assert not is_shipped(FILE, tmp_path)
    shipped = DataFile(name="u.data", sources=("u.data.gz",), sha256="00", max_bytes=1)
    assert not is_shipped(shipped, tmp_path)
    (tmp_path / "u.data.gz").write_bytes(b"")
    assert is_shipped(shipped, tmp_path)
