"""The GitHub stand-in's routes: ``/_github/OWNER/REPO.git`` for git, ``/_github/api`` for the API."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from localcloud.platform.service import HttpRequest, HttpResponse, Operations, Route, without_policies
from localcloud.services.github.api import Api
from localcloud.services.github.hooks import Hooks
from localcloud.services.github.push_event import Move, payload
from localcloud.services.github.pushes import Pushes
from localcloud.services.github.repositories import Repositories, Repository
from localcloud.services.github.smart_http import LARGEST_PUSH_BYTES, SmartHttp
from localcloud.services.github.token import Token

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud

PREFIX = "/_github/"
API_PREFIX = "/_github/api/"


class GitHub(Operations):
    """No AWS service: it has routes and no operations."""

    service = "github"

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        home = cloud.settings.home / "github"
        self._base_url = f"{cloud.settings.endpoint_url}/_github"
        self._hooks = Hooks(cloud)
        repositories = Repositories(home, owner_mark=str(cloud.settings.home))
        self._token = token = Token(home / "token", of_connections=cloud.clients.inner_secret)
        self._api = Api(repositories, token, self._hooks, self._base_url)
        self._pushes = Pushes(cloud, repositories, self._pushed)
        self._git = SmartHttp(repositories, token, self._pushes)

    def start(self) -> None:
        """Starts the pushes last, for what they report is delivered at once."""
        self._hooks.start()
        self._pushes.start()

    def routes(self) -> list[Route]:
        """The callers have GitHub's token, and no key of AWS."""
        return [
            Route(prefix=API_PREFIX, answer=self._answer_api, authorize=without_policies, admit=self._has_token),
            Route(
                prefix=PREFIX,
                answer=self._answer_git,
                authorize=without_policies,
                admit=self._has_token,
                largest_bytes=LARGEST_PUSH_BYTES,
            ),
        ]

    def _has_token(self, request: HttpRequest) -> bool:
        return self._token.opens(request.headers.get("authorization", ""))

    async def _answer_api(self, request: HttpRequest) -> HttpResponse:
        return await asyncio.to_thread(self._api.answer, request, request.path.removeprefix(API_PREFIX[:-1]))

    async def _answer_git(self, request: HttpRequest) -> HttpResponse:
        return await asyncio.to_thread(self._git.answer, request, request.path.removeprefix(PREFIX))

    def _pushed(self, repository: Repository, move: Move) -> None:
        self._hooks.tell(repository.full_name, "push", payload(repository, self._base_url, move))
