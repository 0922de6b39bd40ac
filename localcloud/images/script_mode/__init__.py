"""Script mode: a training job that brings its own program, in any image that says ``script_mode = true``.

The SageMaker SDK's ModelTrainer uploads the user's source folder and its own driver scripts as the channels ``code``
and ``sm_drivers``, and names a driver as the container's entry point. The local cloud runs the drivers as they are, in
bash and on the image's Python. It changes one thing: it has no mounts, so the container's root stands before every
``/opt/ml`` in the texts of these channels, in the entry point, in hyperparameters and in variables. ``algo-1`` and the
other hosts are known by name to the image's Python (``host_names.py``).
"""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from localcloud.images.linked_environments import link
from localcloud.platform.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from localcloud.images.registry import Image
    from localcloud.platform.environments import Environments

#: The channels of programs, by the SDK's names for them.
CHANNELS = ("code", "sm_drivers")
_OPT_ML = re.compile(r"(?<![\w./-])/opt/ml(?![\w.-])")
#: Files with other suffixes are data, and stay as they are.
_TEXTS = frozenset({".py", ".sh", ".json", ".toml", ".yaml", ".yml", ".cfg", ".ini", ".txt", ".env"})
#: The drivers quote no path.
_UNQUOTED = re.compile(r"[\w./@+,:=-]+")
_PIP_COMMAND = Path(__file__).with_name("pip_command.py")
#: Imported by each Python of the container when it starts.
_HOST_NAMES = Path(__file__).with_name("host_names.py")


def mapped(text: str, root: Path) -> str:
    """The text with the container's ``/opt/ml`` where this machine has it."""
    return _OPT_ML.sub(lambda _: f"{root}/opt/ml", text)


def mapped_values(values: Mapping[str, str], root: Path) -> dict[str, str]:
    return {name: mapped(value, root) for name, value in values.items()}


def unmapped(text: str, root: Path) -> str:
    """The text as it is on AWS: logs and failure reasons name the container's paths."""
    return text.replace(f"{root}/opt/ml", "/opt/ml")


def map_programs(root: Path) -> None:
    """Maps ``/opt/ml`` in the texts of the channels with programs, and in hyperparameters.

    Raises EngineError if the drivers cannot use the path of the root.
    """
    if not _UNQUOTED.fullmatch(str(root)):
        raise EngineError(
            f"The SDK's driver scripts quote no paths, and {str(root)!r} has characters that a shell takes apart. Set "
            "LOCALCLOUD_HOME to a folder whose path has none."
        )
    given = root / "opt" / "ml" / "input"
    for path in [given / "config" / "hyperparameters.json", *_texts(given / "data" / name for name in CHANNELS)]:
        content = path.read_bytes()
        try:
            text = content.decode()
        except UnicodeDecodeError:
            continue
        found = mapped(text, root)
        if found != text:
            path.write_bytes(found.encode())


def _texts(folders: Iterable[Path]) -> list[Path]:
    files = [path for folder in folders if folder.is_dir() for path in folder.rglob("*") if path.is_file()]
    return [path for path in files if path.suffix in _TEXTS]


def programs(root: Path) -> Path:
    """The folder of the container's Python and its programs, which stands first on PATH."""
    return root / "python" / "bin"


def own_python(root: Path, image: Image, environments: Environments, cache: Path) -> None:
    """Makes the container's Python: the image's packages, the names of the hosts, and room for the job's own.

    What the job installs stays in the container. Its ``pip`` takes a lock file with hashes from the environments that
    are installed once; all else it leaves to the image's own pip.
    """
    folder, minor = root / "python", image.description.python
    environments.empty(folder, minor)
    link(image.packages(environments), folder)
    if interpreter := image.interpreter(environments):
        for name in ("python", "python3", f"python{minor}"):
            _script(programs(root) / name, f'exec -a "$0" {shlex.quote(str(interpreter))} "$@"')
    packages = folder / "lib" / f"python{minor}" / "site-packages"
    shutil.copyfile(_HOST_NAMES, packages / "localcloud_host_names.py")
    (packages / "localcloud-host-names.pth").write_text("import localcloud_host_names as h; h.begin()\n")
    command = [sys.executable, "-I", str(_PIP_COMMAND), str(folder), str(cache)]
    (packages / "pip").mkdir()
    (packages / "pip" / "__init__.py").touch()
    (packages / "pip" / "__main__.py").write_text(
        f"import os, sys\n\ncommand = {command!r}\nos.execv(command[0], [*command, *sys.argv[1:]])\n"
    )
    for name in ("pip", "pip3", f"pip{minor}"):
        _script(programs(root) / name, f'exec {shlex.join(command)} "$@"')


def _script(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    path.write_text(f"#!/bin/bash\n{text}\n")
    path.chmod(0o755)
