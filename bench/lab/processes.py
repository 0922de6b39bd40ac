"""Whether processes that a test has started are gone."""

from __future__ import annotations

from bench.lab.waiting import until
from localcloud.platform.processes import alive


def until_gone(pid: int) -> None:
    """Returns once the process has ended: a killed process is gone only when the machine gets round to it."""
    until(lambda: not alive(pid), what=f"the end of process {pid}", every_seconds=0.01)
