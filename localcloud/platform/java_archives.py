"""What Java has read and checked of its classes, kept in a file that a later start only maps (class data sharing).

A process that finds no archive lists the classes that it loads, and its class path, in a folder. Of that list, Java
makes the archive: once, and at the lowest priority, for nobody waits for it. An archive is of one class path, in its
order; a Java that cannot use one goes without.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import threading
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from localcloud.platform.processes import Processes

#: The files in the folder. Java writes the first; the process writes the second, once it has loaded what matters.
LIST, CLASS_PATH = "java-classes", "java-class-path"

log = logging.getLogger("localcloud")


@dataclass(frozen=True, kw_only=True, slots=True)
class JavaArchive:
    path: Path
    java_home: Path

    def option(self, folder: Path) -> str:
        """For the start of a Java process: it maps the archive if there is one, or lists its classes in the folder."""
        if self.path.exists():
            return f"-XX:SharedArchiveFile={self.path}"
        return f"-XX:DumpLoadedClassList={folder / LIST}"

    def make_of(self, folder: Path, processes: Processes) -> None:
        """Begins to make it of what a process has listed in the folder, unless it is there or being made.

        Each process's list is tried once.
        """
        place = folder / CLASS_PATH
        if self.path.exists() or not place.exists():
            return
        class_path = place.read_text()
        place.unlink()
        made = partial(self._make, folder, class_path, processes)
        threading.Thread(target=made, daemon=True, name="java-archive").start()

    def _make(self, folder: Path, class_path: str, processes: Processes) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.with_suffix(".lock").open("w") as lock, contextlib.suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            try:
                problem = "" if self.path.exists() else self._dumped(folder, class_path, processes)
            except OSError as error:
                problem = str(error)
            if problem:  # the process or the local cloud ends; another one's turn will come
                log.info("no archive of Java's classes: %s", problem)

    def _dumped(self, folder: Path, class_path: str, processes: Processes) -> str:
        """Has Java write the archive; returns what went wrong, or nothing."""
        classes, unfinished = self.path.with_suffix(".list"), self.path.with_suffix(".unfinished")
        written, _, _ = (folder / LIST).read_text().rpartition("\n")  # Java may be in the middle of a line
        classes.write_text(f"{written}\n")
        said: list[str] = []
        java = ["nice", "-n", "19", str(self.java_home / "bin" / "java"), "-Xshare:dump", "-Xlog:disable"]
        files = [f"-XX:SharedClassListFile={classes}", f"-XX:SharedArchiveFile={unfinished}"]
        ended = processes.run(
            [*java, *files, "-cp", class_path],
            cwd=self.path.parent,
            environment={"PATH": "/usr/bin:/bin"},
            on_line=said.append,
        )
        classes.unlink()
        if not ended.ok:
            unfinished.unlink(missing_ok=True)
            return f"Java ended with {ended}: {' '.join(said[-3:])}"
        unfinished.rename(self.path)
        return ""
