"""Pushes and deliveries that the end of the local cloud has cut off: told at the next start."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from localcloud.platform.errors import EngineError
from localcloud.platform.store import Store
from localcloud.services.github.hooks import Hooks
from localcloud.services.github.push_event import Move
from localcloud.services.github.pushes import Pushes
from localcloud.services.github.repositories import NO_COMMIT, Repositories, Repository
from tests.local.test_github import commit, git
from tests.waiting import DEADLINE_SECONDS, until

Told = list[tuple[str, str, str, str]]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "documents.sqlite")


@pytest.fixture
def repositories(tmp_path: Path) -> Repositories:
    return Repositories(tmp_path / "github", owner_mark="test")


@pytest.fixture
def repository(repositories: Repositories) -> Repository:
    found = repositories.get("octo", "cars")
    assert found is not None
    found.create()
    return found


def pushes(store: Store, repositories: Repositories) -> tuple[Pushes, Told]:
    told: Told = []

    def on_push(repository: Repository, move: Move) -> None:
        told.append((repository.full_name, move.ref, move.before, move.after))

    cloud: Any = SimpleNamespace(store=store)
    return Pushes(cloud, repositories, on_push), told


def push(repository: Repository, folder: Path, text: str) -> str:
    folder.mkdir(exist_ok=True)
    sha = commit(folder, text)
    git(folder, "push", "--quiet", str(repository.folder), "main")
    return sha


def test_a_push_that_was_cut_off_after_git_took_it_is_told_at_the_next_start(
    store: Store, repositories: Repositories, repository: Repository, tmp_path: Path
) -> None:
    """The next start tells the push, for the client heard no answer and its next push would bring nothing."""
    first = push(repository, tmp_path / "work", "one")
    store.table("github.pushes_under_way").put("octo/cars", {"branches": repository.refs()})
    push(repository, tmp_path / "work", "two")

    again, told = pushes(store, repositories)
    again.start()

    second = repository.refs()["refs/heads/main"]
    assert told == [("octo/cars", "refs/heads/main", first, second)]
    after_that, told = pushes(store, repositories)
    after_that.start()
    assert told == []


def test_a_branch_that_a_killed_git_has_locked_takes_the_next_push(
    store: Store, repositories: Repositories, repository: Repository, tmp_path: Path
) -> None:
    """The next start takes away the lock that a killed git leaves, and the branch takes a push again."""
    push(repository, tmp_path / "work", "one")
    store.table("github.pushes_under_way").put("octo/cars", {"branches": repository.refs()})
    lock = repository.folder / "refs" / "heads" / "main.lock"
    lock.touch()
    again, told = pushes(store, repositories)
    again.start()
    assert told == []
    assert push(repository, tmp_path / "work", "two") == repository.refs()["refs/heads/main"]


def test_what_a_push_that_fails_has_moved_is_told_all_the_same(
    store: Store, repositories: Repositories, repository: Repository, tmp_path: Path
) -> None:
    """The branches that a failed push has moved are told, and the caller gets the failure."""

    def receive() -> bytes:
        push(repository, tmp_path / "work", "one")
        raise EngineError("git receive-pack: no")

    taking, told = pushes(store, repositories)
    with pytest.raises(EngineError):
        taking.take(repository, receive)
    assert told == [("octo/cars", "refs/heads/main", NO_COMMIT, repository.refs()["refs/heads/main"])]
    assert store.table("github.pushes_under_way").names() == []


@pytest.fixture
def receiver() -> Iterator[tuple[str, queue.Queue[tuple[str, bytes]]]]:
    """An address, and what is posted there: the delivery's id and the body."""
    posted: queue.Queue[tuple[str, bytes]] = queue.Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()
            posted.put((self.headers["X-GitHub-Delivery"], body))

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", posted
    server.shutdown()
    server.server_close()


def test_a_delivery_that_was_noted_and_not_made_is_made_at_the_next_start(
    store: Store, receiver: tuple[str, queue.Queue[tuple[str, bytes]]]
) -> None:
    """The delivery is made under its id, by which a receiver knows one that it got twice."""
    url, posted = receiver
    clients = SimpleNamespace(inner_secret="inner")
    cloud: Any = SimpleNamespace(store=store, settings=SimpleNamespace(endpoint_url=url), clients=clients)
    hooks = Hooks(cloud)
    hook = hooks.create("octo/cars", {"name": "web", "config": {"url": f"{url}/hook", "content_type": "json"}})
    assert posted.get(timeout=DEADLINE_SECONDS)[1].startswith(b'{"zen"')
    pending = store.table("github.pending_deliveries")
    until(lambda: pending.names() == [], what="no delivery that is pending")
    noted = {"hook": f"octo/cars/{hook['id']}", "event": "push", "body": {"ref": "refs/heads/main"}}
    pending.put("delivery-1", noted)

    Hooks(cloud).start()

    assert posted.get(timeout=DEADLINE_SECONDS) == ("delivery-1", b'{"ref": "refs/heads/main"}')
