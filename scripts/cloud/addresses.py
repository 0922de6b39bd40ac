"""Where an address that a template computed is reached: on AWS as it stands, on the local cloud at its own."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from handover import console
from localcloud.wire.addresses import Addresses
from scripts.cloud.clients import client, decided

if TYPE_CHECKING:
    from handover.addresses import S3Address

#: How long a link to an object of the local cloud opens it.
_LINK_SECONDS = 24 * 3600


def object_page(address: S3Address) -> str:
    """Where a browser opens an object in S3: the AWS console, or on the local cloud a presigned address."""
    decision = decided()
    if not decision.is_local:
        return console.object_page(decision.region, address)
    page: str = client("s3").generate_presigned_url("get_object", Params=address.arguments, ExpiresIn=_LINK_SECONDS)
    return page


def reachable(url: str) -> str:
    """The address at which a browser of this machine reaches what AWS would have at ``url``."""
    decision = decided()
    if not decision.is_local:
        return url
    port = urlsplit(decision.endpoint_url).port
    if port is None:
        raise ValueError(f"The local cloud's address {decision.endpoint_url} has no port.")
    return Addresses(region=decision.region, port=port).local(url)
