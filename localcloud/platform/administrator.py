"""The account's administrator. `make env` gives its key to the user; engines use it for what AWS does by itself."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

ACCESS_KEY_ID = "LOCALCLOUDADMIN"
SECRET_FILE = "administrator.secret"  # noqa: S105  (a file's name)


def credentials(home: Path) -> dict[str, str]:
    """boto3's keyword arguments, with this home's secret. The first call makes the secret; `reset` removes it."""
    path = home / SECRET_FILE
    try:
        secret = path.read_text().strip()
    except FileNotFoundError:
        secret = _make(path)
    return {"aws_access_key_id": ACCESS_KEY_ID, "aws_secret_access_key": secret}


def _make(path: Path) -> str:
    secret = secrets.token_urlsafe(30)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:  # another process was faster
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        file.write(secret + "\n")
    return secret
