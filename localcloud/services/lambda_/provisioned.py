"""Provisioned concurrency of versions and aliases: the settings, on disk, and the pools of sandboxes behind them."""

from __future__ import annotations

import functools
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError, EngineError
from localcloud.services.lambda_.names import Reference
from localcloud.services.lambda_.pool import Pool

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.platform.service import Params
    from localcloud.platform.store import Document
    from localcloud.services.lambda_.sandbox import Sandbox
    from localcloud.services.lambda_.versions import Target, Versions

#: AWS's limit for an initialisation ahead of time, unless the function's own time-out is longer.
_INIT_SECONDS = 130.0


class Provisioned:
    """The pools, by what they serve and the version in them.

    An alias that moves has two: the old version serves until the new one is ready. As on AWS the alias shows that by a
    weight of 1 on the old version.
    """

    def __init__(self, versions: Versions, start: Callable[[Document], Sandbox]) -> None:
        """``start`` starts a sandbox that is meant to be initialised ahead of time."""
        self._versions = versions
        self._start = start
        self._lock = threading.Lock()
        self._pools: dict[tuple[str, str], Pool] = {}

    def start(self) -> None:
        """Makes the sandboxes anew that an earlier run had."""
        for key, document in self._versions.all():
            if "provisioned" in document:
                name, _, qualifier = key.partition(":")
                self._open(Reference(name, qualifier), document)

    def stop(self) -> None:
        with self._lock:
            pools, self._pools = list(self._pools.values()), {}
        for pool in pools:
            pool.end()

    def put(self, reference: Reference, executions: int) -> Params:
        """Sets the provisioned concurrency of a version or an alias; returns its description."""
        wanted = {"executions": executions, "last_modified": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")}
        document = self._versions.update(reference, lambda document: document.update(provisioned=wanted))
        with self._lock:
            pools = [pool for (key, _), pool in self._pools.items() if key == str(reference)]
        for pool in pools:
            pool.resize(executions)
        self._open(reference, document)
        return {**self.description(reference, document), "Status": "IN_PROGRESS"}

    def remove(self, reference: Reference) -> None:
        """Ends the pools of what is named, which may be gone already."""
        with self._lock:
            keys = [key for key in self._pools if key[0] == str(reference)]
            pools = [self._pools.pop(key) for key in keys]
        for pool in pools:
            pool.close()

    def moved(self, reference: Reference, document: Document) -> None:
        """Follows an alias to another version."""
        alias = document["alias"]
        with self._lock:
            keys = [(str(reference), version) for version in _served(document)]
            gone = [self._pools.pop(key) for key in list(self._pools) if key[0] == keys[0][0] and key not in keys]
        for pool in gone:
            pool.close()
        if alias["FunctionVersion"] != "$LATEST":
            self._open(reference, document)

    def description(self, reference: Reference, document: Document) -> Params:
        """What GetProvisionedConcurrencyConfig answers of it."""
        with self._lock:
            pool = self._pools.get((str(reference), _version(reference, document)))
        allocated = pool.allocated if pool else 0
        return {
            "RequestedProvisionedConcurrentExecutions": document["provisioned"]["executions"],
            "AvailableProvisionedConcurrentExecutions": allocated,
            "AllocatedProvisionedConcurrentExecutions": allocated,
            "Status": pool.status if pool else "IN_PROGRESS",
            **({"StatusReason": pool.reason} if pool and pool.reason else {}),
            "LastModified": document["provisioned"]["last_modified"],
        }

    def pool_of(self, target: Target) -> Pool | None:
        """The pool that serves an invocation: the alias's, or its version's; None where nothing is provisioned."""
        keys = ((str(target.reference), target.version), (f"{target.name}:{target.version}", target.version))
        with self._lock:
            return next((self._pools[key] for key in keys if key in self._pools), None)

    def pools(self) -> list[Pool]:
        with self._lock:
            return list(self._pools.values())

    def executions(self, name: str = "", *, but: str = "") -> int:
        """How many executions a function has provisioned, or all functions; ``but``: without this version or alias."""
        with self._lock:
            asked = {key: pool.requested for (key, _), pool in self._pools.items()}
        return sum(
            requested for key, requested in asked.items() if key != but and (not name or key.startswith(f"{name}:"))
        )

    def _open(self, reference: Reference, document: Document) -> None:
        """Opens the pools that are not open yet."""
        executions = document["provisioned"]["executions"]
        for version in _served(document) if reference.is_alias else [reference.qualifier]:
            named = f"{reference.name}:{version}"
            key = (str(reference), version)
            with self._lock:
                if key in self._pools:
                    continue
                pool = Pool(key[0], named, executions, functools.partial(self._initialized, named))
                self._pools[key] = pool
            pool.open(functools.partial(self._arrived, reference, version))

    def _initialized(self, version: str) -> Sandbox:
        """A sandbox that waits for its first event. Raises EngineError where the function's code fails before that."""
        configuration = self._versions.current(version)
        if configuration is None:
            raise AwsError("ResourceNotFoundException", f"Function not found: {version}", status=404)
        sandbox = self._start(configuration)
        broken = sandbox.initialize(max(_INIT_SECONDS, configuration["Timeout"]))
        if broken is not None:
            sandbox.stop()
            raise EngineError(broken.payload.decode(errors="replace"))
        return sandbox

    def _arrived(self, reference: Reference, version: str) -> None:
        """Sends all traffic of an alias that moves to its new version, once that is ready."""
        if not reference.is_alias:
            return

        def arrive(document: Document) -> None:
            if document.get("moving_from") and document["alias"]["FunctionVersion"] == version:
                document.pop("moving_from")
                document["alias"].pop("RoutingConfig", None)

        try:
            document = self._versions.update(reference, arrive)
        except AwsError:  # deleted meanwhile
            return
        self.moved(reference, document)


def _version(reference: Reference, document: Document) -> str:
    version: str = document["alias"]["FunctionVersion"] if reference.is_alias else reference.qualifier
    return version


def _served(document: Document) -> list[str]:
    """The versions of an alias that need a pool: the one it moves away from comes after its own."""
    old = document.get("moving_from")
    return [document["alias"]["FunctionVersion"], *([old] if old else [])]
