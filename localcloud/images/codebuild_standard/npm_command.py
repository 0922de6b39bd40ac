"""The ``npm ci`` of a build: what a lock file names is installed once, and copied by every later build.

Run as ``npm_command.py <npm> <cache> ci npm-arguments…`` by the local cloud's own Python. A build gets a copy, and not
the folder itself, so that what it writes there reaches no other. npm does all that is not the same each time: lifecycle
scripts, sources without a checksum, settings and options that are not listed here.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

FOLDER = "node_modules"
#: Options that change what is said, or what is installed: then they are part of the name under which it is kept.
OPTIONS = frozenset(
    {
        *("--no-fund", "--fund=false", "--no-audit", "--audit=false", "--no-progress", "--prefer-offline"),
        *("--silent", "-s", "--quiet", "-q", "--loglevel=error", "--omit=dev", "--omit=optional", "--ignore-scripts"),
    }
)
SCRIPTS = frozenset({"preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare"})
#: Settings of npm that do not change what is installed: what it says, and where it fetches what has a checksum.
SETTINGS = frozenset(
    {
        *("audit", "cache", "fund", "loglevel", "prefix", "update_notifier"),
        *("ca", "cafile", "https_proxy", "noproxy", "proxy", "registry", "strict_ssl"),
    }
)


def main() -> int:
    npm, cache, *arguments = sys.argv[1:]
    return install(Path.cwd(), [npm, *arguments], Path(cache) / FOLDER)


def install(folder: Path, command: list[str], cache: Path) -> int:
    """Runs the command in the folder, or does as it would by what an earlier one has installed."""
    key = key_of(folder, command)
    if key is None:
        return subprocess.run(command, cwd=folder, check=False).returncode
    kept = cache / key
    if kept.is_dir():
        started = time.monotonic()
        shutil.rmtree(folder / FOLDER, ignore_errors=True)
        shutil.copytree(kept, folder / FOLDER, symlinks=True)
        print(f"npm ci: package-lock.json: copied, installed before ({time.monotonic() - started:.2f} s)")
        return 0
    code = subprocess.run(command, cwd=folder, check=False).returncode
    if code == 0:
        keep(folder / FOLDER, kept)
    return code


def key_of(folder: Path, command: list[str]) -> str | None:
    """The name of what the command installs here; None where that does not follow from the lock file alone."""
    _, verb, *options = command
    names = (folder / "package.json", folder / "package-lock.json")
    if verb != "ci" or not OPTIONS.issuperset(options) or not all(name.is_file() for name in names) or _is_set(folder):
        return None
    try:
        package, lock = (json.loads(name.read_bytes()) for name in names)
    except ValueError:
        return None
    if not (_is_plain(package) and _is_plain_lock(lock)):
        return None
    facts = [command[0], platform.machine(), os.environ.get("NODE_ENV", ""), *sorted(options)]
    digest = hashlib.sha256("\0".join(facts).encode())
    for name in names:
        digest.update(hashlib.sha256(name.read_bytes()).digest())
    return digest.hexdigest()[:24]


def keep(installed: Path, kept: Path) -> None:
    """Copies what was installed to where later builds look: whole, or not at all."""
    if not installed.is_dir():
        return
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent, ignore_cleanup_errors=True) as temporary:
        copy = Path(temporary) / FOLDER
        shutil.copytree(installed, copy, symlinks=True)
        try:
            copy.rename(kept)
        except OSError:
            if not kept.is_dir():  # another build may have been faster
                raise


def _is_set(folder: Path) -> bool:
    """Whether npm would read a setting that is not the image's own: of the project, the build's home or a variable."""
    homes = (folder, Path(os.environ.get("HOME", "/")))
    own = [name.lower().replace("-", "_") for name in os.environ]
    named = {name.removeprefix("npm_config_") for name in own if name.startswith("npm_config_")}
    return any((home / ".npmrc").exists() for home in homes) or not named <= SETTINGS


def _is_plain(package: Any) -> bool:
    return isinstance(package, dict) and "workspaces" not in package and not SCRIPTS & set(package.get("scripts") or {})


def _is_plain_lock(lock: Any) -> bool:
    """Whether each package comes with a checksum, and runs nothing when it is installed."""
    packages = lock.get("packages") if isinstance(lock, dict) else None
    if not isinstance(packages, dict):
        return False
    own = [package for place, package in packages.items() if place]
    return all(
        isinstance(package, dict) and package.get("integrity") and not package.get("hasInstallScript")
        for package in own
    )


if __name__ == "__main__":
    sys.exit(main())
