"""Runs actions, each on a thread of its own, and records how they end."""

from __future__ import annotations

import dataclasses
import logging
import threading
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from localcloud.services.codepipeline.action_errors import ActionFailedError, ActionStoppedError, ActionTimedOutError
from localcloud.services.codepipeline.action_types import action_type, masked, type_key
from localcloud.services.codepipeline.actions import (
    approval,
    cloudformation,
    codebuild,
    connection_source,
    github_source,
    s3_source,
)
from localcloud.services.codepipeline.actions.context import ActionContext, Approval, Interruption
from localcloud.services.codepipeline.actions.outcome import Outcome
from localcloud.services.codepipeline.artifacts import ArtifactStore, Location
from localcloud.services.codepipeline.records import action_key, now
from localcloud.services.codepipeline.role_clients import ActionRole, RoleClients
from localcloud.services.codepipeline.variables import UnresolvedVariableError, resolve_all

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.platform.cloud import Cloud
    from localcloud.platform.store import Document
    from localcloud.services.codepipeline.records import Records

log = logging.getLogger("localcloud.codepipeline")

_WORK: dict[str, Callable[[ActionContext], Outcome]] = {
    "GitHub": github_source.run,
    "CodeStarSourceConnection": connection_source.run,
    "S3": s3_source.run,
    "CodeBuild": codebuild.run,
    "CloudFormation": cloudformation.run,
    "Manual": approval.run,
}

#: Field of an action execution's document that answers leave out: a person's answer to an approval.
ANSWERED = "answered"

_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})


@dataclass(frozen=True, kw_only=True, slots=True)
class End:
    """The end of an action execution: Succeeded with an outcome, or Failed with AWS's code and a message."""

    status: str
    outcome: Outcome
    error: dict[str, str] | None = None


class ActionRuns:
    def __init__(self, cloud: Cloud, records: Records, on_end: Callable[[Document, End], None]) -> None:
        """``on_end`` is called at each action's end, on the action's thread."""
        self._cloud = cloud
        self._records = records
        self._on_end = on_end
        self._roles = RoleClients(cloud.clients)
        self._running: dict[str, tuple[Interruption, threading.Thread]] = {}
        self._lock = threading.Lock()
        cloud.events.listen("aws.codebuild", lambda _: self._look_again())

    def start(self, pipeline: Document, execution: Document, stage: str, action: Document) -> Document:
        """Records the action execution as InProgress and starts its work; returns the record."""
        document = _document(execution, stage, action, pipeline["roleArn"], self._cloud.settings.region)
        self._records.actions.put(action_key(document), document)
        self.resume(pipeline, execution, document, action)
        return document

    def resume(self, pipeline: Document, execution: Document, document: Document, action: Document) -> None:
        """Starts the work of an action execution that is recorded as InProgress."""
        passed = (now() - document["startTime"]).total_seconds()
        interruption = Interruption(_timeout_seconds(action, self._cloud.settings.time_scale) - passed)
        if ANSWERED in document:
            interruption.answer(Approval(**document[ANSWERED]))
        thread = threading.Thread(
            target=self._run,
            args=(pipeline, execution, document, action, interruption),
            daemon=True,
            name=f"action-{action['name']}",
        )
        with self._lock:
            self._running[document["actionExecutionId"]] = (interruption, thread)
        thread.start()

    def role_of(self, pipeline: Document, action: Document) -> ActionRole:
        """The role by which an action works: its own, or else the pipeline's."""
        return self._roles.of(
            pipeline_arn=self._cloud.arn("codepipeline", pipeline["name"]),
            pipeline_role=pipeline["roleArn"],
            action_role=str(action.get("roleArn") or pipeline["roleArn"]),
        )

    def stop(self, action_execution_id: str) -> None:
        """Asks the work to end; returns at once."""
        with self._lock:
            found = self._running.get(action_execution_id)
        if found:
            found[0].stop()

    def answer(self, action: Document, answered: Approval) -> bool:
        """Records an approval and passes it to the action; False where the action no longer waits."""
        with self._lock:
            found = self._running.get(action["actionExecutionId"])
            if found is None or found[0].approval is not None:
                return False
            self._report(action, **{ANSWERED: dataclasses.asdict(answered)})
            found[0].answer(answered)
            return True

    def stop_all(self, within_seconds: float) -> None:
        """Asks all work to end and waits this long for it."""
        with self._lock:
            running = list(self._running.values())
        for interruption, _ in running:
            interruption.stop()
        deadline = time.monotonic() + within_seconds
        for _, thread in running:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _look_again(self) -> None:
        """Lets all work see what it waits for."""
        with self._lock:
            running = list(self._running.values())
        for interruption, _ in running:
            interruption.look_again()

    def _run(
        self, pipeline: Document, execution: Document, document: Document, action: Document, interruption: Interruption
    ) -> None:
        try:
            context = self._context(pipeline, execution, document, action, interruption)
            end = End(status="Succeeded", outcome=_WORK[type_key(action)[2]](context))
        except ActionStoppedError:
            end = End(status="Abandoned", outcome=Outcome())
        except Exception as error:  # noqa: BLE001  (whatever went wrong is how this action ended)
            end = End(status="Failed", outcome=Outcome(), error=_described(error, action))
        with self._lock:
            self._running.pop(document["actionExecutionId"], None)
        self._on_end(document, end)

    def _context(
        self, pipeline: Document, execution: Document, document: Document, action: Document, interruption: Interruption
    ) -> ActionContext:
        configuration = resolve_all(action.get("configuration", {}), execution["outputVariables"])
        self._report(document, input=document["input"] | {"resolvedConfiguration": masked(action, configuration)})
        store = pipeline["artifactStore"]
        settings = self._cloud.settings
        role = self.role_of(pipeline, action)
        return ActionContext(
            pipeline=execution["pipelineName"],
            stage=document["stageName"],
            action=action["name"],
            execution_id=execution["pipelineExecutionId"],
            action_execution_id=document["actionExecutionId"],
            region=settings.region,
            endpoint_url=settings.endpoint_url,
            configuration=configuration,
            inputs={
                artifact["name"]: Location(**execution["artifacts"][artifact["name"]])
                for artifact in action.get("inputArtifacts", [])
            },
            outputs=tuple(artifact["name"] for artifact in action.get("outputArtifacts", [])),
            store=ArtifactStore(
                pipeline=pipeline["name"], bucket=store["location"], kms_key=store.get("encryptionKey", {}).get("id")
            ),
            revision_override=execution["overrides"].get(action["name"]),
            place_override=execution.get("places", {}).get(action["name"]),
            revisions={found["name"]: found["revisionId"] for found in execution["artifactRevisions"]},
            timeout_seconds=_timeout_seconds(action, settings.time_scale),
            client=role.client,
            get=role.get,
            report=lambda **changes: self._report(document, **changes),
            interruption=interruption,
            token=document.get("token"),
        )

    def _report(self, document: Document, **changes: Any) -> None:
        def change(found: Document) -> None:
            if found["status"] == "InProgress":
                found.update(changes, lastUpdateTime=now())

        key = action_key(document)
        if key in self._records.actions:  # the pipeline may have been deleted meanwhile
            self._records.actions.update(key, change)


