"""A Spark driver that starts ahead of its job, so that a job run does not wait for Java.

There is one at most, and only while a job is defined. It has no job and no credentials, serves one run, and is then
replaced. The next one starts when runs and other work leave the processor idle.
"""

from __future__ import annotations

import logging
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from localcloud.platform.errors import EngineError
from localcloud.services.glue import job_arguments
from localcloud.services.glue.spark_driver import SparkDriver

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.platform.cloud import Cloud

#: How often the watcher checks.
WATCH_SECONDS = 1.0
#: The share of the processor that must have been idle since the last check.
IDLE_SHARE = 0.5
#: After this long, the driver starts all the same.
PATIENCE_SECONDS = 20.0
#: How long the watcher waits after a driver failed to start or died.
PAUSE_SECONDS = 60.0

log = logging.getLogger("localcloud.glue")


class Standby:
    def __init__(self, cloud: Cloud, *, busy: Callable[[], bool]) -> None:
        """``busy`` returns whether job runs are at work."""
        self._cloud = cloud
        self._busy = busy
        self._jobs = cloud.store.table("glue.jobs")
        self._lock = threading.Lock()
        self._waiting: SparkDriver | None = None
        self._down = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._watch, daemon=True, name="glue-standby").start()

    def take(self, modules: tuple[str, ...]) -> SparkDriver:
        """The waiting driver if it has these modules, otherwise a new one. Raises EngineError where none can start."""
        with self._lock:
            found = self._waiting
            if found is not None and found.modules == modules:
                self._waiting = None
                if found.running():
                    return found
                found.close()
        return SparkDriver(self._cloud, modules)

    def stop(self) -> None:
        self._down.set()
        self._dismiss()

    def _watch(self) -> None:
        processor = _Processor()
        waiting_since = time.monotonic()
        pause = WATCH_SECONDS
        while not self._down.wait(pause):
            pause = WATCH_SECONDS
            idle = processor.idle_share() >= IDLE_SHARE and not self._busy()
            wanted = self._wanted()
            if wanted is None:
                self._dismiss()
                waiting_since = time.monotonic()
            elif self._has(wanted):
                self._keep_classes()
                waiting_since = time.monotonic()
            elif idle or time.monotonic() - waiting_since > PATIENCE_SECONDS:
                pause = self._replace(wanted)

    def _wanted(self) -> tuple[str, ...] | None:
        """The additional modules of the job that was defined last; None without jobs."""
        jobs = [job for _, job in self._jobs.items()]
        if not jobs:
            return None
        last = max(jobs, key=lambda job: job["LastModifiedOn"])
        arguments = job_arguments.merged(last.get("DefaultArguments"), None, last.get("NonOverridableArguments"))
        return job_arguments.parse(arguments, job_name=last["Name"], job_id="", run_id="").modules

    def _has(self, modules: tuple[str, ...]) -> bool:
        with self._lock:
            return self._waiting is not None and self._waiting.modules == modules and self._waiting.running()

    def _keep_classes(self) -> None:
        with self._lock:
            if self._waiting is not None:
                self._waiting.keep_classes()

    def _replace(self, modules: tuple[str, ...]) -> float:
        """Starts a driver with these modules; returns how long to wait until the next check."""
        if self._died():
            return PAUSE_SECONDS
        self._dismiss()
        try:
            driver = SparkDriver(self._cloud, modules, ahead=True)
        except EngineError as error:  # a run that needs it will report the error
            log.warning("no Spark driver could be started ahead: %s", error)
            return PAUSE_SECONDS
        with self._lock:
            self._waiting = driver
        if self._down.is_set():
            self._dismiss()
        return WATCH_SECONDS

    def _died(self) -> bool:
        """Whether the waiting driver ended by itself. If so, it is removed."""
        with self._lock:
            died = self._waiting is not None and not self._waiting.running()
        if died:
            log.warning("the Spark driver that waited for a job ended by itself")
            self._dismiss()
        return died

    def _dismiss(self) -> None:
        with self._lock:
            driver, self._waiting = self._waiting, None
        if driver is not None:
            driver.close()


class _Processor:
    """How idle the machine was between two checks."""

    def __init__(self) -> None:
        self._before = self._read()

    def idle_share(self) -> float:
        before, self._before = self._before, self._read()
        total = self._before[1] - before[1]
        return (self._before[0] - before[0]) / total if total else 1.0

    @staticmethod
    def _read() -> tuple[int, int]:
        """The idle ticks and all ticks of all cores since the machine started."""
        ticks = [int(word) for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
        return ticks[3] + ticks[4], sum(ticks[:8])
