"""All tests wait in this way: for a state, never for a number of seconds.

A wait ends as soon as its state is reached, so a long deadline costs nothing if the test passes. It is long enough for
a machine ten times slower than the one on which the tests were written, and shorter than pytest's own time-out
(``pyproject.toml``), which does not say what the test waited for.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

DEADLINE_SECONDS = 600
#: For boto3's own waiters: they poll once a second, until the deadline.
WAITER = {"Delay": 1, "MaxAttempts": DEADLINE_SECONDS}

Seen = TypeVar("Seen")


def until(
    look: Callable[[], Seen],
    good: Callable[[Seen], object] = bool,
    *,
    what: str,
    every_seconds: float = 0.05,
    deadline_seconds: float = DEADLINE_SECONDS,
) -> Seen:
    """What ``look`` returns once it is ``good``, by default once it is true.

    Raises AssertionError after the deadline; the message has ``what`` was waited for and what was seen last.
    """
    deadline = time.monotonic() + deadline_seconds
    while not good(seen := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {deadline_seconds} s in vain for {what}; seen last: {seen!r}")
        time.sleep(every_seconds)
    return seen
