"""Sets of rows, by their identities, in the data bucket: each distinct set once, under the SHA-256 of its own text.

Only the gate's role writes there. A set that is found under its hash is the one that was stored: ``load`` checks it.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from handover.places import row_set
from ml_init.row_identity import text_of
from ml_steps.objects import read_if_there, upload_once

if TYPE_CHECKING:
    from collections.abc import Iterable


def store(s3: Any, bucket: str, identities: Iterable[str]) -> str:
    """Store the set, unless it is there already. Returns its hash."""
    content = text_of(identities).encode()
    upload_once(s3, content, lambda digest: row_set(bucket, digest))
    return hashlib.sha256(content).hexdigest()


def load(s3: Any, bucket: str, sha256: str) -> frozenset[str] | None:
    """The set under this hash. None if it is not there, or if it was changed."""
    content = read_if_there(s3, row_set(bucket, sha256))
    if content is None or hashlib.sha256(content).hexdigest() != sha256:
        return None
    return frozenset(content.decode().split())
