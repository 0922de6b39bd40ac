"""Runs functions: takes a provisioned or a warm sandbox, or starts one, within the limits of concurrency."""

from __future__ import annotations

import hashlib
import threading
import time
from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError
from localcloud.services.lambda_.archives import hex_of
from localcloud.services.lambda_.code import unpack
from localcloud.services.lambda_.concurrency import Concurrency
from localcloud.services.lambda_.metrics import LambdaMetrics
from localcloud.services.lambda_.names import PRINCIPAL
from localcloud.services.lambda_.provisioned import Provisioned
from localcloud.services.lambda_.runtime_api import Incoming
from localcloud.services.lambda_.sandbox import Folders, Outcome, Sandbox, runtime, version_of

if TYPE_CHECKING:
    from pathlib import Path

    from localcloud.platform.cloud import Cloud
    from localcloud.platform.store import Document
    from localcloud.services.lambda_.functions import Functions
    from localcloud.services.lambda_.layers import Layers
    from localcloud.services.lambda_.pool import Pool
    from localcloud.services.lambda_.versions import Target, Versions

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
    def __init__(self, cloud: Cloud, functions: Functions, versions: Versions, layers: Layers) -> None:
        self._cloud = cloud
        self._layers = layers
        self._functions = functions
        self._versions = versions
        self._lock = threading.Lock()
        self._unpacking = threading.Lock()
        #: ``<function>:<version>`` → its sandboxes without work.
        self._warm: dict[str, list[Sandbox]] = {}
        self.provisioned = Provisioned(versions, lambda configuration: self._started(configuration, provisioned=True))
        self._concurrency = Concurrency(self.provisioned.executions)
        self.metrics = LambdaMetrics(cloud, self._tell_uses)
        #: Those that run on demand. The provisioned ones are their pools'.
        self._all: set[Sandbox] = set()
        self._closed = threading.Event()

    def start(self) -> None:
        self.metrics.start()
        self.provisioned.start()
        threading.Thread(target=self._sweep, daemon=True, name="lambda-sweep").start()

    def stop(self) -> None:
        self._closed.set()
        self.metrics.stop()
        self.provisioned.stop()
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
        try:
            with self._concurrency.of_function(target.name, target.reserved) as running:
                self.metrics.begun(target, running)
                outcome = self._run(target, event)
        except AwsError as error:
            if error.code == "TooManyRequestsException":
                self.metrics.throttled(target)
            raise
        self.metrics.ended(target, outcome)
        return outcome

    def prepare(self, configuration: Document) -> None:
        """Makes what a first invocation would wait for: the runtime's environment, and the folders with the code."""
        runtime(self._cloud, configuration)
        self._code(configuration)
        self._opt(configuration)

    def retire(self, version: str) -> None:
        """Ends the warm sandboxes of a ``<function>:<version>`` that has changed or is gone.

        Those at work end after their event.
        """
        with self._lock:
            retired = self._warm.pop(version, [])
            self._all.difference_update(retired)
        for sandbox in retired:
            sandbox.stop()

    def _run(self, target: Target, event: Incoming) -> Outcome:
        """In a provisioned sandbox if one is free, otherwise on demand."""
        pool = self.provisioned.pool_of(target)
        sandbox = pool.taken() if pool is not None else None
        if pool is not None:
            self.metrics.provisioned(target, spilled=sandbox is None)
            self._tell_use(pool)
        if pool is None or sandbox is None:
            with self._concurrency.on_demand():
                return self._on_demand(target.configuration, event)
        try:
            return sandbox.invoke(event)
        finally:
            pool.give_back(sandbox)

    def _on_demand(self, configuration: Document, event: Incoming) -> Outcome:
        sandbox = self._taken(configuration)
        if sandbox is None:
            sandbox = self._started(configuration)
            with self._lock:
                self._all.add(sandbox)
        try:
            return sandbox.invoke(event)
        finally:
            self._put_back(sandbox)

    def _tell_use(self, pool: Pool) -> None:
        name, _, _ = pool.version.partition(":")
        self.metrics.in_use(name, pool.serves, pool)

    def _tell_uses(self) -> None:
        """Before each put of metrics, so that long invocations are seen in every minute, and rest at its beginning."""
        for pool in self.provisioned.pools():
            if pool.worked_lately():
                self._tell_use(pool)

    def _taken(self, configuration: Document) -> Sandbox | None:
        """The warm sandbox of this version that was used last."""
        while True:
            with self._lock:
                warm = self._warm.get(version_of(configuration), [])
                if not warm:
                    return None
                sandbox = warm.pop()
            if sandbox.runs(configuration) and sandbox.young:
                return sandbox
            self._end(sandbox)

    def _started(self, configuration: Document, *, provisioned: bool = False) -> Sandbox:
        credentials = role_credentials(self._cloud, configuration)
        folders = Folders(code=self._code(configuration), opt=self._opt(configuration))
        return Sandbox(self._cloud, configuration, folders, credentials, provisioned=provisioned)

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
        code_sha256 = configuration["CodeSha256"]
        return self._unpacked("lambda-code", hex_of(code_sha256), self._functions.archives.path(code_sha256))

    def _opt(self, configuration: Document) -> Path | None:
        """The folder with what the function's layers have, one over the other; None without layers."""
        hashes = list(self._layers.hashes(configuration))
        if not hashes:
            return None
        named = hashlib.sha256("".join(hashes).encode()).hexdigest()
        return self._unpacked("lambda-layers", named, *map(self._layers.archives.path, hashes))

    def _unpacked(self, kind: str, named: str, *archives: Path) -> Path:
        folder = self._cloud.settings.home / "work" / kind / named
        with self._unpacking:
            if not folder.exists():
                unpack(folder, *archives)
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
