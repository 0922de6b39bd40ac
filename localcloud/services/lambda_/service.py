"""Lambda's operations."""

from __future__ import annotations

from localcloud.services.lambda_.function_operations import FunctionOperations
from localcloud.services.lambda_.invocation_operations import InvocationOperations
from localcloud.services.lambda_.layer_operations import LayerOperations
from localcloud.services.lambda_.policy_operations import PolicyOperations
from localcloud.services.lambda_.provisioned_operations import ProvisionedOperations
from localcloud.services.lambda_.version_operations import VersionOperations


class Lambda(
    FunctionOperations,
    InvocationOperations,
    PolicyOperations,
    VersionOperations,
    ProvisionedOperations,
    LayerOperations,
):
    """All operations over one engine."""

    waiting = frozenset({"Invoke"})

    def start(self) -> None:
        self.engine.start()
        self.resume()
        self.asynchronous.agenda.start()

    def stop(self) -> None:
        self.asynchronous.agenda.stop()
        self.engine.stop()
