"""Script mode: the container's paths in the texts that a job brings, and what is a lock file."""

from __future__ import annotations

from pathlib import Path

import pytest

from localcloud.images import script_mode
from localcloud.images.script_mode.pip_command import is_lock, lock
from localcloud.platform.errors import EngineError

ROOT = Path("/work/algo-1")
HASHED = "a==1 \\\n    --hash=sha256:00 \\\n    --hash=sha256:11\n    # via b\n"


@pytest.mark.parametrize(
    ("text", "mapped"),
    [
        ("/opt/ml/model", "/work/algo-1/opt/ml/model"),
        ('open("/opt/ml")', 'open("/work/algo-1/opt/ml")'),
        ("chmod +x /opt/ml/a && /opt/ml/a", "chmod +x /work/algo-1/opt/ml/a && /work/algo-1/opt/ml/a"),
        ("s3://bucket/opt/ml/a", "s3://bucket/opt/ml/a"),
        ("/home/opt/ml", "/home/opt/ml"),
        ("/opt/ml-tools /opt/mlx", "/opt/ml-tools /opt/mlx"),
    ],
)
def test_paths_of_the_container_are_mapped_and_no_others(text: str, mapped: str) -> None:
    """What only looks like one stays."""
    assert script_mode.mapped(text, ROOT) == mapped
    if "/opt/ml" in text and mapped != text:
        assert script_mode.unmapped(mapped, ROOT) == text


def test_texts_of_programs_and_hyperparameters_are_mapped(tmp_path: Path) -> None:
    """Data stay as they are, also beside a program."""
    folder = tmp_path / "opt" / "ml" / "input"
    for name in ("config/hyperparameters.json", "data/code/a.py", "data/code/b.bin", "data/train/c.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("/opt/ml/model")
    (folder / "data/code/d.txt").write_bytes(b"/opt/ml \xff")
    script_mode.map_programs(tmp_path)
    changed = {
        path.name for path in folder.rglob("*") if path.is_file() and str(tmp_path).encode() in path.read_bytes()
    }
    assert changed == {"hyperparameters.json", "a.py"}


def test_a_path_that_a_shell_takes_apart_is_refused(tmp_path: Path) -> None:
    """The drivers quote none, so a job would run something else."""
    with pytest.raises(EngineError, match="Set LOCALCLOUD_HOME"):
        script_mode.map_programs(tmp_path / "a folder")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (HASHED, True),
        (HASHED + "b==2 --hash=sha256:22\n", True),
        (HASHED + "b==2\n", False),
        ("a>=1 --hash=sha256:00\n", False),
        ("--index-url x\n" + HASHED, False),
        ("# nothing\n", False),
    ],
)
def test_a_lock_has_a_hash_for_each_requirement(text: str, found: bool) -> None:
    """Anything else is for pip."""
    assert is_lock(text) is found


def test_only_an_installation_of_one_lock_is_linked(tmp_path: Path) -> None:
    """Options that the cached environment would not honour go to pip."""
    path = tmp_path / "requirements.txt"
    path.write_text(HASHED)
    assert lock(["install", "-r", str(path)]) == path
    assert lock(["install", "--no-deps", "-r", str(path)]) is None
    assert lock(["install", "-r", str(tmp_path / "none.txt")]) is None
