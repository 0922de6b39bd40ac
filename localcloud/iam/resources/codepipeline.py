"""Pipelines, their stages and actions are parts of one ARN; webhooks have their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.iam.asks import Ask, Place, by_reference, on
from localcloud.iam.resources.codeconnections import passed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from localcloud.wire.api_requests import ApiRequest

_ON_ACTION = frozenset({"PutApprovalResult", "PutActionRevision"})
_ON_STAGE = frozenset({"RetryStageExecution", "DisableStageTransition", "EnableStageTransition", "RollbackStage"})
_ON_WEBHOOK = frozenset({"DeleteWebhook", "RegisterWebhookWithThirdParty", "DeregisterWebhookWithThirdParty"})


def asks(request: ApiRequest, place: Place) -> list[Ask]:
    action, params = f"codepipeline:{request.operation}", request.params
    if request.operation in _ON_WEBHOOK:
        name = params.get("name", params.get("webhookName", "*"))
        return on(action, place.arn("codepipeline", f"webhook:{name}"))
    if request.operation == "PutWebhook":
        webhook = params["webhook"]
        named = (f"webhook:{webhook['name']}", str(webhook["targetPipeline"]))
        return on(action, *(place.arn("codepipeline", name) for name in named))
    declared = params.get("pipeline")
    name = declared.get("name") if isinstance(declared, dict) else params.get("pipelineName", params.get("name"))
    if not isinstance(name, str):
        return by_reference(request, place)
    parts = [name]
    if request.operation in _ON_STAGE | _ON_ACTION and params.get("stageName"):
        parts.append(params["stageName"])
    if request.operation in _ON_ACTION and params.get("actionName"):
        parts.append(params["actionName"])
    return [*on(action, place.arn("codepipeline", "/".join(parts))), *_passed_connections(declared)]


def _passed_connections(declared: Any) -> Iterable[Ask]:
    """Whoever gives a pipeline a connection needs the permission to pass it on."""
    stages = declared.get("stages", []) if isinstance(declared, dict) else []
    for action in (action for stage in stages for action in stage.get("actions", [])):
        arn = action.get("configuration", {}).get("ConnectionArn")
        if arn:
            yield passed(arn, "codepipeline.amazonaws.com")
