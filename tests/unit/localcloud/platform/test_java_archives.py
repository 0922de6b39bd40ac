"""Archives of Java's classes: made once of what a process has listed, and whole or not at all."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest

from localcloud.platform.java_archives import CLASS_PATH, LIST, JavaArchive
from localcloud.platform.processes import Processes
from tests.waiting import until

#: Plays Java: writes down its options, and as the archive the list that it got.
JAVA = """#!/bin/sh
echo "$@" >> "$(dirname "$0")/asked"
for option; do case "$option" in
  -XX:SharedClassListFile=*) list="${option#*=}" ;;
  -XX:SharedArchiveFile=*) archive="${option#*=}" ;;
esac; done
cat "$list" > "$archive"
"""


@pytest.fixture
def archive(tmp_path: Path) -> JavaArchive:
    java = tmp_path / "java" / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(JAVA)
    java.chmod(0o755)
    return JavaArchive(path=tmp_path / "classes" / "a.jsa", java_home=tmp_path / "java")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of a process that has listed its classes; it is in the middle of a line."""
    made = tmp_path / "process"
    made.mkdir()
    (made / LIST).write_text("java/lang/Object id: 0\nscala/Option id: 1\nscala/colle")
    (made / CLASS_PATH).write_text("/jars/a.jar:/jars/b.jar")
    return made


@pytest.fixture
def processes(tmp_path: Path) -> Processes:
    return Processes(str(tmp_path / "home"))


def asked(archive: JavaArchive) -> list[str]:
    log = archive.java_home / "bin" / "asked"
    return log.read_text().splitlines() if log.exists() else []


def test_an_archive_is_made_once_and_then_mapped(archive: JavaArchive, folder: Path, processes: Processes) -> None:
    """It is made of whole lines, on the process's class path; until it is there, a process lists its classes."""
    assert archive.option(folder) == f"-XX:DumpLoadedClassList={folder / LIST}"
    archive.make_of(folder, processes)
    until(archive.path.exists, what="an archive")
    assert archive.path.read_text() == "java/lang/Object id: 0\nscala/Option id: 1\n"
    assert archive.option(folder) == f"-XX:SharedArchiveFile={archive.path}"
    archive.make_of(folder, processes)
    (said,) = asked(archive)
    assert said.startswith("-Xshare:dump ")
    assert said.endswith(" -cp /jars/a.jar:/jars/b.jar")


def test_each_list_is_tried_once(archive: JavaArchive, folder: Path, processes: Processes) -> None:
    """Who looks each second does not have Java fail each second."""
    java = archive.java_home / "bin" / "java"
    java.write_text(f"{JAVA}exit 1\n")
    archive.make_of(folder, processes)
    archive.make_of(folder, processes)
    until(lambda: asked(archive), what="a Java that is started")
    archive.make_of(folder, processes)
    assert len(asked(archive)) == 1
    assert not (folder / CLASS_PATH).exists()


def test_a_java_that_fails_leaves_no_archive(archive: JavaArchive, folder: Path, processes: Processes) -> None:
    """What it had begun is no archive, and the next process's list is tried."""
    java = archive.java_home / "bin" / "java"
    java.write_text(f"{JAVA}exit 1\n")
    archive._make(folder, "/jars/a.jar", processes)
    assert len(asked(archive)) == 1
    assert [path.suffix for path in archive.path.parent.iterdir()] == [".lock"]
    java.write_text(JAVA)
    archive._make(folder, "/jars/a.jar", processes)
    assert archive.path.exists()


def test_one_archive_is_made_at_a_time(archive: JavaArchive, folder: Path, processes: Processes) -> None:
    """A second local cloud, or a second container, leaves it to the first."""
    archive.path.parent.mkdir()
    with archive.path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        archive._make(folder, "/jars/a.jar", processes)
    assert asked(archive) == []
    assert not archive.path.exists()


def test_a_process_that_has_ended_leaves_it_to_another(archive: JavaArchive, tmp_path: Path) -> None:
    """Its folder is gone by then, and nothing fails."""
    archive._make(tmp_path / "gone", "/jars/a.jar", Processes(str(tmp_path / "home")))
    assert asked(archive) == []
    assert not archive.path.exists()
