"""What the kernel says of processes that a test has started: whether they are gone, and what they have used."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from bench.lab.waiting import until
from localcloud.platform.processes import alive


def until_gone(pid: int) -> None:
    """Returns once the process has ended: a killed process is gone only when the machine gets round to it."""
    until(lambda: not alive(pid), what=f"the end of process {pid}", every_seconds=0.01)


def memory_mib(pid: int, *, most: bool = False) -> float:
    """MiB of memory that the process has (VmRSS), or the most that it ever had (VmHWM)."""
    name = "VmHWM:" if most else "VmRSS:"
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith(name))) / 1024


def forget_most_memory(pid: int) -> None:
    """From now on, the most memory that the process ever had is what it has now."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def cpu_seconds(pid: int) -> float:
    """What the process itself has used, without its children."""
    return sum(map(int, _stat(pid)[11:13])) / os.sysconf("SC_CLK_TCK")


def family_cpu_seconds(pid: int) -> float:
    """What the process has used, and all that it has started, whether they have ended or not."""
    found = {}
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            found[int(entry.name)] = _stat(int(entry.name))
    family = {pid}
    while more := {each for each, stat in found.items() if int(stat[1]) in family} - family:
        family |= more
    # Of itself, and of children that have ended.
    return sum(int(used) for each in family for used in found[each][11:15]) / os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> list[str]:
    """The fields from the process's state on."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
