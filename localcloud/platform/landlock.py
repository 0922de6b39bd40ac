"""Keeps builds, jobs, functions and containers out of the local cloud's own files: its secrets, its state, its logs.

They run as the same user, so permissions of files would not. Linux's Landlock does, for any user: a thread restricts
itself, and what it starts can never shed it. A process that is restricted so can also neither read the memory of those
that are not, nor signal them (from Landlock's version 6 on).

Landlock knows what is allowed, and nothing is forbidden below it. So everything beside the home and the folders above
it is allowed, and below the home the folder of the work alone. A file that is made later right in one of the folders
above the home cannot be read.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import stat
import threading
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_T = TypeVar("_T")

#: Numbers of Linux's system calls, the same on every architecture that is newer than them.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_NO_NEW_PRIVILEGES = 38
_WRITE_FILE, _READ_FILE, _REMOVE_DIR, _REMOVE_FILE = 1 << 1, 1 << 2, 1 << 4, 1 << 5
_MAKE_CHAR, _MAKE_BLOCK, _REFER, _TRUNCATE = 1 << 6, 1 << 11, 1 << 13, 1 << 14
_SIGNALS = 1 << 1
#: The first version in which files can be renamed from one allowed folder to another.
_LEAST_VERSION = 2
_TRUNCATES, _SIGNALS_SINCE = 3, 6
#: Devices and processes.
_OF_THE_MACHINE = frozenset({Path("/dev"), Path("/proc")})
_MEMORY = frozenset({"mem", "kmem", "port", "kcore", "kpagecount", "kpageflags"})


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scopes", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32))


@functools.cache
def version() -> int:
    """The version of Landlock that this machine has; 0 for none."""
    try:
        return max(0, int(_libc().syscall(_CREATE_RULESET, None, 0, 1)))
    except (OSError, AttributeError):
        return 0


def is_available() -> bool:
    return version() >= _LEAST_VERSION


class Enclosure:
    """What processes may not touch: the home, but for the folders in which they work."""

    def __init__(self, home: Path) -> None:
        self._home = home.resolve()
        self._open = self._home / "work"

    def start(self, start: Callable[[], _T]) -> _T:
        """Calls ``start`` on a thread that is restricted: so is every process that it starts. Its errors are raised."""
        if not is_available():
            return start()
        outcome: list[_T] = []
        problem: list[BaseException] = []

        def enclosed() -> None:
            try:
                self._restrict_this_thread()
                outcome.append(start())
            except BaseException as error:  # noqa: BLE001  (raised on the thread that asked)
                problem.append(error)

        thread = threading.Thread(target=enclosed, name="enclosed-start")
        thread.start()
        thread.join()
        if problem:
            raise problem[0]
        return outcome[0]

    def _restrict_this_thread(self) -> None:
        libc, found = _libc(), version()
        handled = _WRITE_FILE | _READ_FILE | _REMOVE_DIR | _REMOVE_FILE | _REFER
        handled |= _TRUNCATE if found >= _TRUNCATES else 0
        devices = _MAKE_CHAR | _MAKE_BLOCK  # allowed nowhere
        scopes = _SIGNALS if found >= _SIGNALS_SINCE else 0
        attributes = _Ruleset(handled | devices, 0, scopes)
        size = ctypes.sizeof(_Ruleset) if scopes else ctypes.sizeof(ctypes.c_uint64)
        ruleset = _checked(libc.syscall(_CREATE_RULESET, ctypes.byref(attributes), size, 0))
        try:
            self._open.mkdir(parents=True, exist_ok=True)
            for path in self._allowed():
                _allow(ruleset, path, handled)
            _checked(libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0))
            _checked(libc.syscall(_RESTRICT_SELF, ruleset, 0))
        finally:
            os.close(ruleset)

    def _allowed(self) -> Iterator[Path]:
        """What lies beside the home and beside the folders above it, and the folder of the work."""
        yield self._open
        above = {self._home, *self._home.parents}
        for folder in self._home.parents:
            with contextlib.suppress(OSError):
                for entry in os.scandir(folder):
                    path = Path(entry.path)
                    if path not in above and not entry.is_symlink():
                        yield from _harmless(path) if path in _OF_THE_MACHINE else (path,)


def _harmless(folder: Path) -> Iterator[Path]:
    """All but disks and memory, from which root could read what it may not, and other processes' variables.

    A process has no folder in ``/proc`` yet when its rules are made, so it does not see its own there either.
    """
    for path in folder.iterdir():
        with contextlib.suppress(OSError):
            mode = path.lstat().st_mode
            closed = stat.S_ISLNK(mode) or stat.S_ISBLK(mode) or path.name in _MEMORY or path.name.isdecimal()
            if not closed:
                yield path


def _allow(ruleset: int, path: Path, rights: int) -> None:
    """Something that is gone by now, or is neither file nor folder, needs no rule."""
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            if not stat.S_ISDIR(os.fstat(handle).st_mode):
                rights &= _WRITE_FILE | _READ_FILE | _TRUNCATE
            _checked(_libc().syscall(_ADD_RULE, ruleset, 1, ctypes.byref(_Beneath(rights, handle)), 0))
        finally:
            os.close(handle)


def _checked(answer: int) -> int:
    if answer < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"Landlock: {os.strerror(number)}")
    return answer


@functools.cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
