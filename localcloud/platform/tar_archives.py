"""Tar archives that others packed: unpacked so that nothing lands, or points, outside of its folder.

``tarfile`` has had its own ``filter`` since Python 3.11.4. Archives are held against the same rules here first, so that
they are refused on every Python; where there is a filter, it has its say as well.
"""

from __future__ import annotations

import copy
import os
import tarfile
from pathlib import Path
from typing import Any

#: Permission bits that a file keeps: nobody else may write, and nothing runs as somebody else.
_MODE = 0o755
_FILTER: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}


class UnsafeArchiveError(tarfile.TarError):
    """A member that would land or point outside of the folder, or is no file, folder or link; the text names it."""


def unpack(archive: tarfile.TarFile, folder: Path, *, below: str = "") -> None:
    """Unpacks an archive's files, folders and links: all of them, or those below a prefix, without that prefix.

    Raises UnsafeArchiveError at the first that is not safe, before it is written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    root = os.path.realpath(folder)
    for member in archive.getmembers():
        if member.name.startswith(below):
            archive.extract(_safe(member, below, root), root, **_FILTER)


def _safe(member: tarfile.TarInfo, below: str, root: str) -> tarfile.TarInfo:
    """A copy to extract: this user's, without the prefix in its name, with harmless permissions."""
    safe = copy.copy(member)
    safe.name = member.name.removeprefix(below).lstrip("/")
    place = os.path.join(root, safe.name)  # noqa: PTH118  (as tarfile does it: a Path would drop dots)
    if not _inside(place, root):
        raise UnsafeArchiveError(f"{member.name!r} would land outside of its folder")
    if member.islnk():
        safe.linkname = member.linkname.removeprefix(below).lstrip("/")
        named = os.path.join(root, safe.linkname)  # noqa: PTH118
        if not _inside(named, root) or Path(named).is_symlink() or not Path(named).is_file():
            raise UnsafeArchiveError(f"the link {member.name!r} is to no file unpacked before it: {member.linkname!r}")
    elif member.issym():
        target = os.path.join(os.path.dirname(place), member.linkname)  # noqa: PTH118, PTH120
        if member.linkname.startswith("/") or not _inside(target, root):
            raise UnsafeArchiveError(f"the link {member.name!r} leads outside of its folder, to {member.linkname!r}")
    elif not (member.isreg() or member.isdir()):
        raise UnsafeArchiveError(f"{member.name!r} is neither a file nor a folder nor a link")
    safe.uid, safe.gid, safe.uname, safe.gname = os.getuid(), os.getgid(), "", ""
    safe.mode = 0o700 if member.isdir() else (member.mode & _MODE) | 0o600
    return safe


def _inside(path: str, root: str) -> bool:
    """Whether a path, with every link on the way followed, lies in ``root``."""
    return os.path.commonpath([os.path.realpath(path), root]) == root
