"""The instances of a variant that take requests: which of them gets the next one, and when one has answered its last.

Requests come on the front door's event loop, and instances come and go on other threads. A claim and a change of the
instances exclude each other, so an instance that was taken out gets no request after that.
"""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from localcloud.services.sagemaker.container import Container

RANDOM, LEAST_OUTSTANDING = "RANDOM", "LEAST_OUTSTANDING_REQUESTS"
STRATEGIES = (RANDOM, LEAST_OUTSTANDING)
#: How long what gets no new requests may still answer its present ones before it ends: the limit of an invocation.
DRAIN_SECONDS = 60.0


@dataclass(eq=False, slots=True)
class Instance:
    """One group of containers, which a request passes in order."""

    instance_id: str
    containers: list[Container]
    in_flight: int = 0
    """The number of its requests under way."""
    lost: bool = False
    """Whether it failed to answer. It gets no request until it is replaced, or seen to run."""

    def running(self) -> bool:
        return all(container.running() for container in self.containers)


class Instances:
    """``strategy``: as in RoutingConfig. RANDOM is AWS's default."""

    def __init__(self, strategy: str = RANDOM) -> None:
        self._strategy = strategy
        self._lock = threading.Lock()
        self._all: tuple[Instance, ...] = ()

    def all(self) -> tuple[Instance, ...]:
        return self._all

    def taking_requests(self) -> int:
        """How many there are besides the lost ones."""
        return sum(not instance.lost for instance in self._all)

    def replace(self, instances: Sequence[Instance]) -> None:
        with self._lock:
            self._all = tuple(instances)

    def claim(self) -> Instance:
        """The instance for a request, which must be released."""
        with self._lock:
            return self._claimed([instance for instance in self._all if not instance.lost] or self._all)

    def claim_instead(self, lost: Instance) -> Instance | None:
        """Another instance for the request of one that did not answer; None where there is no other."""
        with self._lock:
            lost.lost = True
            others = [instance for instance in self._all if not instance.lost]
            return self._claimed(others) if others else None

    def release(self, instance: Instance) -> None:
        with self._lock:
            instance.in_flight -= 1

    def _claimed(self, instances: Sequence[Instance]) -> Instance:
        if self._strategy == LEAST_OUTSTANDING:
            fewest = min(instance.in_flight for instance in instances)
            instances = [instance for instance in instances if instance.in_flight == fewest]
        chosen = instances[0] if len(instances) == 1 else random.choice(instances)  # noqa: S311  (no secret)
        chosen.in_flight += 1
        return chosen


def drain(in_flight: Callable[[], int], given_up: threading.Event) -> None:
    """Returns when no request is under way, or after ``DRAIN_SECONDS``, or when it is given up."""
    deadline = time.monotonic() + DRAIN_SECONDS
    while in_flight() and time.monotonic() < deadline and not given_up.wait(0.01):
        pass
