"""boto3 clients with the credentials of a pipeline's or an action's role; a role is assumed once in a while."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from localcloud.clients import Clients

#: Less than the hour that STS gives, by more than the longest call takes.
_REUSED_SECONDS = 1800


class RoleClients:
    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._lock = threading.Lock()
        self._assumed: dict[tuple[str, str], tuple[dict[str, str], float]] = {}

    def client(self, service: str, role_arn: str, session_name: str, *, source_arn: str) -> Any:
        """``source_arn`` is the pipeline's. Raises botocore's ClientError where the role cannot be assumed."""
        with self._lock:
            credentials, since = self._assumed.get((role_arn, session_name), ({}, 0.0))
        if not credentials or time.monotonic() - since > _REUSED_SECONDS:
            credentials = self._clients.assume_role(
                role_arn,
                session_name=session_name,
                service_principal="codepipeline.amazonaws.com",
                source_arn=source_arn,
            )
            with self._lock:
                self._assumed[role_arn, session_name] = (credentials, time.monotonic())
        return self._clients.for_credentials(service, credentials)
