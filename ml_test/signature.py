"""Signs the report: a manifest of its files' SHA-256 sums, and KMS's signature of the manifest beside it.

The report itself holds nothing of it, so that equal inputs give equal bytes: each ECDSA signature is another one.
``scripts/verify_report.py`` checks both.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

from ml_init.step import to_json

if TYPE_CHECKING:
    from collections.abc import Mapping

MANIFEST, SIGNATURE = "manifest.json", "manifest.json.sig"
ALGORITHM = "ECDSA_SHA_256"


def sha256(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


def manifest(files: Mapping[str, str], origin: Mapping[str, str]) -> str:
    """As JSON: each file's sum, and ``origin``, so that no other release's report can take this one's place."""
    return to_json({**origin, "sha256": {name: sha256(content) for name, content in files.items()}})


def sign(kms: Any, key_arn: str, text: str) -> str:
    """The signature in base64. KMS signs up to 4,096 bytes as they are; a manifest has some hundred."""
    answer = kms.sign(KeyId=key_arn, Message=text.encode(), MessageType="RAW", SigningAlgorithm=ALGORITHM)
    return base64.b64encode(answer["Signature"]).decode() + "\n"
