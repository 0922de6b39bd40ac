"""Which Python an engine gets: the program's own, the machine's, or one that is brought."""

import hashlib
import os
import platform
import sys
import zipfile
from pathlib import Path

import pytest

from localcloud.platform import pythons
from localcloud.platform.errors import EngineError

OTHER = "3.14" if pythons.own_minor() != "3.14" else "3.13"
HERE = f"{platform.system().lower()}-{platform.machine()}"


def program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_the_programs_own_python_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No other Python is looked for where the program's minor version fits."""
    program(tmp_path / f"python{pythons.own_minor()}", f"echo {pythons.own_minor()}")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert pythons.on_hand(pythons.own_minor()) == Path(sys.executable)


def test_the_machines_python_comes_next(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The first on PATH that works is taken: a stand-in that fails, or one that lies, is passed over."""
    program(tmp_path / "shims" / f"python{OTHER}", "echo 'command not found' >&2; exit 127")
    program(tmp_path / "lies" / f"python{OTHER}", "echo 3.6")
    works = program(tmp_path / "works" / f"python{OTHER}", f"echo {OTHER}")
    monkeypatch.setenv("PATH", os.pathsep.join(str(tmp_path / name) for name in ("shims", "", "lies", "works")))
    assert pythons.on_hand(OTHER) == works


def test_else_one_of_the_lock(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A version that PATH does not have is brought for this machine."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(pythons.platform, "system", lambda: "Linux")
    monkeypatch.setattr(pythons.platform, "machine", lambda: "x86_64")
    assert pythons.on_hand(OTHER) is None
    entry = pythons.brought(OTHER)
    assert (entry.minor, entry.platform) == (OTHER, "linux-x86_64")


def test_one_that_cannot_be_had_is_refused_with_what_to_do() -> None:
    """The refusal names the version, what can be brought and how to have it."""
    with pytest.raises(EngineError, match=r"no Python 3\.9: .* can bring .*Install Python 3\.9 so that `python3\.9`"):
        pythons.brought("3.9")


def test_the_lock_has_every_version_that_may_be_asked_for() -> None:
    """Every version that a build or a function may name can be brought on x86-64."""
    lines = [line.split() for line in pythons.LOCK.read_text().splitlines() if not line.startswith("#")]
    assert {version.rpartition(".")[0] for version, machine, *_ in lines if machine == "linux-x86_64"} == {
        *pythons.MINORS
    }
    assert all(coordinates.startswith(f"org.bytedeco:cpython:{version}-") for version, _, coordinates, _ in lines)


JAR_FOLDER = "org/bytedeco/cpython/linux-x86_64"


def jar(path: Path, interpreter: str) -> pythons.Brought:
    """A jar as Maven Central has them, with a shell script for an interpreter."""
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr(f"{JAR_FOLDER}/bin/python{OTHER}", f"#!/bin/sh\n{interpreter}\n")
        packed.writestr(f"{JAR_FOLDER}/libffi.so.8", "a library")
        packed.writestr(f"{JAR_FOLDER}/lib/python{OTHER}/os.py", "")
        packed.writestr(f"{JAR_FOLDER}/lib/python{OTHER}/lib-dynload/_ctypes.so", "")
        packed.writestr(f"{JAR_FOLDER}/lib/python{OTHER}/test/test_os.py", "")
        packed.writestr("META-INF/MANIFEST.MF", "")
    return pythons.Brought(
        version=f"{OTHER}.1",
        platform=HERE,
        coordinates=f"org.bytedeco:cpython:{OTHER}.1-1.5:linux-x86_64",
        checksum=hashlib.sha256(path.read_bytes()).hexdigest(),
    )


def test_a_brought_python_is_made_runnable(tmp_path: Path) -> None:
    """A brought Python is executable, finds its libraries and comes without its tests."""
    entry = jar(tmp_path / "a.jar", f"echo {OTHER}")
    pythons.unpack(tmp_path / "a.jar", entry, tmp_path / "python")
    library = tmp_path / "python" / "lib" / f"python{OTHER}"
    assert pythons.works(pythons.interpreter(tmp_path / "python", entry), OTHER)
    assert (library / "lib-dynload" / "libffi.so.8").read_text() == "a library"
    assert (library / "sitecustomize.py").exists()
    assert not (library / "test").exists()
    assert {path.name for path in (tmp_path / "python").iterdir()} == {"bin", "lib"}


def test_one_that_does_not_start_is_told(tmp_path: Path) -> None:
    """The error names a Python that does not start, such as one for which the machine lacks a library."""
    entry = jar(tmp_path / "a.jar", "exit 127")
    with pytest.raises(EngineError, match=rf"Python {OTHER}\.1 .* does not start here"):
        pythons.unpack(tmp_path / "a.jar", entry, tmp_path / "python")
