"""The ``pip`` of a training job. It links a lock file with hashes from its environment; the image's pip does the rest.

Run as ``pip_command.py <virtual environment> <cache> pip-arguments…`` by the local cloud's own Python.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from localcloud.images.linked_environments import install_locks

_NAME = re.compile(r"[A-Za-z0-9]")
#: Starts the image's own pip, which the shim of this job stands before.
_PIP = """
import runpy, sys, sysconfig

packages = sysconfig.get_path("purelib")
sys.path.remove(packages)
sys.path.append(packages)
sys.argv[0] = "pip"
runpy.run_module("pip", run_name="__main__", alter_sys=True)
"""


def lock(arguments: list[str]) -> Path | None:
    """The file of ``install -r FILE``, if it gives a hash for each requirement; None for any other call."""
    if len(arguments) != 3 or arguments[:2] not in (["install", "-r"], ["install", "--requirement"]):
        return None
    path = Path(arguments[2])
    return path if path.is_file() and is_lock(path.read_text(errors="replace")) else None


def is_lock(text: str) -> bool:
    """Whether each requirement names one version and its hashes, as ``uv pip compile --generate-hashes`` writes it."""
    lines = [line.split(" #")[0].strip() for line in text.replace("\\\n", " ").splitlines()]
    wanted = [line for line in lines if line and not line.startswith("#")]
    return bool(wanted) and all(_NAME.match(line) and "==" in line and "--hash=" in line for line in wanted)


def main() -> int:
    root, cache, *arguments = sys.argv[1:]
    found = lock(arguments)
    if found is not None:
        return install_locks([found], Path(root), Path(cache))
    python = str(Path(root) / "bin" / "python")
    return os.execv(python, [python, "-c", _PIP, *arguments])  # noqa: S606  (the program is the job's own Python)


if __name__ == "__main__":
    sys.exit(main())
