"""The request that moto is given: built from what was read and verified, never the one that came.

moto looks at more than we do: it takes the region from User-Agent, an action from a form, the account from a header.
None of that reaches it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localcloud.platform.service import HttpRequest

_NO_SIGNATURE = "0" * 64
#: Of a request that nobody signed: moto finds the service by a scope that is complete.
_NOBODY, _NO_DATE = "NOBODY", "19700101"


@dataclass(frozen=True, kw_only=True, slots=True)
class Signer:
    """Who signed a request, and its credential scope."""

    access_key_id: str
    date: str
    region: str
    service: str

    def __str__(self) -> str:
        """The header Authorization from which moto reads key, region and service. It checks no signature."""
        scope = f"{self.access_key_id or _NOBODY}/{self.date or _NO_DATE}/{self.region}/{self.service}/aws4_request"
        return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature={_NO_SIGNATURE}"


def for_moto(request: HttpRequest, signer: Signer) -> HttpRequest:
    """``request``: as :func:`localcloud.wire.api_requests.read` wrote it anew."""
    return replace(request, headers={**request.headers, "authorization": str(signer)})
