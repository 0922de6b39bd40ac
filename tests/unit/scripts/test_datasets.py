"""Where `make data` finds a file that may not be shipped."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

import pytest

from ml_init.dataset import DataFile
from scripts import datasets
from scripts.datasets import found, is_shipped
from scripts.reads.errors import NotThereError

if TYPE_CHECKING:
    from pathlib import Path

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


CONTRACT = """
name = "ratings"
[file]
name = "u.data"
sources = [SOURCE]
sha256 = ""
max_bytes = 100
delimiter = "\\t"
columns = ["user", "movie", "rating", "time"]
[rows]
bad_share_allowed = 0.0
train_share = 0.5
validation_share = 0.25
[[features]]
name = "movie"
low = 1
high = 1682
"""


@pytest.fixture
def unstated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project of a workload whose data set has no checksum yet, as the working directory."""
    folder = tmp_path / "ml_init" / "car_evaluation"
    folder.mkdir(parents=True)
    (folder / "dataset.toml").write_text(CONTRACT.replace("SOURCE", '"https://example.org/u.data"'))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(datasets, "chosen_name", lambda _: None)
    monkeypatch.setenv("GATEHOUSE_DATASETS", str(tmp_path / "mine"))
    return folder / "dataset.toml"


def test_what_nobody_has_stated_is_said_and_not_stored(
    unstated: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command reads the file, checks it against the contract, and says which line to write where."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "u.data").write_bytes(CONTENT)
    assert datasets.main("car_evaluation") == 1
    said = capsys.readouterr().out
    assert f'write into ml_init/car_evaluation/dataset.toml, and commit it:\n\n  sha256 = "{FILE.sha256}"\n' in said
    assert "u.data: 10 bytes, 1 good rows; nothing is stored yet" in said
    unstated.write_text(unstated.read_text().replace('sha256 = ""', f'sha256 = "{FILE.sha256}"'))
    assert datasets.chosen("car_evaluation")[1].sha256 == FILE.sha256


def test_a_push_without_a_stated_file_is_stopped_before_it_begins(unstated: Path) -> None:
    """Whoever pushes is told what to do, instead of seeing the data step fail."""
    assert "https" in unstated.read_text()
    with pytest.raises(NotThereError, match=r"stated the SHA-256 of u\.data yet\. `make data WORKLOAD=car_evaluation`"):
        datasets.provide("car_evaluation")
    with pytest.raises(NotThereError, match=r"download it yourself from https://example\.org/u\.data"):
        datasets.main("car_evaluation")


def test_kaggles_file_is_asked_for_with_the_token(unstated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that lies in no folder comes from Kaggle; one with another checksum than stated is refused."""
    asked = []
    monkeypatch.setattr(datasets.kaggle, "fetch", lambda source, most: asked.append((source, most)) or CONTENT)
    text = CONTRACT.replace("SOURCE", '"kaggle://ada/ratings/u.data"')
    unstated.write_text(text)
    assert datasets.main("car_evaluation") == 1
    assert asked == [("kaggle://ada/ratings/u.data", 100)]
    unstated.write_text(text.replace('sha256 = ""', 'sha256 = "11"'))
    with pytest.raises(NotThereError, match=rf"its SHA-256 is {FILE.sha256}, expected 11"):
        datasets.main("car_evaluation")
