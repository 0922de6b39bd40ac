"""What pushes move is told to the webhooks: also where the local cloud ended in the middle of one.

Git moves a branch in the repository's own files, the hooks are noted in the store. So a push is noted before git takes
it, with the branches as they were: a client that heard no answer finds its commit there when it pushes again, and
nothing would be left to tell of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.services.github.push_event import moved_branches

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.platform.cloud import Cloud
    from localcloud.services.github.repositories import Repositories, Repository


class Pushes:
    def __init__(
        self, cloud: Cloud, repositories: Repositories, on_push: Callable[[Repository, str, str, str], None]
    ) -> None:
        """``on_push`` is told (repository, ref, before, after) of each branch that a push changed."""
        self._repositories = repositories
        self._on_push = on_push
        #: Repository → its branches before the push that it is taking.
        self._under_way = cloud.store.table("github.pushes_under_way")

    def start(self) -> None:
        """Tells of what was moved by pushes that were cut off, and lets the next ones in."""
        for full_name, left in self._under_way.items():
            repository = self._repositories.get(*full_name.split("/"))
            if repository is not None and repository.exists():
                repository.unlock()
                self._tell(repository, left["branches"])
            self._under_way.delete(full_name)

    def take(self, repository: Repository, receive: Callable[[], bytes]) -> bytes:
        """Git's answer to one push. Raises what ``receive`` raises, once what it moved all the same has been told."""
        with repository.pushing:
            before = repository.branches()
            self._under_way.put(repository.full_name, {"branches": before})
            try:
                return receive()
            finally:
                self._tell(repository, before)
                self._under_way.delete(repository.full_name)

    def _tell(self, repository: Repository, before: dict[str, str]) -> None:
        for ref, old, new in moved_branches(before, repository.branches()):
            self._on_push(repository, ref, old, new)
