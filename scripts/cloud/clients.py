"""The one place where scripts get their AWS clients."""

from __future__ import annotations

import os
from typing import Any

from scripts.cloud.decision import Decision


def decided() -> Decision:
    """The cloud that `scripts.on_cloud` decided on; raises UndecidedError if nobody has."""
    return Decision.of(os.environ)


def require_local(otherwise: str) -> None:
    """Raises SystemExit with this sentence if the decided cloud is AWS."""
    if not decided().is_local:
        raise SystemExit(otherwise)


def credentials() -> Any:
    """Those of the caller, for requests that no client signs; raises UndecidedError if nobody decided on a cloud."""
    decided()
    import boto3

    session: Any = boto3.Session()
    return session.get_credentials().get_frozen_credentials()


def client(service: str, **options: Any) -> Any:
    """boto3's client for the service on the decided cloud; raises UndecidedError if nobody decided on one."""
    decision = decided()
    import boto3

    make: Any = boto3.client
    return make(service, region_name=decision.region, endpoint_url=decision.endpoint_url or None, **options)
