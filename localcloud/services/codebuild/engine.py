"""Runs builds, up to four at a time, in the order of their start. The others wait in QUEUED."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from localcloud.services.codebuild.record import IN_PROGRESS, Record, builds
from localcloud.services.codebuild.run import BuildRun
from localcloud.services.codebuild.transitions import Phase, Status

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud
    from localcloud.services.codebuild.plan import BuildPlan

CONCURRENT_BUILDS = 4
STOP_SECONDS = 4.0

log = logging.getLogger("localcloud.codebuild")


class Engine:
    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._turn = threading.Condition()
        self._waiting: list[str] = []
        self._running: set[str] = set()
        self._stops: dict[str, threading.Event] = {}
        self._threads: dict[str, threading.Thread] = {}

    def submit(self, build_id: str, plan: BuildPlan) -> None:
        with self._turn:
            self._waiting.append(build_id)
            self._stops[build_id] = threading.Event()
            thread = threading.Thread(target=self._live, args=(build_id, plan), daemon=True, name=f"build-{build_id}")
            self._threads[build_id] = thread
        thread.start()

    def stop(self, build_id: str) -> None:
        """Asks a build to end. It is STOPPED when its processes are gone. A build that has ended stays as it is."""
        with self._turn:
            event = self._stops.get(build_id)
            if event:
                event.set()
            self._turn.notify_all()

    def stop_all(self) -> None:
        """Ends every build within a few seconds."""
        with self._turn:
            ids = list(self._stops)
            threads = list(self._threads.values())
        for build_id in ids:
            self.stop(build_id)
        deadline = time.monotonic() + STOP_SECONDS
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def close_cut_off(self) -> None:
        """Ends the builds that ran or waited when an earlier local cloud ended, with status FAULT."""
        for build_id, build in builds(self._cloud).items():
            if build["buildStatus"] == IN_PROGRESS:
                record = Record(self._cloud, build_id)
                if not build["phases"] or "endTime" in build["phases"][-1]:
                    record.begin(Phase.PROVISIONING)
                record.end(Status.FAULT, "INTERNAL_SERVICE_ERROR", "The local cloud ended while this build ran.")
                record.complete(Status.FAULT)

    def _live(self, build_id: str, plan: BuildPlan) -> None:
        record = Record(self._cloud, build_id)
        try:
            status = self._queue(build_id, plan, record)
            if status is Status.SUCCEEDED:
                BuildRun(self._cloud, plan, record, self._stops[build_id]).run()
            else:
                record.complete(status)
        except Exception:
            log.exception("build %s", build_id)
            record.complete(Status.FAULT)
        finally:
            with self._turn:
                self._running.discard(build_id)
                self._stops.pop(build_id, None)
                self._threads.pop(build_id, None)
                self._turn.notify_all()

    def _queue(self, build_id: str, plan: BuildPlan, record: Record) -> Status:
        """Waits for a free place; STOPPED or TIMED_OUT if the build gets none."""
        record.begin(Phase.SUBMITTED)
        record.end(Status.SUCCEEDED)
        record.begin(Phase.QUEUED)
        deadline = time.monotonic() + plan.queued_timeout_minutes * 60
        stop = self._stops[build_id]

        def ready() -> bool:
            first = self._waiting[0] == build_id and len(self._running) < CONCURRENT_BUILDS
            return first or stop.is_set()

        with self._turn:
            in_time = self._turn.wait_for(ready, deadline - time.monotonic())
            self._waiting.remove(build_id)
            status = Status.STOPPED if stop.is_set() else Status.SUCCEEDED if in_time else Status.TIMED_OUT
            if status is Status.SUCCEEDED:
                self._running.add(build_id)
            self._turn.notify_all()
        message = "Build was queued for too long." if status is Status.TIMED_OUT else ""
        record.end(status, "BUILD_TIMED_OUT" if message else "", message)
        return status
