"""Where an address that a template computed is reached: on AWS as it stands, on the local cloud at its own."""

from __future__ import annotations

from urllib.parse import urlsplit

from localcloud.wire.addresses import Addresses
from scripts.cloud.clients import decided


def reachable(url: str) -> str:
    """The address at which a browser of this machine reaches what AWS would have at ``url``."""
    decision = decided()
    if not decision.is_local:
        return url
    port = urlsplit(decision.endpoint_url).port
    if port is None:
        raise ValueError(f"The local cloud's address {decision.endpoint_url} has no port.")
    return Addresses(region=decision.region, port=port).local(url)
