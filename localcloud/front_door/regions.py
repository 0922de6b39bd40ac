"""Which region a call is for. The services that are ours are in one; a call for another would find the wrong things."""

from __future__ import annotations

from localcloud.platform.errors import UnsupportedError

#: Services without a region: their calls are signed for this one, wherever the caller is.
_GLOBAL = {"cloudfront": "us-east-1"}


def require(service: str, region: str, *, here: str) -> None:
    """Raises UnsupportedError for a call that is signed for another region than the local cloud's."""
    if region not in (here, _GLOBAL.get(service)):
        raise UnsupportedError(f"{service} in the region {region} (the local cloud is in {here})")
