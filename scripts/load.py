"""Drives PROD through its API at a rate, and draws instances, answers and latency over the time while it scales."""

from __future__ import annotations

import argparse
import math
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.cloud.api_calls import ApiCalls
from scripts.command import run
from scripts.reads.door import Door, request_for
from scripts.reads.load import Seen, chart, seconds_of
from scripts.reads.prod import Prod
from stacks.workloads import WORKLOADS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from scripts.cloud.api_calls import Answer

#: Requests under way at the same time, at the most.
_AT_ONCE = 64


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workload", choices=sorted(WORKLOADS))
    parser.add_argument("--rate", default="20", help="requests a second; 50,2: first 50, then 2")
    parser.add_argument("--seconds", default="60", help="how long; of each rate, where there are several")
    options = parser.parse_args()
    phases = phases_of(options.rate, options.seconds)
    seconds = sum(phase.seconds for phase in phases)
    body, content_type = request_for(options.workload)
    calls = ApiCalls(Door(options.workload).api)
    seen = drive(
        lambda: calls.ask("POST", "/predictions", body, content_type),
        instances=lambda: _instances(options.workload),
        phases=phases,
        tell=lambda line: print(line, flush=True),
    )
    found = seconds_of(seen, seconds)
    file = Path("out") / f"load-{options.workload}.svg"
    file.parent.mkdir(exist_ok=True)
    file.write_text(chart(found, f"{options.workload}, {options.rate.replace(',', ', then ')} requests a second"))
    answered = sum(second.answered for second in found)
    sent = answered + sum(second.failed for second in found)
    print(f"{answered} of {sent} requests were answered with 200. Drawn: {file}")
    return 0 if answered == sent else 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Phase:
    """So many requests a second, for so long."""

    rate: float
    seconds: int


def phases_of(rates: str, seconds: str) -> list[Phase]:
    """``50,2`` and ``30,60``: 50 requests a second for 30 seconds, then 2 for 60. SystemExit for what is none."""
    try:
        found = [
            Phase(rate=float(rate), seconds=int(each))
            for rate, each in zip(rates.split(","), seconds.split(","), strict=True)
        ]
    except ValueError:
        found = []
    if not found or not all(0 < phase.rate < math.inf and phase.seconds > 0 for phase in found):
        raise SystemExit(
            f"RATE={rates} SECONDS={seconds}: as many numbers of one as of the other, all above 0, such as"
            " RATE=50,2 SECONDS=30,60"
        )
    return found


def drive(
    ask: Callable[[], Answer],
    *,
    instances: Callable[[], int],
    phases: Sequence[Phase],
    tell: Callable[[str], None],
) -> Seen:
    """Asks at each rate so long, and looks at the instances once a second."""
    seen, ended = Seen(), threading.Event()
    started = time.monotonic()
    watching = threading.Thread(target=_watch, args=(seen, started, instances, ended, tell))
    watching.start()
    try:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for due in _moments(started, phases):
                time.sleep(max(0.0, due - time.monotonic()))
                pool.submit(_one, seen, started, ask)
    finally:
        ended.set()
        watching.join()
    return seen


def _moments(started: float, phases: Sequence[Phase]) -> Iterator[float]:
    for phase in phases:
        yield from (started + number / phase.rate for number in range(math.ceil(phase.rate * phase.seconds)))
        started += phase.seconds


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
