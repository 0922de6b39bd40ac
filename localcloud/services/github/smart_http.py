"""Git's smart HTTP protocol: ``git clone``, ``fetch`` and ``push`` of a real git client."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from localcloud.platform.errors import AwsError, EngineError
from localcloud.platform.service import HttpRequest, HttpResponse
from localcloud.wire.bodies import plain_body

if TYPE_CHECKING:
    from localcloud.services.github.pushes import Pushes
    from localcloud.services.github.repositories import Repositories, Repository
    from localcloud.services.github.token import Token

#: A quarter of GitHub's limit of a push: here it is held in memory.
LARGEST_PUSH_BYTES = 512 * 1024 * 1024
_SERVICES = ("git-upload-pack", "git-receive-pack")


class SmartHttp:
    def __init__(self, repositories: Repositories, token: Token, pushes: Pushes) -> None:
        self._repositories = repositories
        self._token = token
        self._pushes = pushes

    def answer(self, request: HttpRequest, path: str) -> HttpResponse:
        """``path``: the part after the stand-in's prefix, ``OWNER/REPO.git/info/refs``. May block."""
        parts = path.strip("/").split("/", 2)
        repository = self._repositories.get(parts[0], parts[1]) if len(parts) == 3 else None
        if repository is None:
            return _text(404, "Not Found")
        if not self._token.opens(request.headers.get("authorization", "")):
            return _text(401, "Invalid username or token.", **{"www-authenticate": 'Basic realm="GitHub"'})
        if parts[2] == "info/refs" and request.method == "GET":
            service = parse_qs(request.query).get("service", [""])[0]
            return self._advertise(request, repository, service)
        if parts[2] in _SERVICES and request.method == "POST" and repository.exists():
            return self._serve(request, repository, parts[2])
        return _text(404, "Repository not found.")

    def _advertise(self, request: HttpRequest, repository: Repository, service: str) -> HttpResponse:
        if service not in _SERVICES:
            return _text(403, "Only git's smart HTTP protocol is spoken here.")
        if not repository.exists():
            if service != "git-receive-pack":
                return _text(404, "Repository not found.")
            repository.create()  # the first push makes the repository
        command = service.removeprefix("git-")
        refs = repository.git(
            command, "--stateless-rpc", "--http-backend-info-refs", ".", variables=_git_protocol(request)
        )
        line = f"# service={service}\n".encode()
        body = b"%04x" % (len(line) + 4) + line + b"0000" + refs
        return _git(f"application/x-{service}-advertisement", body)

    def _serve(self, request: HttpRequest, repository: Repository, service: str) -> HttpResponse:
        try:
            body = plain_body(request, LARGEST_PUSH_BYTES)
        except AwsError as error:
            return _text(error.status, error.message)
        content_type = f"application/x-{service}-result"
        arguments = (service.removeprefix("git-"), "--stateless-rpc", ".")
        if service == "git-upload-pack":
            return _git(content_type, repository.git(*arguments, stdin=body, variables=_git_protocol(request)))
        try:
            answer = self._pushes.take(
                repository, lambda: repository.git(*arguments, stdin=body, variables=_git_protocol(request))
            )
        except EngineError as error:
            return _text(400, str(error))
        return _git(content_type, answer)


def _git_protocol(request: HttpRequest) -> dict[str, str]:
    """The protocol version that the client asks for (``version=2``), passed to git as git's own server does."""
    asked = request.headers.get("git-protocol", "")
    return {"GIT_PROTOCOL": asked} if asked else {}


def _git(content_type: str, body: bytes) -> HttpResponse:
    return HttpResponse(status=200, headers={"content-type": content_type, "cache-control": "no-cache"}, body=body)


def _text(status: int, text: str, **headers: str) -> HttpResponse:
    return HttpResponse(status=status, headers={"content-type": "text/plain", **headers}, body=f"{text}\n".encode())
