"""Whether processes that a test has started are gone."""

from __future__ import annotations

import time

from localcloud.platform.processes import alive


def gone(pid: int, *, seconds: float = 10) -> bool:
    """Within this time: what was killed is gone when the machine gets round to it."""
    deadline = time.monotonic() + seconds
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not alive(pid)
