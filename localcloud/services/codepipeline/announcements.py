"""The events that CodePipeline sends: state changes of executions, stages and actions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud
    from localcloud.platform.store import Document

_SOURCE = "aws.codepipeline"


def announce(cloud: Cloud) -> None:
    """From now on, announces every change of state in the store."""

    def execution_changed(_: str, before: Document | None, after: Document | None) -> None:
        if after is None:
            return
        if before is None or before["status"] != after["status"]:
            state = _state(before["status"] if before else None, after["status"])
            attempt = 1 + sum(stage.get("manualRetries", 0) for stage in after["stages"].values())
            trigger = after.get("trigger", {})
            detail = {
                "execution-trigger": {
                    "trigger-type": trigger.get("triggerType", ""),
                    "trigger-detail": trigger.get("triggerDetail", ""),
                },
                "state": state,
                "pipeline-execution-attempt": float(attempt),
            }
            _tell(cloud, "Pipeline", after, detail)
        for name, stage in after["stages"].items():
            was = before["stages"].get(name, {}).get("status") if before else None
            if was != stage["status"]:
                _tell(cloud, "Stage", after, {"stage": name, "state": _state(was, stage["status"])})

    def action_changed(_: str, before: Document | None, after: Document | None) -> None:
        if after is None or (before is not None and before["status"] == after["status"]):
            return
        type_id = after["input"]["actionTypeId"]
        detail = {
            "stage": after["stageName"],
            "action": after["actionName"],
            "action-execution-id": after["actionExecutionId"],
            "state": _state(before["status"] if before else None, after["status"]),
            "region": after["input"]["region"],
            "type": {name: type_id[name] for name in ("owner", "provider", "category", "version")},
        }
        error = after.get("errorDetails")
        if error:
            detail["execution-result"] = {"external-execution-summary": error["message"], "error-code": error["code"]}
        _tell(cloud, "Action", after, detail)

    cloud.store.table("codepipeline.executions").watch(execution_changed)
    cloud.store.table("codepipeline.actions").watch(action_changed)


def _state(before: str | None, now: str) -> str:
    """The word in AWS's events for a status of the API."""
    if now == "InProgress":
        return "STARTED" if before is None else "RESUMED"
    return now.upper()


def _tell(cloud: Cloud, what: str, document: Document, detail: dict[str, Any]) -> None:
    name = document["pipelineName"]
    common = {
        "pipeline": name,
        "execution-id": document["pipelineExecutionId"],
        "version": float(document["pipelineVersion"]),
    }
    cloud.events.emit(
        _SOURCE,
        f"CodePipeline {what} Execution State Change",
        common | detail,
        resources=[cloud.arn("codepipeline", name)],
    )
