"""The base of CloudFront's groups of operations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.platform.service import Operations
from localcloud.services.cloudfront.cache import Cache
from localcloud.services.cloudfront.entities import Entities

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud


class CloudFrontOperations(Operations):
    service = "cloudfront"

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self.entities = Entities(cloud.store)
        self.cache = Cache()
