"""S3 with real data sets: one large object, its ranges, and very many small ones. What they cost the local cloud.

A table of seconds, CPU seconds of the local cloud's process, and the memory that each step added at its peak. The
object has 5 GiB, and there are 100,000 small ones; `python -m bench.objects 1 10000` takes less.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from boto3.s3.transfer import TransferConfig

from bench.lab.clouds import LocalCloud
from bench.lab.large_bodies import Zeros
from bench.lab.processes import cpu_seconds, forget_most_memory, memory_mib

GIB, MIB = 1 << 30, 1 << 20
SIZE_GIB, SMALL = 5, 100_000
BUCKET = "bench"
RANGE = 8 * MIB
#: So many calls are timed before and after the small objects.
CALLS = 200


class Table:
    """What the local cloud has used for each step."""

    def __init__(self, cloud: LocalCloud) -> None:
        self._cloud = cloud
        print(f"{'step':<44}{'seconds':>9}{'CPU s':>8}{'memory at its peak, MiB':>25}")

    def step(self, name: str, work: Callable[[], object]) -> None:
        pid = self._cloud.running.pid
        forget_most_memory(pid)
        memory, used, begun = memory_mib(pid), cpu_seconds(pid), time.perf_counter()
        work()
        seconds, used = time.perf_counter() - begun, cpu_seconds(pid) - used
        added = memory_mib(pid, most=True) - memory
        print(f"{name:<44}{seconds:>9.1f}{used:>8.1f}{f'{memory:.0f} + {added:.0f}':>25}", flush=True)


def main() -> None:
    size = int(sys.argv[1] if sys.argv[1:] else SIZE_GIB) * GIB
    small = int(sys.argv[2]) if sys.argv[2:] else SMALL
    with tempfile.TemporaryDirectory() as folder:
        cloud = LocalCloud.up(Path(folder))
        try:
            print(f"idle: {memory_mib(cloud.running.pid):.0f} MiB")
            table, s3 = Table(cloud), cloud.client("s3", max_pool_connections=8)
            s3.create_bucket(Bucket=BUCKET)
            large_object(table, s3, size)
            small_objects(table, s3, small)
            restarts(table, cloud)
        finally:
            cloud.down()


def large_object(table: Table, s3: Any, size: int) -> None:
    """In parts, back, by ranges, and away."""
    parts = TransferConfig(multipart_threshold=MIB, multipart_chunksize=64 * MIB, max_concurrency=2)
    gib = f"{size // GIB} GiB"
    table.step(f"upload of {gib} in parts", lambda: s3.upload_fileobj(Zeros(size), BUCKET, "large", Config=parts))
    table.step(f"download of {gib}", lambda: read(s3.get_object(Bucket=BUCKET, Key="large"), size))
    table.step(f"1 GiB by ranges of {RANGE // MIB} MiB", lambda: by_ranges(s3))
    table.step(f"copy of {gib} in parts", lambda: s3.copy({"Bucket": BUCKET, "Key": "large"}, BUCKET, "copy"))
    for key in ("large", "copy"):
        s3.delete_object(Bucket=BUCKET, Key=key)


def small_objects(table: Table, s3: Any, count: int) -> None:
    """The calls of each kind, before and after there are so many objects."""
    before = call_milliseconds(s3)
    table.step(f"{count:,} objects of 1 KiB", lambda: put_all(s3, count))
    after = call_milliseconds(s3)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix="small/")
    table.step("a list of them all", lambda: counted(sum(page["KeyCount"] for page in pages), count))
    for name, milliseconds in before.items():
        ratio = after[name] / milliseconds
        print(f"{name}: {milliseconds:.1f} ms before, {after[name]:.1f} ms beside them: {ratio:.2f}")


def restarts(table: Table, cloud: LocalCloud) -> None:
    cloud.down()
    begun = time.perf_counter()
    cloud.start_again()
    used = cpu_seconds(cloud.running.pid)
    print(f"start with them all: {time.perf_counter() - begun:.1f} s, {used:.1f} CPU s")
    table.step("the first call", lambda: cloud.client("s3").head_object(Bucket=BUCKET, Key="small/0"))


def put_all(s3: Any, count: int) -> None:
    with ThreadPoolExecutor(4) as threads:
        for _ in threads.map(lambda n: s3.put_object(Bucket=BUCKET, Key=f"small/{n}", Body=bytes(1024)), range(count)):
            pass


def call_milliseconds(s3: Any) -> dict[str, float]:
    """The median of each kind of call."""
    calls: dict[str, Callable[[], object]] = {
        "PutObject": lambda: s3.put_object(Bucket=BUCKET, Key="one", Body=b"1"),
        "GetObject": lambda: read(s3.get_object(Bucket=BUCKET, Key="one"), 1),
        "ListObjectsV2 of one": lambda: s3.list_objects_v2(Bucket=BUCKET, Prefix="one"),
    }
    return {name: 1000 * statistics.median(timed(call) for _ in range(CALLS)) for name, call in calls.items()}


def timed(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


def read(found: Any, size: int) -> None:
    got = 0
    while piece := found["Body"].read(MIB):
        got += len(piece)
    counted(got, size)


def by_ranges(s3: Any) -> None:
    for at in range(0, GIB, RANGE):
        read(s3.get_object(Bucket=BUCKET, Key="large", Range=f"bytes={at}-{at + RANGE - 1}"), RANGE)


def counted(seen: int, wanted: int) -> None:
    if seen != wanted:
        raise AssertionError(f"{seen} instead of {wanted}")


if __name__ == "__main__":
    main()
