"""Lambda's operations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.services.lambda_.function_operations import FunctionOperations
from localcloud.services.lambda_.invocation_operations import InvocationOperations
from localcloud.services.lambda_.layer_operations import LayerOperations
from localcloud.services.lambda_.policy_operations import PolicyOperations
from localcloud.services.lambda_.provisioned_operations import ProvisionedOperations
from localcloud.services.lambda_.url_operations import UrlOperations
from localcloud.services.lambda_.urls.front import Front
from localcloud.services.lambda_.version_operations import VersionOperations

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud
    from localcloud.platform.service import VirtualHost


class Lambda(
    FunctionOperations,
    InvocationOperations,
    PolicyOperations,
    VersionOperations,
    ProvisionedOperations,
    LayerOperations,
    UrlOperations,
):
    """All operations over one engine."""

    waiting = frozenset({"Invoke"})

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self._front = Front(self.urls, self.versions, self.engine)

    def virtual_hosts(self) -> list[VirtualHost]:
        return [self._front.host()]

    def start(self) -> None:
        self.engine.start()
        self.resume()
        self.asynchronous.agenda.start()

    def stop(self) -> None:
        self.asynchronous.agenda.stop()
        self._front.stop()
        self.engine.stop()
