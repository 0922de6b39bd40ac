"""How this process asks the system for memory."""

from __future__ import annotations

import contextlib
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
    _ask_glibc("mallopt", _M_MMAP_THRESHOLD, _LARGE_BYTES)
    _ask_glibc("mallopt", _M_ARENA_MAX, _ARENAS)


def give_back_what_is_free() -> None:
    """Gives back, once, what is free between blocks that are used: after a start, what was read to make something."""
    _ask_glibc("malloc_trim", 0)


def _ask_glibc(function: str, *arguments: int) -> None:
    with contextlib.suppress(OSError, AttributeError):
        getattr(ctypes.CDLL(None), function)(*arguments)
