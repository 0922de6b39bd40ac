"""Finds the Python of a minor version: the one that runs this program, the machine's own, or one from Maven Central.

Images, runtimes of functions and buildspecs name a minor version. What they run must not depend on the machine.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from localcloud.platform.errors import EngineError

LOCK = Path(__file__).parent / "pythons.lock"
#: What the images are locked for (``--python-version 3.11``), and what a build has that names no version.
IMAGE_MINOR = "3.11"
#: What builds and functions may ask for. AWS has older ones too; they are refused by name.
MINORS = ("3.11", "3.12", "3.13", "3.14")

#: What engines cannot be without. An interpreter without one of them is not taken.
_PROBE = "import ctypes, hashlib, ssl, sys, venv, zlib; print('%d.%d' % sys.version_info[:2])"
_PROBE_SECONDS = 60
#: Tests, documents and a user interface that needs Tk: half of what is in a jar.
_NOT_NEEDED = ("/test/", "/tests/", "/idlelib/", "/share/", "/tkinter/", "/turtledemo/", "/__pycache__/")
#: Its OpenSSL looks for certificates where it was built: no such folder is here.
_SITE = '''"""Where this machine keeps the certificates that it trusts."""

import os

for _file in (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
):
    if os.path.exists(_file):
        os.environ.setdefault("SSL_CERT_FILE", _file)
        break
'''


@dataclass(frozen=True, kw_only=True, slots=True)
class Brought:
    """One line of the lock: a CPython inside a jar."""

    version: str
    platform: str
    coordinates: str
    checksum: str

    @property
    def minor(self) -> str:
        return self.version.rpartition(".")[0]

    @property
    def folder(self) -> str:
        """Where it lies inside of the jar."""
        return f"org/bytedeco/cpython/{self.coordinates.rpartition(':')[2]}/"


def own_minor() -> str:
    """The minor version of the Python that runs the program."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def brought(minor: str, lock: Path = LOCK) -> Brought:
    """What the lock has of this minor version for this machine. Raises EngineError that says what to do."""
    here = f"{platform.system().lower()}-{platform.machine()}"
    lines = [line.split() for line in lock.read_text().splitlines() if line.strip() and not line.startswith("#")]
    entries = [Brought(version=v, platform=p, coordinates=c, checksum=s) for v, p, c, s in lines]
    for entry in entries:
        if (entry.minor, entry.platform) == (minor, here):
            return entry
    known = ", ".join(entry.version for entry in entries if entry.platform == here) or "none"
    raise EngineError(
        f"There is no Python {minor}: no python{minor} on PATH that works, and for {here} the local cloud can bring "
        f"{known}. Install Python {minor} so that `python{minor}` starts it."
    )


def on_hand(minor: str) -> Path | None:
    """The program's own interpreter where it is of that minor version, else the machine's; None where neither is.

    The machine's is the first ``python3.N`` on PATH that works.
    """
    if minor == own_minor():
        return Path(sys.executable)
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        found = shutil.which(f"python{minor}", path=folder) if folder else None
        if found and works(Path(found), minor):
            return Path(found)
    return None


def works(python: Path, minor: str) -> bool:
    """Whether this interpreter starts (a version manager's stand-in may not), and is whole."""
    try:
        done = subprocess.run(
            [str(python), "-I", "-c", _PROBE], capture_output=True, text=True, check=False, timeout=_PROBE_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0 and done.stdout.strip() == minor


def unpack(jar: Path, entry: Brought, folder: Path) -> None:
    """Makes the interpreter of a jar runnable at ``folder``. Raises EngineError where it does not start here."""
    with zipfile.ZipFile(jar) as packed:
        for member in packed.infolist():
            below = member.filename.removeprefix(entry.folder)
            if below == member.filename or member.is_dir() or any(part in f"/{below}" for part in _NOT_NEEDED):
                continue
            place = folder / below
            if not place.resolve().is_relative_to(folder.resolve()):
                raise EngineError(f"{jar.name}: {member.filename} leads out of the archive")
            place.parent.mkdir(parents=True, exist_ok=True)
            with packed.open(member) as source, place.open("wb") as target:
                shutil.copyfileobj(source, target)
    library = folder / "lib" / f"python{entry.minor}"
    for path in folder.glob("libffi.so.*"):
        path.rename(library / "lib-dynload" / path.name)  # where ctypes looks first
    (library / "sitecustomize.py").write_text(_SITE)
    python = interpreter(folder, entry)
    python.chmod(0o755)
    if not works(python, entry.minor):
        raise EngineError(
            f"The Python {entry.version} of {entry.coordinates} does not start here, or lacks one of what "
            f"`{_PROBE}` imports: run {python} to see why, or install Python {entry.minor} on this machine."
        )

    # Now, for functions and containers are told to write no bytecode: each start would compile what it imports.
    compiling = [
        str(python),
        "-I",
        "-m",
        "compileall",
        "-q",
        "-j",
        "0",
        "-x",
        "/site-packages/|/lib2to3/",
        str(library),
    ]
    subprocess.run(compiling, stdout=subprocess.DEVNULL, check=False)


def interpreter(folder: Path, entry: Brought) -> Path:
    return folder / "bin" / f"python{entry.minor}"
