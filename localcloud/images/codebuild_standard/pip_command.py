"""The ``pip`` of a build. Installs by lock file use the environment that is made once for that lock; uv does the rest.

Run as ``pip_command.py <virtual environment> <cache> <uv> pip-arguments…`` by the local cloud's own Python.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from localcloud.images.linked_environments import install_locks

#: Options of pip that uv lacks and that make no difference here.
WITHOUT_EFFECT = {
    "--disable-pip-version-check",
    "--no-input",
    "--no-cache-dir",
    "--require-hashes",
    "--user",
    "--no-warn-script-location",
    "--root-user-action=ignore",
    "--progress-bar=off",
    "--no-color",
}
QUIET = {"-q", "-qq", "-qqq", "--quiet"}
BY_UV = {"install", "uninstall", "list", "show", "freeze", "check", "tree"}


def locks(arguments: list[str]) -> list[Path] | None:
    """The lock files of ``install -r X.lock [-r Y.lock]``; None for any other call."""
    if not arguments or arguments[0] != "install":
        return None
    found: list[Path] = []
    rest = iter(arguments[1:])
    for argument in rest:
        if argument in {"-r", "--requirement"}:
            found.append(Path(next(rest, "")))
        elif argument.startswith("--requirement="):
            found.append(Path(argument.partition("=")[2]))
        elif argument.startswith("-r") and len(argument) > 2:
            found.append(Path(argument[2:]))
        elif argument not in WITHOUT_EFFECT | QUIET:
            return None
    return found if found and all(path.suffix == ".lock" for path in found) else None


def run_uv(arguments: list[str], root: Path, uv: str) -> int:
    verb = arguments[0]
    passed = [argument for argument in arguments[1:] if argument not in WITHOUT_EFFECT]
    command = [uv, "pip", verb, "--python", str(root / "bin" / "python"), *passed]
    started = time.monotonic()
    code = subprocess.run(command, check=False).returncode
    if verb in {"install", "uninstall"} and not QUIET & set(arguments):
        print(f"pip: uv pip {verb} ({time.monotonic() - started:.2f} s)")
    return code


def main() -> int:
    root, cache, uv, *arguments = sys.argv[1:]
    if arguments in ([], ["--version"], ["-V"]):
        print(f"pip of the local cloud, on {os.path.basename(uv)}, for {root}")  # noqa: PTH119  (a program's name)
        return 0
    if arguments[0] not in BY_UV:
        print(
            f"ERROR: `pip {arguments[0]}` is not supported by the local cloud; supported: {', '.join(sorted(BY_UV))}",
            file=sys.stderr,
        )
        return 1
    wanted = locks(arguments)
    if wanted is not None:
        return install_locks(wanted, Path(root), Path(cache))
    return run_uv(arguments, Path(root), uv)


if __name__ == "__main__":
    sys.exit(main())
