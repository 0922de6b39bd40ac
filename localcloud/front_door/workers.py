"""The threads on which calls are answered. No kind of call can take the threads of another.

A call that calls back, or that waits, holds its thread meanwhile. What it calls back for has threads of its own, as
many as there are callers; so has what waits for a function's end. Long polls hold no thread at all (``queue_watch``).
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from enum import Enum
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")


class Kind(Enum):
    """Who calls. The number is the most threads; those that nobody needs are not made."""

    #: From outside. More at a time would only wait for the interpreter.
    OUTER = 64
    #: From this process itself. Each of its threads makes one at a time, so there are no more than those.
    INNER = 8192
    #: For as long as something else takes, such as a function's run. AWS's own limit of those is 1,000.
    WAITING = 1024


class Workers:
    def __init__(self) -> None:
        self._pools = {
            kind: ThreadPoolExecutor(max_workers=kind.value, thread_name_prefix=f"call-{kind.name.lower()}")
            for kind in Kind
        }

    async def run(self, kind: Kind, function: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._pools[kind], function)
