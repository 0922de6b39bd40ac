"""AWS's own schemas and rules, checked by cfn-lint at the pinned version."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from stacks.settings import Settings
from stacks.workloads import WORKLOADS
from tests.templates.cloud_assembly import CloudAssembly


def test_templates_have_neither_errors_nor_warnings(
    assembly: CloudAssembly,
    assembly_with_key: CloudAssembly,
    assembly_with_approval: CloudAssembly,
    assembly_with_ab: CloudAssembly,
    settings: Settings,
) -> None:
    """All templates pass as delivered, and one workload's under other settings, which change all of them alike."""
    one = next(iter(WORKLOADS.values())).camel_name
    others = (assembly_with_key, assembly_with_approval, assembly_with_ab)
    changed = [path for each in others for path in each.template_files if path.name.startswith(one)]
    different = {path.read_bytes(): path for path in (*assembly.template_files, *changed)}
    assert len(different) > len(assembly.template_files)
    done = subprocess.run(
        [
            *(Path(sys.executable).parent / "cfn-lint", "--regions", settings.project.region),
            *("--", *map(str, different.values())),
        ],
        capture_output=True,
        text=True,
    )
    assert f"exit {done.returncode}\n{done.stdout}{done.stderr}".strip() == "exit 0"
