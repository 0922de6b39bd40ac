"""AWS's addresses in a page's configuration become those at which a browser reaches the local cloud.

A page is told in a small JSON object where its API and its sign-in are, and templates know AWS's addresses alone.
Scripts, style sheets and pages go out as they are: what is written there is the page's own text.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localcloud.services.cloudfront.cache import Fetched
    from localcloud.wire.addresses import Addresses

#: What is larger is data that a page shows, and no configuration.
LARGEST_BYTES = 64 * 1024


def reachable(fetched: Fetched, addresses: Addresses) -> Fetched:
    """With local addresses, and an ETag of what goes out, where the object is a configuration that has any of AWS's."""
    kind = fetched.headers.get("content-type", "").partition(";")[0].strip().lower()
    packed = "content-encoding" in fetched.headers
    if fetched.status != 200 or kind != "application/json" or packed or len(fetched.body) > LARGEST_BYTES:
        return fetched
    try:
        text = fetched.body.decode()
    except UnicodeDecodeError:
        return fetched
    turned = addresses.local(text)
    if turned == text:
        return fetched
    body = turned.encode()
    etag = f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
    return replace(fetched, headers=fetched.headers | {"etag": etag}, body=body)
