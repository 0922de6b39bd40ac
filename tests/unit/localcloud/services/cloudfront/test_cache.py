"""The edge's cache: for how long it keeps an object, and what an invalidation takes from it."""

from __future__ import annotations

import pytest

from localcloud.services.cloudfront import edge
from localcloud.services.cloudfront.cache import LARGEST_BYTES, Cache, Fetched, Key

ONE = Fetched(status=200, headers={}, body=b"one")


def key(path: str, query: str = "") -> Key:
    return Key(distribution_id="E1", version="v", path=path, query=query)


@pytest.fixture
def now() -> list[float]:
    return [100.0]


@pytest.fixture
def cache(now: list[float]) -> Cache:
    return Cache(clock=lambda: now[0])


def test_an_object_is_kept_for_its_time(cache: Cache, now: list[float]) -> None:
    """A hit says the object's age, and at the end of its time there is none."""
    cache.store(key("/a"), ONE, 10, epoch=cache.epoch)
    now[0] += 9
    hit = cache.find(key("/a"))
    assert hit is not None
    assert (hit.fetched, hit.age_seconds) == (ONE, 9)
    now[0] += 1
    assert cache.find(key("/a")) is None


@pytest.mark.parametrize(
    ("paths", "left"),
    [
        (["/a/b"], ["/a", "/a/c?q=1"]),
        (["/a*"], []),
        (["/a/*"], ["/a"]),
        (["/*"], []),
        (["/a/c"], ["/a", "/a/b"]),
        (["/a/c?q=1"], ["/a", "/a/b"]),
        (["/a/c?q=2"], ["/a", "/a/b", "/a/c?q=1"]),
    ],
)
def test_an_invalidation_takes_the_paths_that_it_names(cache: Cache, paths: list[str], left: list[str]) -> None:
    """A path names itself with all its queries, and a star at its end all that begins so."""
    keys = {"/a": key("/a"), "/a/b": key("/a/b"), "/a/c?q=1": key("/a/c", "q=1")}
    for each in keys.values():
        cache.store(each, ONE, 10, epoch=cache.epoch)
    cache.invalidate("E1", paths)
    assert [name for name, each in keys.items() if cache.find(each)] == left


def test_what_was_fetched_before_an_invalidation_is_not_kept_after_it(cache: Cache) -> None:
    """A slow fetch does not bring back what an invalidation has just taken away."""
    before = cache.epoch
    cache.invalidate("E1", ["/*"])
    cache.store(key("/a"), ONE, 10, epoch=before)
    assert cache.find(key("/a")) is None


def test_too_large_objects_are_not_kept(cache: Cache) -> None:
    """The cache has a limit for one object, and one for all, at which the oldest go."""
    cache.store(key("/large"), Fetched(status=200, headers={}, body=bytes(LARGEST_BYTES + 1)), 10, epoch=0)
    assert cache.find(key("/large")) is None
    for number in range(9):
        cache.store(key(f"/{number}"), Fetched(status=200, headers={}, body=bytes(LARGEST_BYTES)), 10, epoch=0)
    assert cache.find(key("/0")) is None
    assert cache.find(key("/8")) is not None


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("", 60),
        ("max-age=30", 30),
        ("max-age=1", 5),
        ("max-age=9999", 100),
        ("max-age=30, s-maxage=40", 40),
        ("no-store", 5),
        ("private, max-age=50", 5),
    ],
)
def test_an_object_says_for_how_long_within_the_policys_limits(said: str, seconds: float) -> None:
    """Cache-Control counts between MinTTL and MaxTTL; without it, DefaultTTL does."""
    policy = {"MinTTL": 5, "DefaultTTL": 60, "MaxTTL": 100}
    assert edge._seconds(policy, {"cache-control": said}) == seconds
