"""How this process asks the system for memory."""

from __future__ import annotations

import ctypes

#: glibc's parameters, from its malloc.h.
_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8
_LARGE_BYTES = 128 * 1024
_ARENAS = 2


def give_back_what_is_freed() -> None:
    """Lets glibc give large blocks back when they are freed, and share its arenas between threads.

    By itself it raises its idea of large to 32 MiB, and gives each thread an arena. Bodies, models of services and
    snapshots then leave holes in all of them. Other C libraries have no such parameters, and are left as they are.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return
    mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
    mallopt(_M_ARENA_MAX, _ARENAS)
