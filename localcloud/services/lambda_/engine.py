"""Runs functions: takes a warm sandbox or starts a new one, within the limits of concurrency."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError
from localcloud.services.lambda_.code import unpack
from localcloud.services.lambda_.functions import hex_of
from localcloud.services.lambda_.names import PRINCIPAL
from localcloud.services.lambda_.runtime_api import Incoming
from localcloud.services.lambda_.sandbox import Outcome, Sandbox, runtime, version_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from localcloud.platform.cloud import Cloud
    from localcloud.platform.store import Document
    from localcloud.services.lambda_.functions import Functions
    from localcloud.services.lambda_.versions import Target, Versions

#: The account's concurrency. AWS's is 1,000. This is one machine, and the front door has 64 threads for all calls.
ACCOUNT_CONCURRENCY = 32
#: A sandbox that is older than this takes no more events, because its role's session ends after an hour.
_OLDEST_SECONDS = 2400.0
_IDLE_SECONDS = 120.0
_SWEEP_SECONDS = 5.0


def role_credentials(cloud: Cloud, configuration: Document) -> dict[str, str]:
    """A session of the function's role; raises AwsError where Lambda may not have one."""
    from botocore.exceptions import ClientError

    try:
        return cloud.clients.assume_role(
            configuration["Role"], session_name=configuration["FunctionName"], service_principal=PRINCIPAL
        )
    except ClientError as error:
        raise AwsError(
            "AccessDeniedException",
            f"The role defined for the function cannot be assumed by Lambda ({configuration['Role']}: "
            f"{error.response['Error']['Message']})",
            status=403,
        ) from error


class Engine:
    def __init__(self, cloud: Cloud, functions: Functions, versions: Versions) -> None:
        self._cloud = cloud
        self._functions = functions
        self._versions = versions
        self._lock = threading.Lock()
        self._unpacking = threading.Lock()
        #: ``<function>:<version>`` → its sandboxes without work.
        self._warm: dict[str, list[Sandbox]] = {}
        self._running: dict[str, int] = {}
        self._all: set[Sandbox] = set()
        self._closed = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._sweep, daemon=True, name="lambda-sweep").start()

    def stop(self) -> None:
        self._closed.set()
        with self._lock:
            sandboxes, self._all = self._all, set()
            self._warm.clear()
        for sandbox in sandboxes:
            sandbox.stop()

    def invoke(self, target: Target, request_id: str, payload: bytes, client_context: str = "") -> Outcome:
        """Runs a function on one event until it ends. Raises AwsError where it is throttled or cannot run."""
        configuration = target.configuration
        if configuration["State"] != "Active":
            raise AwsError(
                "ResourceConflictException",
                "The operation cannot be performed at this time. The function is currently in the following state: "
                f"{configuration['State']}",
                status=409,
            )
        event = Incoming(
            request_id=request_id, payload=payload, function_arn=target.invoked_arn, client_context=client_context
        )
        with self._slot(target.name, target.reserved):
            sandbox = self._taken(configuration) or self._started(configuration)
            try:
                return sandbox.invoke(event)
            finally:
                self._put_back(sandbox)

    def prepare(self, configuration: Document) -> None:
        """Makes what a first invocation would wait for: the runtime's environment, and the folder with the code."""
        runtime(self._cloud, configuration)
        self._code(configuration)

    def retire(self, version: str) -> None:
        """Ends the warm sandboxes of a ``<function>:<version>`` that has changed or is gone.

        Those at work end after their event.
        """
        with self._lock:
            retired = self._warm.pop(version, [])
            self._all.difference_update(retired)
        for sandbox in retired:
            sandbox.stop()

    @contextlib.contextmanager
    def _slot(self, name: str, reserved: int | None) -> Iterator[None]:
        """Takes one of the function's or the account's concurrent executions; raises TooManyRequestsException."""
        with self._lock:
            running = self._running.get(name, 0)
            if running >= (ACCOUNT_CONCURRENCY if reserved is None else reserved) or (
                sum(self._running.values()) >= ACCOUNT_CONCURRENCY
            ):
                raise AwsError("TooManyRequestsException", "Rate Exceeded.", status=429)
            self._running[name] = running + 1
        try:
            yield
        finally:
            with self._lock:
                self._running[name] -= 1

    def _taken(self, configuration: Document) -> Sandbox | None:
        """The warm sandbox of this version that was used last."""
        while True:
            with self._lock:
                warm = self._warm.get(version_of(configuration), [])
                if not warm:
                    return None
                sandbox = warm.pop()
            if sandbox.runs(configuration) and 0 <= time.time() - sandbox.assumed < _OLDEST_SECONDS:
                return sandbox
            self._end(sandbox)

    def _started(self, configuration: Document) -> Sandbox:
        credentials = role_credentials(self._cloud, configuration)
        sandbox = Sandbox(self._cloud, configuration, self._code(configuration), credentials)
        with self._lock:
            self._all.add(sandbox)
        return sandbox

    def _put_back(self, sandbox: Sandbox) -> None:
        current = self._versions.current(sandbox.version)
        fresh = current is not None and sandbox.runs(current)
        with self._lock:
            keep = fresh and sandbox.usable and not self._closed.is_set()
            if keep:
                self._warm.setdefault(sandbox.version, []).append(sandbox)
        if not keep:
            self._end(sandbox)

    def _end(self, sandbox: Sandbox) -> None:
        with self._lock:
            self._all.discard(sandbox)
        sandbox.stop()

    def _code(self, configuration: Document) -> Path:
        """The folder with the function's code. All its sandboxes share it."""
        digest = hex_of(configuration["CodeSha256"])
        folder = self._cloud.settings.home / "work" / "lambda-code" / digest
        with self._unpacking:
            if not folder.exists():
                unpack(self._functions.archive(digest), folder)
        return folder

    def _sweep(self) -> None:
        """Ends sandboxes that were idle for a while."""
        while not self._closed.wait(_SWEEP_SECONDS):
            with self._lock:
                cold = [s for warm in self._warm.values() for s in warm if time.monotonic() - s.used > _IDLE_SECONDS]
                for name, warm in self._warm.items():
                    self._warm[name] = [sandbox for sandbox in warm if sandbox not in cold]
                self._all.difference_update(cold)
            for sandbox in cold:
                sandbox.stop()
