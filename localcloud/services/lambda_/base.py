"""The base of Lambda's groups of operations: functions, their versions, and the engine that runs them."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from localcloud.platform.service import Operations
from localcloud.services.lambda_.asynchronous import Asynchronous
from localcloud.services.lambda_.engine import Engine
from localcloud.services.lambda_.functions import Functions
from localcloud.services.lambda_.layers import Layers
from localcloud.services.lambda_.urls.settings import Urls
from localcloud.services.lambda_.versions import Versions

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud
    from localcloud.platform.store import Document


class LambdaOperations(Operations):
    service = "lambda"

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self.functions = Functions(cloud)
        self.versions = Versions(cloud, self.functions)
        self.layers = Layers(cloud)
        self.urls = Urls(cloud)
        self.engine = Engine(cloud, self.functions, self.versions, self.layers)
        self.asynchronous = Asynchronous(cloud, self.versions, self.engine)

    def configurations(self) -> list[Document]:
        """Of all functions and their published versions."""
        documents = chain(self.functions.table.items(), self.versions.published.items())
        return [document["configuration"] for _, document in documents]
