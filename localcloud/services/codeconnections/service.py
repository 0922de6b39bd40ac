"""The service under its present and its former name, over the same connections."""

from __future__ import annotations

import asyncio
import uuid

from localcloud.platform.connector import REPOSITORY
from localcloud.platform.errors import AwsError
from localcloud.platform.service import HttpRequest, HttpResponse, Route
from localcloud.services.codeconnections import repository
from localcloud.services.codeconnections.connections import ConnectionOperations
from localcloud.wire import protocol


class CodeConnections(ConnectionOperations):
    def routes(self) -> list[Route]:
        return [Route(prefix=REPOSITORY, answer=self._answer, authorize=repository.use)]

    async def _answer(self, request: HttpRequest) -> HttpResponse:
        try:
            return await asyncio.to_thread(repository.read, self.cloud, request)
        except AwsError as error:
            return protocol.json_error(error, str(uuid.uuid4()))


class CodeStarConnections(ConnectionOperations):
    service = "codestar-connections"
