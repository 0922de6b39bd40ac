"""The variables that a container starts with, whatever its image."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from localcloud.platform.client_environment import SEALED, past_proxies

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Host variables that a child needs to reach the network as the user does. It gets no others.
_NETWORK_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")

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


def base_environment(root: Path) -> dict[str, str]:
    """The variables that any container has: a path, and a home and a temporary folder inside its own root."""
    temporary = root / "tmp"
    temporary.mkdir(exist_ok=True)
    return {
        **{name: os.environ[name] for name in _NETWORK_VARIABLES if name in os.environ},
        **past_proxies(os.environ),
        # A container without a role must not find credentials of this machine.
        **SEALED,
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": str(root),
        "TMPDIR": str(temporary),
        "LOCALCLOUD_CONTAINER_ROOT": str(root),
    }


def for_downloads(environment: Mapping[str, str]) -> dict[str, str]:
    """What an installer in a container needs of this machine: proxies, certificates, package indexes, uv's cache."""
    found = {
        name: value
        for name, value in environment.items()
        if name.upper().startswith(_FOR_DOWNLOADS) or name.upper() in _FOR_DOWNLOADS_EXACTLY
    }
    return found | past_proxies(environment) | {"UV_CACHE_DIR": str(_uv_cache(environment))}


def _uv_cache(environment: Mapping[str, str]) -> Path:
    """The cache of uv itself, so that containers share downloads."""
    own = environment.get("UV_CACHE_DIR")
    return Path(own) if own else Path(environment.get("XDG_CACHE_HOME", "~/.cache")).expanduser() / "uv"
