"""AWS Signature Version 4, for the two calls of this function.

botocore signs as well, but loading it takes half a second of each cold start, and this takes a twentieth (docs/api.md).
"""

from __future__ import annotations

import hashlib
import hmac
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True)
class Credentials:
    access_key: str
    secret_key: str
    token: str

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> Credentials:
        """Those that Lambda gives to the function, of its role."""
        return cls(
            environment["AWS_ACCESS_KEY_ID"],
            environment["AWS_SECRET_ACCESS_KEY"],
            environment.get("AWS_SESSION_TOKEN", ""),
        )


@dataclass(frozen=True, kw_only=True)
class Request:
    """path: not yet quoted. headers: in lower case, ``host`` among them."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def target(self) -> str:
        """The path as it is sent."""
        return quote(self.path, safe="/-_.~")


def signed(request: Request, credentials: Credentials, *, service: str, region: str, now: datetime) -> dict[str, str]:
    """All headers that go with the request."""
    body_hash = hashlib.sha256(request.body).hexdigest()
    headers = {**request.headers, "x-amz-date": f"{now:%Y%m%dT%H%M%SZ}", "x-amz-content-sha256": body_hash}
    if credentials.token:
        headers["x-amz-security-token"] = credentials.token
    # S3 signs the path as it is sent; all others quote it once more.
    path = request.target if service == "s3" else quote(request.target, safe="/-_.~")
    names = ";".join(sorted(headers))
    lines = (f"{name}:{' '.join(headers[name].split())}\n" for name in sorted(headers))
    canonical = "\n".join([request.method, path, "", "".join(lines), names, body_hash])
    scope = f"{now:%Y%m%d}/{region}/{service}/aws4_request"
    to_sign = "\n".join([_ALGORITHM, headers["x-amz-date"], scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{credentials.secret_key}".encode()
    for part in scope.split("/"):
        key = _hmac(key, part)
    signature = _hmac(key, to_sign).hex()
    return {
        **headers,
        "authorization": f"{_ALGORITHM} Credential={credentials.access_key}/{scope}, "
        f"SignedHeaders={names}, Signature={signature}",
    }


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
