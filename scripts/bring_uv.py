"""Puts uv, the installer, where the Makefile wants it, on a Python without pip and venv (Debian's own has neither).

    python3 scripts/bring_uv.py <file>

It takes the wheel that uv.lock names for this machine and checks it against the lock's SHA-256. The index is PyPI, or
what UV_DEFAULT_INDEX or PIP_INDEX_URL says. Standard library only.
"""

from __future__ import annotations

import hashlib
import http.client
import io
import os
import platform
import re
import sys
import tomllib
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path

LOCK = Path(__file__).parents[1] / "uv.lock"
ATTEMPTS = 3


def wheel(lock: str, system: str, machine: str, libc: str) -> tuple[str, str]:
    """The URL and the SHA-256 of uv's wheel for this platform; raises SystemExit that says what to do."""
    packages = tomllib.loads(lock)["package"]
    wheels = next(package["wheels"] for package in packages if package["name"] == "uv")
    kind = {"Linux": "manylinux" if libc == "glibc" else "musllinux", "Darwin": "macosx"}.get(system, system)
    for one in wheels:
        tags = one["url"].rpartition("-")[2].removesuffix(".whl").split(".")
        if any(tag.startswith(kind) and tag.endswith(f"_{machine}") for tag in tags):
            return one["url"], one["hash"].removeprefix("sha256:")
    raise SystemExit(f"uv.lock has no uv for {system} {machine} ({libc or 'no glibc'}); install python3-venv and pip.")


def address(url: str, index: str | None) -> str:
    """The wheel's URL in the user's own index; the lock's URL if they have none."""
    if not index:
        return url
    name = url.rpartition("/")[2]
    page = f"{index.rstrip('/')}/uv/"
    for link in re.findall(r'href="([^"#]+)', fetched(page).decode()):
        if urllib.parse.unquote(link).rpartition("/")[2] == name:
            return str(urllib.parse.urljoin(page, link))
    raise SystemExit(f"{page} has no {name}; uv.lock names that one.")


def fetched(url: str) -> bytes:
    problem: Exception | None = None
    for _ in range(ATTEMPTS):
        try:
            with urllib.request.urlopen(url, timeout=60) as answer:  # noqa: S310  (PyPI's, or the user's own index)
                content: bytes = answer.read()
                return content
        except (OSError, http.client.HTTPException) as error:
            problem = error
    raise SystemExit(f"{url}: {problem}. Check the network, or install python3-venv: pip then fetches uv.")


def program(content: bytes, checksum: str) -> bytes:
    """The program inside the wheel; raises SystemExit for a wheel that is not the one in the lock."""
    found = hashlib.sha256(content).hexdigest()
    if found != checksum:
        raise SystemExit(f"The wheel of uv that came has SHA-256 {found}; uv.lock says {checksum}.")
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return packed.read(next(name for name in packed.namelist() if name.endswith(".data/scripts/uv")))


def main(place: Path) -> None:
    url, checksum = wheel(LOCK.read_text(), platform.system(), platform.machine(), platform.libc_ver()[0])
    index = os.environ.get("UV_DEFAULT_INDEX") or os.environ.get("PIP_INDEX_URL")
    content = program(fetched(address(url, index)), checksum)
    place.parent.mkdir(parents=True, exist_ok=True)
    unfinished = place.with_name(f"{place.name}.unfinished")
    unfinished.write_bytes(content)
    unfinished.chmod(0o755)
    unfinished.rename(place)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
