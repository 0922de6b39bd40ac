"""What it costs that moto's memory survives a restart: a call with and without the journal, and a start. A table.

Runs alone, in this process: a day's worth of calls is what the walk from `git push` to PROD asks of moto, 50 times.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).parents[1]
sys.path.insert(0, str(PROJECT))

from localcloud.moto_bridge import SNAPSHOT_ENTRIES, MotoBridge  # noqa: E402  (the project's root has to be on the path first)
from localcloud.service import HttpRequest, HttpResponse  # noqa: E402
from localcloud.settings import Settings  # noqa: E402

CALLS = 1000
RELEASES = 50
#: Of one release, as counted on the way to PROD: log events, streams, small and large objects.
LOG_CALLS, STREAMS, SMALL, LARGE = 76, 23, 30, 9


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        if sys.argv[1:]:
            started = time.monotonic()
            MotoBridge(Settings(home=Path(sys.argv[1])))
            print(f"{time.monotonic() - started:.2f}")
            return
        settings = Settings(home=Path(folder))
        moto = MotoBridge(settings)
        moto.answer(s3("PUT", "bench"), everything)
        compare(moto)
        day(moto, settings.home)


def compare(moto: MotoBridge) -> None:
    """Alternating, so that both see the same machine."""
    kinds = {
        "PutObject of 1 KiB": lambda _: s3("PUT", f"bench/small/{uuid.uuid4()}", b"x" * 1024),
        "PutObject of 1 MiB": lambda _: s3("PUT", f"bench/large/{uuid.uuid4()}", os.urandom(1 << 20)),
        "PutLogEvents of 10": lambda number: log_events("g", "s", number),
    }
    moto.answer(logs("CreateLogGroup", {"logGroupName": "g"}), everything)
    moto.answer(logs("CreateLogStream", {"logGroupName": "g", "logStreamName": "s"}), everything)
    print(f"{'call':<22}{'bare ms':>10}{'journaled ms':>14}{'more ms':>10}{'ratio':>8}")
    for name, make in kinds.items():
        times: dict[bool, list[float]] = {False: [], True: []}
        for number in range(CALLS // 2 if "MiB" not in name else 100):
            for journaled in (False, True):
                asked = make(number)
                begun = time.perf_counter()
                moto.answer(asked, everything if journaled else nothing)
                times[journaled].append(1000 * (time.perf_counter() - begun))
        bare, journal = statistics.median(times[False]), statistics.median(times[True])
        print(f"{name:<22}{bare:>10.2f}{journal:>14.2f}{journal - bare:>10.2f}{journal / bare:>8.2f}")


def day(moto: MotoBridge, home: Path) -> None:
    """A start after so many releases, the last snapshot as old as it gets."""
    count = 0
    longest = 0.0
    for release in range(RELEASES):
        for asked in release_calls(release):
            begun = time.perf_counter()
            moto.answer(asked, everything)
            longest = max(longest, time.perf_counter() - begun)
            count += 1
    while moto.journal_length < SNAPSHOT_ENTRIES - 1:
        moto.answer(log_events("g", "s", count), everything)
    state = (home / "state" / "moto.sqlite").stat().st_size / 1e6
    print(
        f"\n{RELEASES} releases, {count} writes; state {state:.1f} MB; longest call (with a snapshot) {longest:.2f} s"
    )
    seconds = subprocess.run([sys.executable, __file__, str(home)], capture_output=True, text=True, check=True).stdout
    print(f"start after a crash, {moto.journal_length} entries to replay: {seconds.strip()} s")
    moto.close()
    seconds = subprocess.run([sys.executable, __file__, str(home)], capture_output=True, text=True, check=True).stdout
    print(f"start after a clean stop, nothing to replay: {seconds.strip()} s")


def release_calls(release: int) -> Iterator[HttpRequest]:
    for number in range(STREAMS):
        yield logs("CreateLogStream", {"logGroupName": "g", "logStreamName": f"{release}/{number}"})
    for number in range(LOG_CALLS):
        yield log_events("g", f"{release}/{number % STREAMS}", number)
    for number in range(SMALL):
        yield s3("PUT", f"bench/{release}/{number}", os.urandom(2048))
    for number in range(LARGE):
        yield s3("PUT", f"bench/{release}/large/{number}", os.urandom(300_000))


def everything(_: HttpResponse) -> bool:
    return True


def nothing(_: HttpResponse) -> bool:
    return False


def s3(method: str, path: str, body: bytes = b"") -> HttpRequest:
    return HttpRequest(method=method, path=f"/{path}", query="", headers=headers("s3"), body=body)


def log_events(group: str, stream: str, number: int) -> HttpRequest:
    now = int(1000 * time.time())
    events = [{"timestamp": now, "message": f"line {number}.{line} of what a build says"} for line in range(10)]
    return logs("PutLogEvents", {"logGroupName": group, "logStreamName": stream, "logEvents": events})


def logs(operation: str, params: dict[str, object]) -> HttpRequest:
    target = {"x-amz-target": f"Logs_20140328.{operation}", "content-type": "application/x-amz-json-1.1"}
    return HttpRequest(
        method="POST", path="/", query="", headers=headers("logs") | target, body=json.dumps(params).encode()
    )


def headers(service: str) -> dict[str, str]:
    scope = f"Credential=BENCH/20261121/us-east-1/{service}/aws4_request"
    return {"host": "127.0.0.1:4566", "authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"}


if __name__ == "__main__":
    main()
