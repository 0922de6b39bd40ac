"""Drives PROD through its API at a rate, and draws instances, answers and latency over the time while it scales."""

from __future__ import annotations

import argparse
import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.ask import smoke_request
from scripts.cloud.api_calls import ApiCalls
from scripts.command import run
from scripts.reads.door import Door, request_for
from scripts.reads.load import Seen, chart, seconds_of
from scripts.reads.prod import Prod
from stacks.workloads import WORKLOADS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scripts.cloud.api_calls import Answer

#: Requests under way at the same time, at the most.
_AT_ONCE = 64


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workload", choices=sorted(WORKLOADS))
    parser.add_argument("--rate", type=float, default=20.0, help="requests a second")
    parser.add_argument("--seconds", type=int, default=60)
    options = parser.parse_args()
    if options.rate <= 0 or options.seconds <= 0:
        raise SystemExit(f"RATE={options.rate:g} SECONDS={options.seconds}: both have to be above 0.")
    body, content_type = request_for(options.workload, smoke_request(options.workload))
    calls = ApiCalls(Door(options.workload).api)
    seen = drive(
        lambda: calls.ask("POST", "/predictions", body, content_type),
        instances=lambda: _instances(options.workload),
        rate=options.rate,
        seconds=options.seconds,
        tell=lambda line: print(line, flush=True),
    )
    found = seconds_of(seen, options.seconds)
    file = Path("out") / f"load-{options.workload}.svg"
    file.parent.mkdir(exist_ok=True)
    file.write_text(chart(found, f"{options.workload}, {options.rate:g} requests a second"))
    answered = sum(second.answered for second in found)
    sent = answered + sum(second.failed for second in found)
    print(f"{answered} of {sent} requests were answered with 200. Drawn: {file}")
    return 0 if answered == sent else 1


def drive(
    ask: Callable[[], Answer],
    *,
    instances: Callable[[], int],
    rate: float,
    seconds: int,
    tell: Callable[[str], None],
) -> Seen:
    """Asks at this rate so long, and looks at the instances once a second."""
    seen, ended = Seen(), threading.Event()
    started = time.monotonic()
    watching = threading.Thread(target=_watch, args=(seen, started, instances, ended, tell))
    watching.start()
    try:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for due in _moments(started, rate, seconds):
                time.sleep(max(0.0, due - time.monotonic()))
                pool.submit(_one, seen, started, ask)
    finally:
        ended.set()
        watching.join()
    return seen


def _moments(started: float, rate: float, seconds: int) -> Iterator[float]:
    return itertools.takewhile(
        lambda due: due < started + seconds, (started + number / rate for number in itertools.count())
    )


def _one(seen: Seen, started: float, ask: Callable[[], Answer]) -> None:
    moment = time.monotonic() - started
    answer = ask()
    seen.add(moment, answer.status, answer.seconds)


def _watch(
    seen: Seen, started: float, instances: Callable[[], int], ended: threading.Event, tell: Callable[[str], None]
) -> None:
    last = 0
    while True:
        count, moment = instances(), time.monotonic() - started
        seen.note(moment, count)
        if count != last:
            tell(f"  {moment:5.0f} s  {count} {'instance' if count == 1 else 'instances'}")
        last = count
        if ended.wait(1.0):
            return


def _instances(workload: str) -> int:
    """How many serve, over all variants; 0 while the endpoint cannot be seen."""
    endpoint = Prod(workload).endpoint() or {}
    return sum(each.get("CurrentInstanceCount", 0) for each in endpoint.get("ProductionVariants", []))


if __name__ == "__main__":
    run(main)
