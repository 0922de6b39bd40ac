"""A wrong file of a workload, or of the user, ends a synthesis by its line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.templates.cloud_assembly import Copy


def test_a_wrong_file_ends_a_synthesis_with_its_line_and_no_traceback(project_copy: Copy) -> None:
    """The Build stage and `make deploy` say what is wrong, before anything is trained or deployed."""
    project = project_copy("wrong")
    gate = project / "ml_test" / "credit_default" / "gate.toml"
    gate.write_text(gate.read_text().replace("[floors]", "[floor]"))
    line = gate.read_text().splitlines().index("[floor]") + 1
    assert f"ml_test/credit_default/gate.toml:{line}: floor = " in said_of(project)
    settings = project / "gatehouse.toml"
    settings.write_text(settings.read_text().replace("[project]", "[projekt]"))
    line = settings.read_text().splitlines().index("[projekt]") + 1
    said = said_of(project)
    assert f"{settings}:{line}: projekt = " in said
    assert "did you mean project?" in said


def said_of(project: Path) -> str:
    """What the app prints that the cdk command runs, and fails by."""
    done = subprocess.run([sys.executable, "app.py"], cwd=project, capture_output=True, text=True)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    return done.stderr
