"""The access token of this GitHub. It is in a file that only its owner can read, never in a log or an argument.

Connections have a secret of their own, which only this process knows.
"""

from __future__ import annotations

import base64
import hmac
import os
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class Token:
    def __init__(self, path: Path, *, of_connections: str = "") -> None:
        """The token in this file (mode 0600). If the file is missing, writes a random one."""
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(f"ghp_{secrets.token_hex(18)}\n")
        self._known = [value for value in (path.read_text().strip(), of_connections) if value]

    def __repr__(self) -> str:
        return "Token(****)"

    def opens(self, authorization: str) -> bool:
        """Whether an Authorization header has a token: ``token …``, ``Bearer …``, or as password of basic auth."""
        scheme, _, credential = authorization.partition(" ")
        if scheme.lower() == "basic":
            try:
                credential = base64.b64decode(credential, validate=True).decode().partition(":")[2]
            except ValueError:  # no base64, or no text in it
                return False
        elif scheme.lower() not in {"token", "bearer"}:
            return False
        given = credential.strip().encode()
        return any(hmac.compare_digest(given, known.encode()) for known in self._known)
