"""How long the API of a release takes for an answer, and where that time goes: a table, not a test.

Runs on the local cloud that is up, with a release and its door (`make demo`, then `make bench`). One connection asks
below the API's throttle; the function's own log says how much of the time was its own, and how much the endpoint's.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import statistics
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from scripts import cloud
from scripts.ask import smoke_request
from scripts.cloud.clients import credentials, decided
from scripts.reads.door import Door, request_for

if TYPE_CHECKING:
    from collections.abc import Iterator

WORKLOAD = "car_evaluation"
WARM_UP, REQUESTS, PER_SECOND = 50, 800, 40
_START = re.compile(r"Init Duration: ([\d.]+) ms")


def main() -> None:
    cloud.require_local("This measures the local cloud.")
    door = Door(WORKLOAD)
    began = int(time.time() * 1000)
    whole = asked(door)
    log = list(lines(door, began))
    own = [each for each in log if each.get("status") == 200][WARM_UP:]
    endpoint = [float(each["endpoint_milliseconds"]) for each in own]
    function = [float(each["milliseconds"]) for each in own]
    print(f"{REQUESTS} requests of one connection, {PER_SECOND} a second, {os.cpu_count()} cores\n")
    print(f"{'':<34}{'p50 ms':>9}{'p99 ms':>9}")
    for name, found in (
        ("API → function → endpoint", whole),
        ("of it the function and the endpoint", function),
        ("of it the endpoint", endpoint),
    ):
        centiles = statistics.quantiles(found, n=100)
        print(f"{name:<34}{centiles[49]:>9.2f}{centiles[98]:>9.2f}")
    starts = ", ".join(f"{float(each):.0f} ms" for each in starts_of(door))
    print(f"\nThe function's initialisations until now: {starts or 'none in its log'}")


def asked(door: Door) -> list[float]:
    """Milliseconds of each request after the warm-up; SystemExit for an answer that is none."""
    address = urlsplit(door.api)
    port = urlsplit(decided().endpoint_url).port
    path = f"/_execute-api/{str(address.hostname).partition('.')[0]}{address.path}/predictions"
    body, content_type = request_for(WORKLOAD, smoke_request(WORKLOAD))
    request = AWSRequest(
        method="POST", url=f"http://127.0.0.1:{port}{path}", data=body, headers={"Content-Type": content_type}
    )
    # All requests have the same body within five minutes, so one signature is enough.
    SigV4Auth(credentials(), "execute-api", decided().region).add_auth(request)
    headers = dict(request.headers.items())
    connection, found, started = http.client.HTTPConnection("127.0.0.1", port), [], time.monotonic()
    for number in range(WARM_UP + REQUESTS):
        time.sleep(max(0.0, started + number / PER_SECOND - time.monotonic()))
        begun = time.perf_counter()
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        text = answer.read()
        found.append((time.perf_counter() - begun) * 1e3)
        if answer.status != 200:
            raise SystemExit(f"HTTP status {answer.status}: {text.decode(errors='replace')[:200]}")
    return found[WARM_UP:]


def lines(door: Door, since: int) -> Iterator[dict[str, Any]]:
    """What the function has logged of its requests, oldest first. ``since``: in milliseconds."""
    for message in messages(door, "endpoint_milliseconds", since):
        yield json.loads(message)


def starts_of(door: Door) -> list[str]:
    return [found[1] for message in messages(door, "Init Duration", 0) if (found := _START.search(message))]


def messages(door: Door, word: str, since: int) -> Iterator[str]:
    pages = cloud.client("logs").get_paginator("filter_log_events")
    group = f"/aws/lambda/{door.workload.function_name}"
    for page in pages.paginate(logGroupName=group, startTime=since):
        yield from (event["message"] for event in page["events"] if word in event["message"])


if __name__ == "__main__":
    main()