def _document(execution: Document, stage: str, action: Document, pipeline_role: str, region: str) -> Document:
    started = now()
    artifacts = execution["artifacts"]
    return {
        "pipelineName": execution["pipelineName"],
        "pipelineExecutionId": execution["pipelineExecutionId"],
        "actionExecutionId": str(uuid.uuid4()),
        "pipelineVersion": execution["pipelineVersion"],
        "stageName": stage,
        "actionName": action["name"],
        "startTime": started,
        "lastUpdateTime": started,
        "lastStatusChange": started,
        "status": "InProgress",
        "input": {
            "actionTypeId": action["actionTypeId"],
            "configuration": masked(action, action.get("configuration", {})),
            "resolvedConfiguration": {},
            "roleArn": action.get("roleArn", pipeline_role),
            "region": region,
            "inputArtifacts": [
                {"name": artifact["name"], "s3location": artifacts[artifact["name"]]}
                for artifact in action.get("inputArtifacts", [])
            ],
            **({"namespace": action["namespace"]} if "namespace" in action else {}),
        },
    }


def _timeout_seconds(action: Document, time_scale: float) -> float:
    """An action's time-out. A wait for a person's answer is on the time scale; work takes its real time."""
    minutes = action.get("timeoutInMinutes", action_type(action).default_timeout_minutes)
    scale = time_scale if action["actionTypeId"]["category"] == "Approval" else 1.0
    return float(minutes * 60 / scale)


def _described(error: Exception, action: Document) -> dict[str, str]:
    """AWS's error details. They have no secrets, because no action puts one into a message."""
    if isinstance(error, ActionFailedError):
        return {"code": error.code, "message": error.message[:5000]}
    if isinstance(error, ActionTimedOutError):
        minutes = action.get("timeoutInMinutes", action_type(action).default_timeout_minutes)
        return {"code": "JobFailed", "message": f"The action did not complete within its {minutes} minutes."}
    if isinstance(error, UnresolvedVariableError):
        return {"code": "ConfigurationError", "message": str(error)}
    if isinstance(error, ClientError):
        denied = error.response.get("Error", {}).get("Code") in _DENIED
        return {"code": "PermissionError" if denied else "ConfigurationError", "message": str(error)[:5000]}
    if isinstance(error, BotoCoreError):
        return {"code": "SystemUnavailable", "message": str(error)[:5000]}
    log.error("action %s", action["name"], exc_info=error)
    return {"code": "SystemUnavailable", "message": f"{type(error).__name__}: {error}"[:5000]}
