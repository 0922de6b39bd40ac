"""The modules that a Glue job gets beside its script."""

from __future__ import annotations

import ast
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from ml_init.spark import zip_modules
from stacks.workloads import WORKLOADS
from tests.clouds import PROJECT

if TYPE_CHECKING:
    from pathlib import Path

#: What only Glue's own Python has.
_OF_GLUE = ("pyspark", "awsglue")


@pytest.mark.parametrize("workload", [each.name for each in WORKLOADS.values() if each.glue])
def test_the_archive_has_all_that_a_script_imports_of_the_project(workload: str, tmp_path: Path) -> None:
    """A module that one of them imports and the archive lacks would end the job on its first line."""
    script = ast.parse((PROJECT / "ml_init" / workload / "transform.py").read_text())
    named = {node.module for node in script.body if isinstance(node, ast.ImportFrom) and node.module}
    own = sorted(name for name in named if name.startswith(("handover", "ml_init", "ml_steps")))
    assert "ml_init.glue_script" in own
    (tmp_path / "modules.zip").write_bytes(zip_modules())
    stubs = "; ".join(f"sys.modules[{name!r}] = types.ModuleType({name!r})" for name in _OF_GLUE)
    program = f"import sys, types; sys.path.insert(0, 'modules.zip'); {stubs}; import {', '.join(own)}"
    done = subprocess.run(
        [sys.executable, "-I", "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
