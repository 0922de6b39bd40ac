"""Work in dependency order."""

import threading

from localcloud.cloudformation import order
from tests.waiting import DEADLINE_SECONDS


def test_independent_work_runs_at_the_same_time():
    """Two that do not depend on each other meet at a barrier; a third comes after both."""
    barrier, done = threading.Barrier(2, timeout=DEADLINE_SECONDS), []

    def work(name):
        if name != "c":
            barrier.wait()
        done.append(name)
        return True

    assert order.run({"c": {"a", "b"}, "a": set(), "b": set()}, work, stopped=threading.Event())
    assert done[2] == "c"


def test_what_depends_on_a_failure_is_not_started():
    """After a failure nothing new is started."""
    done = []
    assert not order.run(
        {"a": set(), "b": {"a"}}, lambda name: done.append(name) or name != "a", stopped=threading.Event()
    )
    assert done == ["a"]


def test_deletions_go_on_elsewhere():
    """Told to go on, a failure holds up its dependents alone."""
    done = []
    order.run(
        {"a": set(), "b": {"a"}, "c": set(), "d": {"c"}},
        lambda name: done.append(name) or name != "a",
        stopped=threading.Event(),
        go_on_after_failure=True,
    )
    assert sorted(done) == ["a", "c", "d"]


def test_a_stop_starts_nothing_more():
    """Once stopped, what has not begun never begins."""
    stopped, done = threading.Event(), []

    def work(name):
        done.append(name)
        stopped.set()
        return True

    assert not order.run({"a": set(), "b": {"a"}}, work, stopped=stopped)
    assert done == ["a"]
