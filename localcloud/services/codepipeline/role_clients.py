"""boto3 clients with a pipeline's role, or with an action's own role, which the pipeline's role assumes.

Source: "Create a pipeline that uses resources from another account" of the CodePipeline user guide. The pipeline's role
needs ``sts:AssumeRole`` on an action's role, which must trust it. An action with a role of its own uses that for its
artifacts too.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from localcloud.platform.role_session import RoleSession

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localcloud.platform.clients import Clients
    from localcloud.platform.own_http import Answer


class ActionRole:
    """Both methods raise botocore's ClientError where a role cannot be assumed."""

    def __init__(self, clients: Clients, session: RoleSession) -> None:
        self._clients = clients
        self._session = session

    def client(self, service: str) -> Any:
        return self._clients.for_credentials(service, self._session.credentials)

    def get(self, service: str, path: str, query: Mapping[str, str]) -> Answer:
        """Raises OSError or http.client.HTTPException without an answer."""
        return self._clients.signed_get(service, self._session.credentials, path, query)


class RoleClients:
    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._lock = threading.Lock()
        self._sessions: dict[tuple[str, ...], RoleSession] = {}

    def of(self, *, pipeline_arn: str, pipeline_role: str, action_role: str) -> ActionRole:
        """``action_role``: the action's role, or the pipeline's where the action has none."""
        session = self._session(pipeline_arn, pipeline_role)
        if action_role != pipeline_role:
            session = self._session(pipeline_arn, pipeline_role, action_role)
        return ActionRole(self._clients, session)

    def _session(self, pipeline_arn: str, pipeline_role: str, action_role: str = "") -> RoleSession:
        name = pipeline_arn.rpartition(":")[2]

        def by_the_service() -> dict[str, str]:
            return self._clients.assume_role(
                pipeline_role,
                session_name=name,
                service_principal="codepipeline.amazonaws.com",
                source_arn=pipeline_arn,
            )

        def by_the_pipeline() -> dict[str, str]:
            pipelines = self._session(pipeline_arn, pipeline_role)
            return self._clients.assume_role_by(pipelines.client("sts"), action_role, session_name=name)

        with self._lock:
            assume = by_the_pipeline if action_role else by_the_service
            key = (pipeline_arn, pipeline_role, action_role)
            return self._sessions.setdefault(key, RoleSession(self._clients, assume))
