"""AWS's own schemas and rules, checked by cfn-lint at the pinned version."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from stacks.settings import Settings
from tests.templates.cloud_assembly import CloudAssembly


def lint(assembly: CloudAssembly, settings: Settings) -> str:
    done = subprocess.run(
        [
            *(Path(sys.executable).parent / "cfn-lint", "--regions", settings.project.region),
            *("--", *map(str, assembly.template_files)),
        ],
        capture_output=True,
        text=True,
    )
    return f"exit {done.returncode}\n{done.stdout}{done.stderr}".strip()


def test_templates_have_neither_errors_nor_warnings(assembly: CloudAssembly, settings: Settings) -> None:
    assert len(assembly.template_files) >= 3
    assert lint(assembly, settings) == "exit 0"


def test_nor_with_an_approval(assembly_with_approval: CloudAssembly, settings: Settings) -> None:
    assert lint(assembly_with_approval, settings) == "exit 0"
