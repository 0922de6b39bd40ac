"""Python programs in a process of their own, for what cannot be tried in this one."""

from __future__ import annotations

import subprocess
import sys

from tests.waiting import DEADLINE_SECONDS


def run_alone(program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the text as a program, to its end."""
    return subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE_SECONDS,
    )
