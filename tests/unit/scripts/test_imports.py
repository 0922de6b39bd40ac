"""What a user runs needs the user's environment, not the one of whoever changes the code."""

from __future__ import annotations

import re
import subprocess
import sys

from tests.clouds import PROJECT

#: The program's own environment has neither; the gate's statistics bring them, where make lays those over it.
_OF_THE_GATE = ("numpy", "scipy")


def test_scripts_that_make_runs_need_no_statistics() -> None:
    """`make releases`, `make rollback` and the like start without what only the gate computes with."""
    scripts = re.findall(r"\$\(PY\) -m (scripts\.\w+)", (PROJECT / "Makefile").read_text())
    assert {"scripts.releases", "scripts.rollback", "scripts.end_experiment"} <= set(scripts)
    code = "\n".join(
        (
            f"import importlib, sys; sys.modules |= dict.fromkeys({_OF_THE_GATE})",
            f"for name in {sorted(set(scripts))}: importlib.import_module(name)",
        )
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
