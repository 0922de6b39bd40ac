"""Which instance of a variant gets a request."""

from __future__ import annotations

import threading
from collections import Counter

from localcloud.services.sagemaker.instances import LEAST_OUTSTANDING, Instance, Instances, drain


def three(strategy: str = "RANDOM") -> tuple[Instances, list[Instance]]:
    instances = Instances(strategy)
    members = [Instance(instance_id=name, containers=[]) for name in ("a", "b", "c")]
    instances.replace(members)
    return instances, members


def test_random_requests_reach_every_instance() -> None:
    """By AWS's default each instance gets its share, however many requests the others have."""
    instances, _ = three()
    counts = Counter(instances.claim().instance_id for _ in range(3000))
    assert set(counts) == {"a", "b", "c"}
    assert min(counts.values()) > 800


def test_the_least_outstanding_instance_gets_the_request() -> None:
    """With LEAST_OUTSTANDING_REQUESTS an instance gets a second request when all have one, or when it is free again."""
    instances, _ = three(LEAST_OUTSTANDING)
    first = [instances.claim() for _ in range(3)]
    assert {instance.instance_id for instance in first} == {"a", "b", "c"}
    instances.release(first[1])
    assert instances.claim() is first[1]


def test_a_lost_instance_gets_no_request() -> None:
    """What did not answer is left out, of the requests and of the count, until it is seen to run."""
    instances, (lost, *others) = three()
    other = instances.claim_instead(lost)
    assert other in others
    assert instances.taking_requests() == 2
    assert lost not in [instances.claim() for _ in range(200)]
    lost.lost = False
    assert lost in [instances.claim() for _ in range(200)]


def test_without_another_instance_a_request_fails_where_it_was() -> None:
    """A single instance that is lost has no stand-in, and stays the one that is asked."""
    instances, (only, *_) = three()
    instances.replace([only])
    assert instances.claim_instead(only) is None
    assert instances.claim() is only


def test_an_instance_that_was_taken_out_gets_no_more_requests() -> None:
    """After a change the claims go to the remaining ones alone, and draining ends with the last request."""
    instances, (leaving, *kept) = three(LEAST_OUTSTANDING)
    claimed = [instances.claim() for _ in range(3)]
    instances.replace(kept)
    assert leaving not in [instances.claim() for _ in range(50)]
    assert leaving.in_flight == 1
    threading.Timer(0.05, instances.release, [next(each for each in claimed if each is leaving)]).start()
    drain(lambda: leaving.in_flight, threading.Event())
    assert leaving.in_flight == 0
