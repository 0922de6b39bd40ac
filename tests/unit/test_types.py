"""What mypy reads of the CDK."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

PROJECT = Path(__file__).parents[2]
IMPORTED = re.compile(
    r"^\s*(?:from aws_cdk import (aws_\w+)|from (aws_cdk\.\w+) import|import (aws_cdk\.\w+))", re.MULTILINE
)


def test_types_of_each_service_in_a_stack_are_read() -> None:
    """A service that pyproject.toml does not list would be Any, and no mistake in its use would be found."""
    overrides = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["mypy"]["overrides"]
    (read,) = (each["module"] for each in overrides if each.get("follow_imports") == "normal")
    sources = [PROJECT / "app.py", *(PROJECT / "stacks").rglob("*.py")]
    found = {next(filter(None, match.groups())) for path in sources for match in IMPORTED.finditer(path.read_text())}
    assert len(found) > 10
    assert {name if "." in name else f"aws_cdk.{name}" for name in found} - set(read) == set()
