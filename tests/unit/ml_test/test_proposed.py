"""The push's rules and contract, as the gate reads them from the commit."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ml_init.dataset import Dataset
from ml_steps.running import StepError
from ml_test import proposed
from ml_test.gate.rules import Rules

PROJECT = Path(__file__).parents[3]
GATE, DATA = "ml_test/car_evaluation/gate.toml", "ml_init/car_evaluation/dataset.toml"


def commit(folder: Path, monkeypatch: pytest.MonkeyPatch, **written: str) -> None:
    """A commit with the shipped files, or with what is ``written`` in their place."""
    for name, file in (("gate", GATE), ("data", DATA)):
        (folder / file).parent.mkdir(parents=True)
        (folder / file).write_text(written.get(name, (PROJECT / file).read_text()))
    monkeypatch.setenv("CODEBUILD_SRC_DIR_SourceOutput", str(folder))


def test_rules_and_contract_are_those_of_the_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files of the source artifact count, not those beside the gate's code."""
    text = (PROJECT / GATE).read_text()
    commit(tmp_path, monkeypatch, gate=text.replace("margin = 0.03", "margin = 0.9"))
    assert proposed.rules("car_evaluation").comparison.margin == 0.9
    assert proposed.rules("car_evaluation").floors == Rules.read(PROJECT / GATE).floors
    assert proposed.contract("car_evaluation") == Dataset.read(PROJECT / DATA)


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("margin", f"The commit's {GATE} is not TOML: Expected '=' after a key"),
        ("\nmargins = 1", f"The commit's {GATE}:2: margins = 1 is not known here; allowed are answers"),
        (f"a = {'[' * 9999}", f"{GATE} of the commit: "),
    ],
)
def test_a_wrong_file_of_the_commit_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str, fault: str
) -> None:
    """A file that cannot be read ends the gate with its name and the fault, and not with a traceback."""
    commit(tmp_path, monkeypatch, gate=written)
    with pytest.raises(StepError, match=f"^{re.escape(fault)}"):
        proposed.rules("car_evaluation")


def test_a_missing_file_of_the_commit_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A commit without the workload's rules ends the gate with the file's name."""
    commit(tmp_path, monkeypatch)
    with pytest.raises(StepError, match=r"has no ml_test/wine/gate.toml"):
        proposed.rules("wine")


def test_rules_of_the_chosen_data_set_take_the_place_of_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table replaces the whole one of gate.toml, an empty one takes it away, and without a file nothing differs."""
    commit(tmp_path, monkeypatch)
    assert proposed.rules("car_evaluation", "other") == proposed.rules("car_evaluation")
    other = tmp_path / Path(GATE).parent / "datasets" / "other.toml"
    other.parent.mkdir()
    other.write_text("[floors]\naccuracy = 0.5\n")
    found = proposed.rules("car_evaluation", "other")
    assert dict(found.floors) == {"accuracy": 0.5}
    assert found.comparison == proposed.rules("car_evaluation").comparison
    other.write_text("[slices]\n")
    assert proposed.rules("car_evaluation").slices is not None
    assert proposed.rules("car_evaluation", "other").slices is None
    other.write_text("[floors]\nbeauty = 0.5\n")
    with pytest.raises(StepError, match=r"commit's ml_test/car_evaluation/datasets/other\.toml:2: \[floors\] asks"):
        proposed.rules("car_evaluation", "other")


def test_the_chosen_data_set_is_read_from_the_commit_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The gate derives its rows from the commit's file of the data set that was deployed, and names a wrong one."""
    commit(tmp_path, monkeypatch)
    other = tmp_path / Path(DATA).parent / "datasets" / "other.toml"
    other.parent.mkdir()
    other.write_text('name = "other cars"\n')
    found = proposed.contract("car_evaluation", "other")
    assert (found.name, found.chosen) == ("other cars", "other")
    assert found.features == proposed.contract("car_evaluation").features
    other.write_text("names = 1\n")
    with pytest.raises(StepError, match=r"datasets/other\.toml:1: names = 1 is not known here"):
        proposed.contract("car_evaluation", "other")
    other.unlink()
    with pytest.raises(StepError, match=r"has no ml_init/car_evaluation/datasets/other\.toml"):
        proposed.contract("car_evaluation", "other")
