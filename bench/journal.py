"""What it costs that moto's memory survives a restart: a call with and without the journal, and a start. A table.

Runs alone, in this process: a day's calls are those that the walk from `git push` to PROD makes to moto, 50 times.
Seconds of CPU are shown beside those of the clock, because the clock depends on what else the machine has to do.
"""

from __future__ import annotations

import json
import os
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

from bench import PROJECT
from localcloud.moto_services.bridge import SNAPSHOT_ENTRIES, MotoBridge
from localcloud.platform.service import HttpRequest, HttpResponse
from localcloud.platform.settings import Settings

CALLS = 1000
RELEASES = 50
STARTS = 5
#: What one release writes, as counted on the way to PROD: log events, streams, small and large objects.
LOG_CALLS, STREAMS, SMALL, LARGE = 76, 23, 30, 9


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        if sys.argv[1:]:
            MotoBridge(Settings(home=Path(sys.argv[1])))
            return
        settings = Settings(home=Path(folder))
        moto = MotoBridge(settings)
        moto.answer(s3("PUT", "bench"), everything)
        compare(moto)
        day(moto, settings.home)


def compare(moto: MotoBridge) -> None:
    """Alternates, so that both run under the same load."""
    kinds: dict[str, Callable[[int], HttpRequest]] = {
        "PutObject of 1 KiB": lambda _: s3("PUT", f"bench/small/{uuid.uuid4()}", b"x" * 1024),
        "PutObject of 1 MiB": lambda _: s3("PUT", f"bench/large/{uuid.uuid4()}", os.urandom(1 << 20)),
        "PutLogEvents of 10": lambda number: log_events("g", "s", number),
        "PutParameter": lambda number: parameter(f"p{number}"),
    }
    moto.answer(logs("CreateLogGroup", {"logGroupName": "g"}), everything)
    moto.answer(logs("CreateLogStream", {"logGroupName": "g", "logStreamName": "s"}), everything)
    print(f"{'median ms of a call':<22}{'bare':>8}{'journaled':>11}{'more':>7}{'ratio':>7}{'more CPU':>10}")
    for name, make in kinds.items():
        taken: dict[bool, list[tuple[float, float]]] = {False: [], True: []}
        for number in range(CALLS // 2 if "MiB" not in name else 100):
            for journaled in (False, True):
                asked = make(number)
                taken[journaled].append(timed(moto, asked, journaled=journaled))
        clock, cpu = ({which: 1000 * statistics.median(t[i] for t in taken[which]) for which in taken} for i in (0, 1))
        more, more_cpu = (each[True] - each[False] for each in (clock, cpu))
        ratio = clock[True] / clock[False]
        print(f"{name:<22}{clock[False]:>8.2f}{clock[True]:>11.2f}{more:>7.2f}{ratio:>7.2f}{more_cpu:>10.2f}")


def timed(moto: MotoBridge, asked: HttpRequest, *, journaled: bool) -> tuple[float, float]:
    """Seconds of the clock, and of this thread's CPU."""
    begun, used = time.perf_counter(), time.thread_time()
    moto.answer(asked, everything if journaled else nothing)
    return time.perf_counter() - begun, time.thread_time() - used


def day(moto: MotoBridge, home: Path) -> None:
    """A start after so many releases, with the last snapshot as old as it can be."""
    taken = [timed(moto, asked, journaled=True)[1] for release in range(RELEASES) for asked in release_calls(release)]
    while entries(home) < SNAPSHOT_ENTRIES - 1:
        moto.answer(log_events("g", "s", len(taken)), everything)
    state = (home / "state" / "moto.sqlite").stat().st_size / 1e6
    ranked = sorted(1000 * seconds for seconds in taken)
    print(f"\n{RELEASES} releases, {len(taken)} writes, state {state:.1f} MB. CPU of a call:")
    print(
        f"{statistics.median(ranked):.1f} ms at the median, {statistics.mean(ranked):.1f} on the average, "
        f"{ranked[len(ranked) * 99 // 100]:.1f} at p99, {ranked[-1]:.0f} with the longest snapshot"
    )
    print(f"start after a crash, {entries(home)} entries to replay: {start(home)}")
    moto.close()
    print(f"start after a clean stop, nothing to replay: {start(home)}")


def entries(home: Path) -> int:
    """What a start after a crash would have to replay now."""
    with sqlite3.connect(home / "state" / "moto.sqlite") as connection:
        count: int = connection.execute("SELECT count(*) FROM entries").fetchone()[0]
    connection.close()
    return count


def start(home: Path) -> str:
    """The median of some starts, each in its own process, Python and its imports included."""
    clock, cpu = [], []
    for _ in range(STARTS):
        begun, used = time.monotonic(), children_cpu()
        subprocess.run([sys.executable, "-m", "bench.journal", str(home)], cwd=PROJECT, check=True)
        clock.append(time.monotonic() - begun)
        cpu.append(children_cpu() - used)
    return f"{statistics.median(clock):.2f} s, {statistics.median(cpu):.2f} s of CPU"


def children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


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


def parameter(name: str) -> HttpRequest:
    return json_call("ssm", "AmazonSSM.PutParameter", {"Name": name, "Value": "v", "Type": "String", "Overwrite": True})


def log_events(group: str, stream: str, number: int) -> HttpRequest:
    now = int(1000 * time.time())
    events = [{"timestamp": now, "message": f"line {number}.{line} of what a build says"} for line in range(10)]
    return logs("PutLogEvents", {"logGroupName": group, "logStreamName": stream, "logEvents": events})


def logs(operation: str, params: dict[str, object]) -> HttpRequest:
    return json_call("logs", f"Logs_20140328.{operation}", params)


def json_call(service: str, target: str, params: dict[str, object]) -> HttpRequest:
    asked = headers(service) | {"x-amz-target": target, "content-type": "application/x-amz-json-1.1"}
    return HttpRequest(method="POST", path="/", query="", headers=asked, body=json.dumps(params).encode())


def headers(service: str) -> dict[str, str]:
    scope = f"Credential=BENCH/20261121/us-east-1/{service}/aws4_request"
    return {"host": "127.0.0.1:4566", "authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"}


if __name__ == "__main__":
    main()
