"""CloudFront's operations and hosts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.platform.service import VirtualHost
from localcloud.services.cloudfront.edge import Edge
from localcloud.services.cloudfront.invalidation_operations import InvalidationOperations
from localcloud.services.cloudfront.policy_operations import PolicyOperations
from localcloud.wire.addresses import Addresses

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud


class CloudFront(InvalidationOperations, PolicyOperations):
    """All operations over one set of documents."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        addresses = Addresses(region=cloud.settings.region, port=cloud.settings.port)
        self._edge = Edge(self.entities, self.cache, cloud.clients, addresses)

    def virtual_hosts(self) -> list[VirtualHost]:
        return [VirtualHost(suffix="cloudfront.localhost", prefix="/_cloudfront", answer=self._edge.answer)]
