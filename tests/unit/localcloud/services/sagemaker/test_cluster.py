"""The hosts of a training job: they begin together, end together, and leave nothing."""

from __future__ import annotations

import os
import sys
import threading
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.lab.processes import until_gone
from localcloud.platform.processes import Ended, Exit, Processes, kill_leftovers
from localcloud.services.sagemaker.cluster import Cluster, Ending, Host
from tests.waiting import until

#: Starts a child of its own in a session of its own, says both ids, and waits for ever unless it is told otherwise.
PROGRAM = """
import os, subprocess, sys, time
name = os.environ["HOST"]
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"], start_new_session=True)
print("pids", os.getpid(), child.pid, flush=True)
if name in os.environ["ENDS"].split():
    sys.exit(int(os.environ["CODE"]))
time.sleep(3600)
"""


class Lines:
    """What the hosts have said so far."""

    def __init__(self) -> None:
        self.found: dict[str, list[str]] = defaultdict(list)

    def add(self, host: Host, line: str) -> None:
        self.found[host.name].append(line)

    def pids(self) -> list[int]:
        return [int(pid) for lines in self.found.values() for line in lines for pid in line.split()[1:]]

    def all_gone(self) -> None:
        for pid in self.pids():
            until_gone(pid)


def run(cluster: Cluster, lines: Lines, *, ends: str, code: int = 0, **limits: Any) -> Ending:
    return cluster.run(
        lambda _: [sys.executable, "-c", PROGRAM],
        environment=lambda host: {"HOST": host.name, "ENDS": ends, "CODE": str(code), "PATH": os.environ["PATH"]},
        on_line=lines.add,
        **{"timeout_seconds": 600, "stop": threading.Event(), **limits},
    )


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """Three hosts, of which nothing is left after a test."""
    owner = str(tmp_path)
    yield Cluster(Processes(owner), tmp_path, 3)
    assert kill_leftovers(owner) == 0


def test_a_cluster_ends_when_all_hosts_have_ended(cluster: Cluster) -> None:
    """What a host left in the background ends with the cluster."""
    lines = Lines()
    ending = run(cluster, lines, ends="algo-1 algo-2 algo-3")
    assert ending == Ending(exit=Exit(how=Ended.EXITED, code=0))
    assert len(lines.pids()) == 6
    lines.all_gone()


def test_one_hosts_failure_ends_all(cluster: Cluster) -> None:
    """The ending names that host and its code, whatever becomes of the others."""
    lines = Lines()
    ending = run(cluster, lines, ends="algo-2", code=3)
    assert ending == Ending(exit=Exit(how=Ended.EXITED, code=3), failed=cluster.hosts[1])
    lines.all_gone()


def test_a_stop_ends_all(cluster: Cluster) -> None:
    """Nobody has failed then."""
    lines, stop = Lines(), threading.Event()

    def stop_when_all_run() -> None:
        until(lambda: len(lines.pids()) == 6, what="all hosts and their children")
        stop.set()

    threading.Thread(target=stop_when_all_run, daemon=True).start()
    ending = run(cluster, lines, ends="", stop=stop)
    assert ending == Ending(exit=Exit(how=Ended.STOPPED, code=0))
    lines.all_gone()


def test_the_maximum_runtime_ends_all(cluster: Cluster) -> None:
    """Those that have ended well before change nothing about it."""
    ending = run(cluster, Lines(), ends="algo-1", timeout_seconds=0.5)
    assert ending == Ending(exit=Exit(how=Ended.TIMED_OUT, code=0))


def test_hosts_that_were_started_end_where_another_cannot_start(cluster: Cluster) -> None:
    """Such as for a folder that is gone."""
    cluster.hosts[2].root.rmdir()
    with pytest.raises(FileNotFoundError):
        run(cluster, Lines(), ends="")


def test_two_clusters_share_no_address(tmp_path: Path) -> None:
    """Jobs that run at the same time may listen on the same port."""
    folders = [tmp_path / name for name in ("a", "b")]
    for folder in folders:
        folder.mkdir()
    one, other = (Cluster(Processes("unit"), folder, 20) for folder in folders)
    addresses = [host.address for cluster in (one, other) for host in cluster.hosts]
    assert len(set(addresses)) == 40
    assert all(address.startswith("127.") for address in addresses)
