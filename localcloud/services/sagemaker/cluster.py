"""The hosts of a training job. Each has a container of its own, and they begin and end together."""

from __future__ import annotations

import itertools
import queue
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localcloud.platform.processes import Child, Ended, Exit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from localcloud.platform.processes import Processes

_POLL_SECONDS = 0.05
#: Each cluster has a network of its own in the loopback's 127.0.0.0/8, so two clusters can use the same port.
_networks = itertools.count(1)
_NETWORKS = 254 * 127


@dataclass(frozen=True, kw_only=True, slots=True)
class Host:
    name: str
    """``algo-1`` and so on."""
    root: Path
    """The root of its container's file system."""
    address: str
    """The loopback address for its name."""

    @property
    def opt_ml(self) -> Path:
        return self.root / "opt" / "ml"


@dataclass(frozen=True, kw_only=True, slots=True)
class Ending:
    """How a cluster ended: as the first host that failed, or as all of them."""

    exit: Exit
    failed: Host | None = None


class Cluster:
    def __init__(self, processes: Processes, root: Path, count: int) -> None:
        """Makes this many hosts, with folders below ``root``."""
        self._processes = processes
        network = next(_networks) % _NETWORKS
        self.hosts = tuple(
            Host(
                name=f"algo-{number}",
                root=root / f"algo-{number}",
                address=f"127.{128 + network // 254}.{1 + network % 254}.{number}",
            )
            for number in range(1, count + 1)
        )
        for host in self.hosts:
            host.root.mkdir()

    def run(
        self,
        command: Callable[[Host], Sequence[str]],
        *,
        environment: Callable[[Host], Mapping[str, str]],
        on_line: Callable[[Host, str], None],
        timeout_seconds: float,
        stop: threading.Event,
    ) -> Ending:
        """Runs each host's command until all have ended. If one fails, ends the others.

        Ends all hosts at the time-out, and when ``stop`` is set. Leaves no process of any host behind.
        """
        children: list[Child] = []
        watches: list[threading.Thread] = []
        ended: queue.SimpleQueue[tuple[Host, Exit]] = queue.SimpleQueue()
        try:
            for host in self.hosts:
                child = self._processes.start(
                    command(host),
                    cwd=host.root,
                    environment=environment(host),
                    on_line=lambda line, host=host: on_line(host, line),  # type: ignore[misc]
                )
                children.append(child)
                watches.append(threading.Thread(target=_tell_end, args=(host, child, ended), daemon=True))
                watches[-1].start()
            return _follow(len(children), ended, time.monotonic() + timeout_seconds, stop)
        finally:
            running = [child for child in children if child.running()]
            with ThreadPoolExecutor(max_workers=max(len(running), 1)) as pool:
                list(pool.map(Child.stop, running))
            for watch in watches:
                watch.join()


def _tell_end(host: Host, child: Child, ended: queue.SimpleQueue[tuple[Host, Exit]]) -> None:
    ended.put((host, child.end()))


def _follow(
    running: int, ended: queue.SimpleQueue[tuple[Host, Exit]], deadline: float, stop: threading.Event
) -> Ending:
    while running:
        if stop.is_set():
            return Ending(exit=Exit(how=Ended.STOPPED, code=0))
        if time.monotonic() > deadline:
            return Ending(exit=Exit(how=Ended.TIMED_OUT, code=0))
        try:
            host, found = ended.get(timeout=_POLL_SECONDS)
        except queue.Empty:
            continue
        if not found.ok:
            return Ending(exit=found, failed=host)
        running -= 1
    return Ending(exit=Exit(how=Ended.EXITED, code=0))
