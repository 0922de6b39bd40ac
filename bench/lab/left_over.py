"""What a fault may leave behind: processes, work folders, endpoints and stacks that were not there before it."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from bench.lab.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.lab.clouds import LocalCloud

#: What works in its own folder until it is done. Functions' sandboxes stay warm for the next call.
KINDS = ("codebuild", "glue", "sagemaker-training", "sagemaker-containers")
#: A Spark driver that was started in advance waits in its own folder for the next job.
_WAITS_FOR_MORE = "glue/driver-"


def standing(cloud: LocalCloud, *, named: str = "") -> Counter[str]:
    """Everything that runs now, or costs money, by name: two identical containers in one endpoint count twice.

    ``named``: only what has this in its name, such as an endpoint with its containers.
    """
    found = [*_folders(cloud), *_processes(cloud), *_endpoints(cloud), *_stacks(cloud)]
    return Counter(name for name in found if named in name and _WAITS_FOR_MORE not in name)


def left_over(cloud: LocalCloud, before: Counter[str], *, named: str = "") -> list[str]:
    """Waits for the clean-up, which continues after a verdict, until nothing is left over.

    Raises AssertionError that lists what is still there at the end and did not exist ``before``.
    """
    return until(
        lambda: sorted((standing(cloud, named=named) - before).elements()),
        lambda found: not found,
        what="nothing that is left over",
        every_seconds=0.2,
    )


def _folders(cloud: LocalCloud) -> Iterator[str]:
    for kind in KINDS:
        folder = cloud.home / "work" / kind
        yield from (f"folder {_without_id(f'{kind}/{path.name}')}" for path in folder.glob("*"))


def _processes(cloud: LocalCloud) -> Iterator[str]:
    """Processes that work or worked in such a folder, by their environment, which outlives the folder."""
    place = re.compile(re.escape(f"{cloud.home}/work/").encode() + rb"([^/\0]+/[^/\0]+)")
    for pid in cloud.started():
        try:
            environment = Path(f"/proc/{pid}/environ").read_bytes()
        except OSError:
            continue
        name = found[1].decode() if (found := place.search(environment)) else ""
        if name.startswith(KINDS):
            yield f"process of {_without_id(name)}"


def _endpoints(cloud: LocalCloud) -> Iterator[str]:
    listed = cloud.client("sagemaker").list_endpoints(MaxResults=100)["Endpoints"]
    yield from (f"endpoint {each['EndpointName']}" for each in listed)


def _stacks(cloud: LocalCloud) -> Iterator[str]:
    for page in cloud.client("cloudformation").get_paginator("list_stacks").paginate():
        for each in page["StackSummaries"]:
            if each["StackStatus"] != "DELETE_COMPLETE":
                yield f"stack {each['StackName']}"


def _without_id(name: str) -> str:
    """A container's name without the part that differs from the previous fleet's."""
    return re.sub(r"-[0-9a-f]{12}$", "", name)
