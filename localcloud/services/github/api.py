"""The part of GitHub's REST API (v3) that CodePipeline calls, or a person who sets up a repository."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from localcloud.platform.service import HttpRequest, HttpResponse
from localcloud.services.github.hooks import HookRefusedError, Hooks, shown
from localcloud.services.github.push_event import describe_repository

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.services.github.repositories import Commit, Repositories, Repository
    from localcloud.services.github.token import Token


class Api:
    def __init__(self, repositories: Repositories, token: Token, hooks: Hooks, base_url: str) -> None:
        """``base_url``: the stand-in's own address, ``http://…/_github``."""
        self._repositories = repositories
        self._token = token
        self._hooks = hooks
        self._base_url = base_url
        self._of_repository: list[tuple[str, re.Pattern[str], Callable[..., HttpResponse]]] = [
            ("GET", re.compile(r""), self._repository),
            ("GET", re.compile(r"/commits/(.+)"), self._commit),
            ("GET", re.compile(r"/zipball/(.+)"), self._zipball),
            ("GET", re.compile(r"/hooks"), self._list_hooks),
            ("POST", re.compile(r"/hooks"), self._create_hook),
            ("GET", re.compile(r"/hooks/(\d+)"), self._get_hook),
            ("DELETE", re.compile(r"/hooks/(\d+)"), self._delete_hook),
            ("GET", re.compile(r"/hooks/(\d+)/deliveries"), self._deliveries),
        ]

    def answer(self, request: HttpRequest, path: str) -> HttpResponse:
        """``path``: the part after the API's prefix, such as ``/repos/O/R/hooks``. May block."""
        path = unquote(path).rstrip("/")
        if not self._token.opens(request.headers.get("authorization", "")):
            return _problem(401, "Bad credentials")
        created = re.fullmatch(r"/orgs/([^/]+)/repos", path)
        if created and request.method == "POST":
            return self._create_repository(request, created[1])
        found = re.fullmatch(r"/repos/([^/]+)/([^/]+)(/.*)?", path)
        repository = self._repositories.get(found[1], found[2]) if found else None
        if found is None or repository is None or not repository.exists():
            return _problem(404, "Not Found")
        for method, pattern, answer in self._of_repository:
            rest = pattern.fullmatch(found[3] or "")
            if rest and method == request.method:
                return answer(request, repository, *rest.groups())
        return _problem(
            404, f"Not Found: {request.method} {path} is not one of the calls that the local GitHub answers"
        )

    def _create_repository(self, request: HttpRequest, owner: str) -> HttpResponse:
        wanted = _body(request)
        repository = self._repositories.get(owner, str(wanted.get("name", ""))) if wanted else None
        if repository is None:
            return _problem(422, "Validation Failed", errors=[{"field": "name", "code": "invalid"}])
        if repository.exists():
            return _problem(422, "name already exists on this account")
        repository.create()
        return _json(201, describe_repository(repository, self._base_url))

    def _repository(self, _: HttpRequest, repository: Repository) -> HttpResponse:
        return _json(200, describe_repository(repository, self._base_url))

    def _commit(self, _: HttpRequest, repository: Repository, revision: str) -> HttpResponse:
        sha = repository.resolve(revision)
        if sha is None:
            return _problem(422, f"No commit found for SHA: {revision}")
        return _json(200, _described(repository.commit(sha), f"{self._base_url}/{repository.full_name}"))

    def _zipball(self, _: HttpRequest, repository: Repository, revision: str) -> HttpResponse:
        sha = repository.resolve(revision)
        if sha is None:
            return _problem(404, "Not Found")
        prefix = f"{repository.full_name.replace('/', '-')}-{sha[:7]}"
        headers = {
            "content-type": "application/zip",
            "content-disposition": f"attachment; filename={prefix}.zip",
        }
        return HttpResponse(status=200, headers=headers, body=repository.zip_archive(sha, prefix))

    def _list_hooks(self, _: HttpRequest, repository: Repository) -> HttpResponse:
        return _json(200, [shown(hook, self._api_url) for hook in self._hooks.of(repository.full_name)])

    def _create_hook(self, request: HttpRequest, repository: Repository) -> HttpResponse:
        wanted = _body(request)
        if wanted is None:
            return _problem(400, "Problems parsing JSON")
        try:
            hook = self._hooks.create(repository.full_name, wanted)
        except HookRefusedError as refused:
            error = {"resource": "Hook", "code": "custom", "field": refused.field, "message": refused.message}
            return _problem(422, "Validation Failed", errors=[error])
        return _json(201, shown(hook, self._api_url))

    def _get_hook(self, _: HttpRequest, repository: Repository, hook_id: str) -> HttpResponse:
        hook = self._hooks.get(repository.full_name, hook_id)
        return _json(200, shown(hook, self._api_url)) if hook else _problem(404, "Not Found")

    def _delete_hook(self, _: HttpRequest, repository: Repository, hook_id: str) -> HttpResponse:
        if self._hooks.get(repository.full_name, hook_id) is None:
            return _problem(404, "Not Found")
        self._hooks.delete(repository.full_name, hook_id)
        return HttpResponse(status=204, headers={})

    def _deliveries(self, _: HttpRequest, repository: Repository, hook_id: str) -> HttpResponse:
        if self._hooks.get(repository.full_name, hook_id) is None:
            return _problem(404, "Not Found")
        return _json(200, self._hooks.deliveries(repository.full_name, hook_id))

    @property
    def _api_url(self) -> str:
        return f"{self._base_url}/api"


def _described(commit: Commit, web: str) -> dict[str, Any]:
    people = {
        role: {"name": person.name, "email": person.email, "date": person.date}
        for role, person in (("author", commit.author), ("committer", commit.committer))
    }
    return {
        "sha": commit.sha,
        "commit": {**people, "message": commit.message, "tree": {"sha": commit.tree}},
        "html_url": f"{web}/commit/{commit.sha}",
    }


def _body(request: HttpRequest) -> dict[str, Any] | None:
    try:
        body = json.loads(request.body)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _json(status: int, document: object) -> HttpResponse:
    body = json.dumps(document, default=str).encode()
    return HttpResponse(status=status, headers={"content-type": "application/json; charset=utf-8"}, body=body)


def _problem(status: int, message: str, **more: object) -> HttpResponse:
    documentation = {"documentation_url": "https://docs.github.com/rest", "status": str(status)}
    return _json(status, {"message": message, **more, **documentation})
