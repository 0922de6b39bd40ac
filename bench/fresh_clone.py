"""How long from a fresh clone to PROD, with all downloads: an empty HOME, empty caches, its own port.

Prints the wall time of `git clone` and `make demo`; ends the local cloud and removes everything afterwards.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench import PROJECT

#: Variables that are needed to reach the package registries are kept.
KEPT = (
    "SSL_",
    "PIP_",
    "UV_INDEX",
    "UV_DEFAULT_INDEX",
    "NPM_CONFIG_",
    "npm_config_",
    "MAVEN_",
    "REQUESTS_",
    "CURL_",
    "NODE_EXTRA",
)


def main() -> None:
    place = Path(tempfile.mkdtemp(prefix="fresh-clone-"))
    try:
        print(f"{os.cpu_count()} cores; a fresh clone, an empty HOME, empty caches")
        started = time.monotonic()
        subprocess.run(["git", "clone", "--quiet", str(PROJECT), str(place / "project")], check=True)
        environment = _environment(place)
        done = subprocess.run(
            ["make", "demo"], cwd=place / "project", env=environment, capture_output=True, text=True, check=False
        )
        seconds = time.monotonic() - started
        if done.returncode:
            raise SystemExit(f"make demo failed:\n{done.stdout}\n{done.stderr}")
        print(done.stdout[done.stdout.index("\nPROD answers") :])
        print(f"fresh clone → PROD: {seconds:.1f} s")
    finally:
        subprocess.run(
            ["make", "down"], cwd=place / "project", env=_environment(place), check=False, capture_output=True
        )
        shutil.rmtree(place, ignore_errors=True)


def _environment(place: Path) -> dict[str, str]:
    (place / "home").mkdir(exist_ok=True)
    kept = {
        name: value for name, value in os.environ.items() if name.startswith(KEPT) or name.lower().endswith("_proxy")
    }
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    python = Path(sys.executable).resolve().parent
    return kept | {"HOME": str(place / "home"), "PATH": f"{python}:/usr/bin:/bin", "LOCALCLOUD_PORT": str(port)}


if __name__ == "__main__":
    main()
