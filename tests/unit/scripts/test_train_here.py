"""Training without a cloud: what a script is given, and what is made of what it leaves."""

from __future__ import annotations

import json
import sys
import tarfile
from pathlib import Path

import pytest

from ml_training.training import Source
from scripts import train_here
from tests.settings import in_a_project

SCRIPT = """
import json, os, sys
from pathlib import Path

print("loss: 2.5", flush=True)
print("loss: 0.5", flush=True)
rows = Path(os.environ["SM_CHANNEL_TRAIN"], "rows.csv").read_text()
told = {"arguments": sys.argv[1:], "hps": json.loads(os.environ["SM_HPS"]), "rows": rows, "cwd": os.getcwd()}
model = Path(os.environ["SM_MODEL_DIR"], "1")
model.mkdir()
(model / "told.json").write_text(json.dumps(told))
sys.exit(int(os.environ["SM_HP_EXIT_CODE"]))
"""
ROWS = {"train": ("rows.csv", b"0,1\n"), "validation": ("rows.csv", b"1,2\n")}


@pytest.fixture
def source(tmp_path: Path) -> Source:
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "train.py").write_text(SCRIPT)
    return Source(folder=folder, entry="train.py")


def test_a_script_gets_what_sagemaker_gives_it(source: Source, tmp_path: Path) -> None:
    """Arguments, folders, rows and the working folder are those of a job; the archive is a job's."""
    given = {"exit-code": 0, "labels": ["a", "b"], "name": "x y"}
    lines = train_here.trained(tmp_path, source, Path(sys.executable), given, ROWS)
    assert lines == ["loss: 2.5\n", "loss: 0.5\n"]
    archive = tmp_path / "out" / "model.tar.gz"
    train_here.pack(tmp_path / "model", archive)
    with tarfile.open(archive) as tar:
        assert tar.getnames() == ["1", "1/told.json"]
        member = tar.extractfile("1/told.json")
        assert member is not None
        told = json.load(member)
    assert told == {
        "arguments": ["--exit-code", "0", "--labels", '["a", "b"]', "--name", "x y"],
        "hps": given,
        "rows": "0,1\n",
        "cwd": str(source.folder),
    }


def test_a_script_that_fails_fails_the_command(source: Source, tmp_path: Path) -> None:
    """The message names the script and its exit code."""
    with pytest.raises(SystemExit, match=r"code/train.py ended with exit code 3\."):
        train_here.trained(tmp_path, source, Path(sys.executable), {"exit-code": 3}, ROWS)


def test_a_script_that_leaves_no_model_makes_no_archive(tmp_path: Path) -> None:
    """An empty archive would be served by nobody."""
    (tmp_path / "model").mkdir()
    with pytest.raises(SystemExit, match="has left no model in SM_MODEL_DIR"):
        train_here.pack(tmp_path / "model", tmp_path / "model.tar.gz")


@pytest.mark.parametrize(
    ("workload", "why"),
    [
        ("car_evaluation", "made by a Glue job, which runs on a cloud"),
        ("credit_default", "brings no script of its own"),
    ],
)
def test_what_needs_a_cloud_is_refused(
    workload: str, why: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The message says what does it instead."""
    in_a_project(tmp_path, monkeypatch)
    with pytest.raises(SystemExit, match=why):
        train_here.plan(workload)


def test_the_plan_is_the_pipelines(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The rows are those of the data step, and test rows are none of them."""
    in_a_project(tmp_path, monkeypatch)
    training, source, features, rows = train_here.plan("iris")
    assert source.entry == "train.py"
    assert {name: len(content.splitlines()) for name, (_, content) in rows.items()} == {"train": 94, "validation": 26}
    assert features.rows["test"] == 30
    assert training.hyperparameters_for(features)["labels"] == ["setosa", "versicolor", "virginica"]


def test_weights_that_training_begins_with_are_a_channel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """They are checked as the data step checks them; a workload without any has no such channel."""
    in_a_project(tmp_path, monkeypatch)
    (channel,) = train_here.weights("dog_breeds").items()
    assert (channel[0], channel[1][0], len(channel[1][1])) == ("backbone", "characters-80d262e0.pt", 381561)
    assert train_here.weights("iris") == {}
