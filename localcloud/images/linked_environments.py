"""Virtual environments that borrow: one of a build or a job uses packages that are installed once for a lock file."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from localcloud.platform.environments import Environments, PythonEnvironment
from localcloud.platform.errors import EngineError

if TYPE_CHECKING:
    from pathlib import Path

LINKS = "localcloud-locks.pth"
INTERPRETER = ("python", "activate", "Activate", "pip", "deactivate", "pydoc.bat")


def minor(root: Path) -> str:
    """The Python of the virtual environment at ``root``, from the name of its folder of packages."""
    return next((root / "lib").glob("python3*")).name.removeprefix("python")


def link(environment: PythonEnvironment, root: Path) -> None:
    """Lets the virtual environment at ``root`` import and run the packages of ``environment``; the last link wins."""
    links = next((root / "lib").glob("python3*/site-packages")) / LINKS
    line = f"import site; site.addsitedir({str(environment.site_packages)!r})\n"
    before = links.read_text().splitlines(keepends=True) if links.exists() else []
    links.write_text("".join([line, *(one for one in before if one != line)]))
    for program in (environment.root / "bin").iterdir():
        if not program.name.startswith(INTERPRETER):
            _link_program(program, root / "bin" / program.name)


def _link_program(program: Path, place: Path) -> None:
    """Copies a script, because it uses the interpreter beside it, which must be the build's own."""
    place.unlink(missing_ok=True)
    with program.open("rb") as file:
        is_script = file.read(2) == b"#!"
    if is_script:
        place.write_bytes(program.read_bytes())
        place.chmod(0o755)
    else:
        place.symlink_to(program)


def install_locks(files: list[Path], root: Path, cache: Path) -> int:
    missing = [str(path) for path in files if not path.is_file()]
    if missing:
        print(f"ERROR: Could not open requirements file: {', '.join(missing)}", file=sys.stderr)
        return 1
    started = time.monotonic()
    said: list[str] = []
    try:
        environment = Environments(cache, say=said.append).python(*files, minor=minor(root))
    except EngineError as error:
        print(f"ERROR: {error}", file=sys.stderr)
        return 1
    link(environment, root)
    what = "installed" if said else "linked, installed before"
    print(f"pip: {', '.join(map(str, files))}: {what} ({time.monotonic() - started:.2f} s)")
    return 0
