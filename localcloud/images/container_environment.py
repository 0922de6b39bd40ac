"""The variables that a container starts with, whatever its image."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from localcloud.platform.client_environment import SEALED, past_proxies

if TYPE_CHECKING:
    from pathlib import Path

#: Host variables that a child needs to reach the network as the user does. It gets no others.
_NETWORK_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")


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
