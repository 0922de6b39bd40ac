"""Tells the webhooks what pushes move, even if the local cloud ended in the middle of a push.

Git moves a branch in the repository's own files, while deliveries are in the store. So a push is written down before
git takes it, with the branches and tags as they were. Otherwise, a client that got no answer would find its commit
there when it pushes again, and no hook would ever hear of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.services.github.push_event import Move, moved_refs

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.platform.cloud import Cloud
    from localcloud.services.github.repositories import Repositories, Repository


class Pushes:
    def __init__(self, cloud: Cloud, repositories: Repositories, on_push: Callable[[Repository, Move], None]) -> None:
        """``on_push`` gets each branch and tag that a push changed."""
        self._repositories = repositories
        self._on_push = on_push
        #: Repository → its branches and tags before the push under way.
        self._under_way = cloud.store.table("github.pushes_under_way")

    def start(self) -> None:
        """Reports what cut-off pushes moved, and lets new pushes in."""
        for full_name, left in self._under_way.items():
            repository = self._repositories.get(*full_name.split("/"))
            if repository is not None and repository.exists():
                repository.unlock()
                self._tell(repository, left["branches"])
            self._under_way.delete(full_name)

    def take(self, repository: Repository, receive: Callable[[], bytes]) -> bytes:
        """Git's answer to one push. Raises what ``receive`` raises, after it has reported what moved all the same."""
        with repository.pushing:
            before = repository.refs()
            self._under_way.put(repository.full_name, {"branches": before})
            try:
                return receive()
            finally:
                self._tell(repository, before)
                self._under_way.delete(repository.full_name)

    def _tell(self, repository: Repository, before: dict[str, str]) -> None:
        for move in moved_refs(before, repository.refs()):
            self._on_push(repository, move)
