"""API Gateway: all operations over one set of documents, and the APIs at their virtual hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.platform.service import VirtualHost
from localcloud.services.apigateway.control.deployments import Deployments
from localcloud.services.apigateway.control.imports import Imports
from localcloud.services.apigateway.control.keys import Keys
from localcloud.services.apigateway.serving.front import Front

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud

#: API Gateway's largest body.
_LARGEST_BYTES = 10 * 1024 * 1024


class ApiGateway(Imports, Deployments, Keys):
    """REST APIs, version 1."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self._front = Front(cloud, self.documents)

    def virtual_hosts(self) -> list[VirtualHost]:
        return [
            VirtualHost(
                suffix="execute-api.localhost",
                prefix="/_execute-api",
                answer=self._front.answer,
                largest_bytes=_LARGEST_BYTES,
            )
        ]

    def start(self) -> None:
        self._front.start()

    def save(self) -> None:
        self._front.save()

    def stop(self) -> None:
        self._front.stop()
