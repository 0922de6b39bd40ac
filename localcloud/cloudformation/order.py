"""Does work in dependency order, independent work in parallel.

Dependencies are a mapping: name → the names that must come before it. Names without a key of their own are ignored.
"""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping
    from collections.abc import Set as AbstractSet

_WORKERS = 16


def check_acyclic(dependencies: Mapping[str, AbstractSet[str]]) -> None:
    try:
        TopologicalSorter(dependencies).prepare()
    except CycleError as error:
        raise AwsError(
            "ValidationError", f"Circular dependency between resources: [{', '.join(sorted(set(error.args[1])))}]"
        ) from error


def in_order(dependencies: Mapping[str, AbstractSet[str]]) -> list[str]:
    """The names, each after its dependencies, otherwise in the given order."""
    known = {name: before & dependencies.keys() for name, before in dependencies.items()}
    return list(TopologicalSorter(known).static_order())


def reversed_(dependencies: Mapping[str, AbstractSet[str]]) -> dict[str, set[str]]:
    """The reversed graph, dependents first, for deletions."""
    found: dict[str, set[str]] = {name: set() for name in dependencies}
    for name, before in dependencies.items():
        for other in before & dependencies.keys():
            found[other].add(name)
    return found


def run(
    dependencies: Mapping[str, AbstractSet[str]],
    work: Callable[[str], bool],
    *,
    stopped: threading.Event,
    go_on_after_failure: bool = False,
) -> bool:
    """Does each name's work as soon as its dependencies are done, independent work in parallel.

    ``work`` returns whether it succeeded. Work that depends on a failure never starts. Nothing new starts after a
    failure, unless told to go on, or once ``stopped`` is set; running work is waited for.
    Returns whether all work was done.
    """
    sorter = TopologicalSorter({name: before & dependencies.keys() for name, before in dependencies.items()})
    sorter.prepare()
    succeeded = True
    running: dict[Future[bool], str] = {}
    with ThreadPoolExecutor(max_workers=_WORKERS, thread_name_prefix="cloudformation") as pool:
        while sorter.is_active():
            if (succeeded or go_on_after_failure) and not stopped.is_set():
                running |= {pool.submit(work, name): name for name in sorter.get_ready()}
            if not running:
                return False
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                name = running.pop(future)
                if future.result():
                    sorter.done(name)
                else:
                    succeeded = False
    return succeeded
