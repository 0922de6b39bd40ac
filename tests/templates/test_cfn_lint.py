"""AWS's own schemas and rules, checked by cfn-lint at the pinned version."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from stacks.settings import Settings
from tests.templates.cloud_assembly import CloudAssembly


def test_templates_have_neither_errors_nor_warnings(
    assembly: CloudAssembly,
    assembly_with_key: CloudAssembly,
    assembly_with_approval: CloudAssembly,
    assembly_with_ab: CloudAssembly,
    settings: Settings,
) -> None:
    """Templates pass under each of the settings; those that settings do not change are looked at once."""
    assemblies = (assembly, assembly_with_key, assembly_with_approval, assembly_with_ab)
    found = [path for each in assemblies for path in each.template_files]
    different = {path.read_bytes(): path for path in found}
    assert len(different) >= 8
    done = subprocess.run(
        [
            *(Path(sys.executable).parent / "cfn-lint", "--regions", settings.project.region),
            *("--", *map(str, different.values())),
        ],
        capture_output=True,
        text=True,
    )
    assert f"exit {done.returncode}\n{done.stdout}{done.stderr}".strip() == "exit 0"
