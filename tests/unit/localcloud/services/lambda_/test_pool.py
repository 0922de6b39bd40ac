"""A pool of provisioned sandboxes, with sandboxes that are only pretended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pytest

from localcloud.platform.errors import EngineError
from localcloud.services.lambda_ import pool as pools
from localcloud.services.lambda_.pool import Pool
from tests.waiting import until


class Pretended:
    """What a pool asks of a sandbox."""

    def __init__(self) -> None:
        self.alive = self.young = self.usable = True
        self.age_seconds = 0.0
        self.stopped = False

    def stop(self) -> None:
        self.stopped = True


class Sandboxes:
    """Makes sandboxes, or fails to."""

    def __init__(self) -> None:
        self.made: list[Any] = []
        self.problem = ""

    def start(self) -> Any:
        if self.problem:
            raise EngineError(self.problem)
        made = Pretended()
        self.made.append(made)
        return made


@pytest.fixture
def sandboxes(monkeypatch: pytest.MonkeyPatch) -> Sandboxes:
    monkeypatch.setattr(pools, "_LOOK_SECONDS", 0.01)
    monkeypatch.setattr(pools, "_AGAIN_SECONDS", 0.01)
    return Sandboxes()


@pytest.fixture
def pool(sandboxes: Sandboxes) -> Iterator[Pool]:
    made = Pool("f:live", "f:1", 2, sandboxes.start)
    yield made
    made.end()


def in_status(pool: Pool, status: str) -> None:
    until(lambda: pool.status, lambda found: found == status, what=f"a pool that is {status}", every_seconds=0.01)


def counts(pool: Pool, allocated: int) -> None:
    until(lambda: pool.allocated, lambda found: found == allocated, what=f"{allocated} sandboxes", every_seconds=0.01)


def test_a_pool_is_ready_when_all_are_there(pool: Pool, sandboxes: Sandboxes) -> None:
    """Who waits for that is told then, and what is taken is in use until it is given back."""
    told: list[int] = []
    assert pool.status == "IN_PROGRESS"
    pool.open(lambda: told.append(len(sandboxes.made)))
    until(lambda: told, what="word that the pool is ready", every_seconds=0.01)
    assert told == [2]
    first, second = pool.taken(), pool.taken()
    assert first is not None
    assert second is not None
    assert pool.taken() is None
    assert (pool.in_use, pool.allocated) == (2, 2)
    assert pool.worked_lately()
    assert pool.worked_lately()  # they are still at work
    pool.give_back(first)
    pool.give_back(second)
    assert [pool.worked_lately(), pool.worked_lately()] == [True, False]
    assert pool.taken() is second


def test_what_is_old_or_dead_gets_a_successor_first(pool: Pool, sandboxes: Sandboxes) -> None:
    """An old sandbox serves until its successor is ready; one that has ended, or that failed at work, is replaced."""
    pool.open()
    in_status(pool, "READY")
    old, dead = sandboxes.made
    old.age_seconds = 3000.0
    until(lambda: old.stopped, what="the end of the old one", every_seconds=0.01)
    assert len(sandboxes.made) == 3
    dead.alive = False
    until(lambda: dead.stopped, what="the end of the dead one", every_seconds=0.01)
    counts(pool, 2)
    broken = cast("Any", pool.taken())
    broken.usable = False
    pool.give_back(broken)
    assert broken.stopped
    counts(pool, 2)
    assert pool.status == "READY"


def test_a_pool_that_cannot_be_filled_has_failed(pool: Pool, sandboxes: Sandboxes) -> None:
    """The reason is AWS's word; another size tries again."""
    sandboxes.problem = "no module named x"
    pool.open()
    in_status(pool, "FAILED")
    assert (pool.reason, pool.allocated) == (pools.INIT_FAILURE, 0)
    sandboxes.problem = ""
    pool.resize(1)
    in_status(pool, "READY")
    assert (pool.reason, pool.allocated) == ("", 1)


def test_a_pool_grows_and_shrinks(pool: Pool, sandboxes: Sandboxes) -> None:
    """What is at work when there is too much ends after its event, and closing ends everything."""
    pool.open()
    in_status(pool, "READY")
    pool.resize(3)
    counts(pool, 3)
    busy = [cast("Any", pool.taken()) for _ in range(3)]
    pool.resize(1)
    for sandbox in busy:
        assert not sandbox.stopped
        pool.give_back(sandbox)
    counts(pool, 1)
    pool.close()
    until(lambda: all(each.stopped for each in sandboxes.made), what="the end of all", every_seconds=0.01)
    assert pool.taken() is None
