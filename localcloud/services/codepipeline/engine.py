"""Carries out what :mod:`schedule` decides, under one lock. Only actions at work have threads.

Every change of a pipeline's executions (a start, an action's end, an approval, a transition) calls :meth:`advance`.
"""

from __future__ import annotations

import threading
import uuid
from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import AwsError
from localcloud.services.codepipeline import condition_records, conditions, schedule
from localcloud.services.codepipeline.action_runs import ActionRuns, End
from localcloud.services.codepipeline.actions.outcome import Outcome
from localcloud.services.codepipeline.records import FINISHED, Records, action_key, now
from localcloud.services.codepipeline.variables import EXECUTION_NAMESPACE, PIPELINE_NAMESPACE
from localcloud.services.codepipeline.views import pipeline_view

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud
    from localcloud.platform.store import Document
    from localcloud.services.codepipeline.schedule import Decision

_MOST_EXECUTIONS = 50
_NOTHING = Outcome()
#: The categories of actions that start again after a restart cut them off.
_REPEATABLE = frozenset({"Source", "Approval"})
_CUT_OFF = {"code": "SystemUnavailable", "message": "The local cloud ended while this action was under way."}


class Engine:
    def __init__(self, cloud: Cloud) -> None:
        self.records = Records(cloud.store)
        self._region = cloud.settings.region
        self.runs = ActionRuns(cloud, self.records, self._action_ended)
        self.lock = threading.RLock()
        self._closed = False
        self._active: dict[str, list[str]] = {}
        """An index over the records: pipeline → ids of its executions under way, oldest first."""

    def start_execution(
        self,
        name: str,
        *,
        trigger: dict[str, str],
        variables: dict[str, str] | None = None,
        overrides: dict[str, str] | None = None,
        places: dict[str, str] | None = None,
        token: str | None = None,
    ) -> str:
        """Starts an execution of the pipeline's present version; returns its id.

        ``overrides``: action → commit or version. ``places``: action → branch or object key, instead of its own.
        """
        with self.lock:
            pipeline = self.records.declaration(name)
            if token is not None:
                for known in self.records.executions_of(name):
                    if known.get("clientRequestToken") == token:
                        return str(known["pipelineExecutionId"])
            if len(self._under_way(name)) >= _MOST_EXECUTIONS:
                raise AwsError(
                    "ConcurrentPipelineExecutionsLimitExceededException",
                    f"Pipeline '{name}' has {_MOST_EXECUTIONS} executions under way; wait for some to end.",
                )
            execution = _new_execution(pipeline, trigger, variables or {}, overrides or {})
            execution["places"] = places or {}
            if token is not None:
                execution["clientRequestToken"] = token
            self.records.executions.put(f"{name}/{execution['pipelineExecutionId']}", execution)
            self._active.setdefault(name, []).append(execution["pipelineExecutionId"])
            self.advance(name)
            return str(execution["pipelineExecutionId"])

    def advance(self, name: str) -> None:
        """Does all that can be done now."""
        with self.lock:
            if self._closed or name not in self.records.pipelines:
                return
            while True:
                decision = schedule.decide(self._view(name))
                if decision is None:
                    return
                self._carry_out(name, decision)

    def stop_execution(self, name: str, execution_id: str, *, abandon: bool, reason: str) -> None:
        """Stops an execution after its actions under way, or at once by abandoning them."""
        with self.lock:

            def change(execution: Document) -> None:
                execution["status"] = "Stopping"
                execution["stopTrigger"] = {"reason": reason}
                for stage in execution["stages"].values():
                    if stage["status"] == "InProgress":
                        stage["status"] = "Stopping"

            self.records.change_execution(name, execution_id, change)
            if abandon:
                self._abandon(name, execution_id)
            self.advance(name)

    def retry_stage(self, name: str, execution_id: str, stage: str, *, all_actions: bool) -> None:
        """Puts a failed execution back into its stage, and removes the actions that will run again."""
        with self.lock:

            def change(execution: Document) -> None:
                run = execution["stages"][stage]
                _forget(run, all_actions=all_actions)
                run["manualRetries"] = run.get("manualRetries", 0) + 1
                execution["status"], execution["inside"] = "InProgress", True
                execution.pop("statusSummary", None)

            self.records.change_execution(name, execution_id, change)
            self._active[name] = [execution_id, *self._active.get(name, [])]
            self.advance(name)

    def delete_pipeline(self, name: str) -> None:
        with self.lock:
            for execution in self._under_way(name):
                self._abandon(name, execution["pipelineExecutionId"])
            self._active.pop(name, None)
            self.records.delete_pipeline(name)

    def close(self, within_seconds: float) -> None:
        """Ends the work of all actions. :meth:`take_up` reports them at the next start."""
        with self.lock:
            self._closed = True
        self.runs.stop_all(within_seconds)

    def take_up(self) -> None:
        """Takes up what an earlier run of the local cloud left.

        Actions that may run twice, a source or a wait for a person's answer, start again. The other ones have failed,
        together with the work that they were watching.
        """
        with self.lock:
            for name in self.records.pipeline_names():
                left = [found for found in self.records.executions_of(name) if found["status"] not in FINISHED]
                self._active[name] = [execution["pipelineExecutionId"] for execution in left]
                for execution in left:
                    for action in self.records.action_executions_of(name, execution["pipelineExecutionId"]):
                        if action["status"] == "InProgress":
                            self._go_on_with(execution, action)
                self.advance(name)

    def _go_on_with(self, execution: Document, action: Document) -> None:
        """Takes up an action that was under way. The execution's record of it was written first, and counts."""
        entry = execution["stages"].get(action["stageName"], {}).get("actions", {}).get(action["actionName"])
        if entry is None or entry["id"] != action["actionExecutionId"]:
            self.records.actions.update(action_key(action), lambda found: found.update(status="Abandoned"))
        elif entry["status"] != "InProgress":
            self.records.actions.update(action_key(action), lambda found: found.update(status=entry["status"]))
        elif execution["status"] == "Stopping":
            self._close_action(action, End(status="Abandoned", outcome=_NOTHING))
        elif action["input"]["actionTypeId"]["category"] in _REPEATABLE:
            pipeline = self.records.declaration(action["pipelineName"], execution["pipelineVersion"])
            stage = _named(pipeline["stages"], action["stageName"])
            self.runs.resume(pipeline, execution, action, _named(stage["actions"], action["actionName"]))
        else:
            self._close_action(action, End(status="Failed", outcome=_NOTHING, error=_CUT_OFF))

    def waiting(self, name: str) -> dict[str, list[str]]:
        """Stage → ids of the executions waiting at its entry, oldest first."""
        found: dict[str, list[str]] = {}
        for execution in self._view(name).executions:
            if not execution.inside:
                found.setdefault(execution.stage, []).append(execution.execution_id)
        return found

    def _under_way(self, name: str) -> list[Document]:
        return [self.records.execution(name, execution_id) for execution_id in self._active.get(name, [])]

    def _view(self, name: str) -> schedule.PipelineView:
        executions = [
            (execution, self.records.declaration(name, execution["pipelineVersion"]))
            for execution in self._under_way(name)
        ]
        return pipeline_view(self.records.declaration(name), self.records.states.get(name) or {}, executions)

    def _carry_out(self, name: str, decision: Decision) -> None:
        execution = self.records.execution(name, decision.execution_id)
        pipeline = self.records.declaration(name, execution["pipelineVersion"])
        match decision:
            case schedule.Supersede(execution_id=execution_id, by=by):
                self._finish(name, execution_id, "Superseded", f"Superseded by execution {by}")
            case schedule.Enter(stage=stage):
                self._enter(pipeline, execution, stage)
            case schedule.Start(stage=stage, actions=actions):
                for action in actions:
                    self._start_action(pipeline, decision.execution_id, stage, action)
            case schedule.Leave(stage=stage, last=last):
                self._leave(name, execution, stage, last=last)
            case schedule.Retry(stage=stage):
                self._retry(name, execution, _named(pipeline["stages"], stage))
            case schedule.Fail(stage=stage, actions=actions):
                self._fail(name, execution, stage, actions)
            case schedule.Stop(execution_id=execution_id):
                self._finish(name, execution_id, "Stopped", execution["stopTrigger"]["reason"])

    def _enter(self, pipeline: Document, execution: Document, stage: str) -> None:
        """Enters the stage. Where its entry condition does not hold, skips the stage or fails."""
        name, execution_id = pipeline["name"], execution["pipelineExecutionId"]

        def change(document: Document) -> None:
            document["inside"] = True
            document["stages"][stage] = {"status": "InProgress", "actions": {}}

        declared = _named(pipeline["stages"], stage)
        entry = conditions.evaluate(declared, execution["outputVariables"])
        if entry:
            condition_records.keep(self.records, pipeline, execution, declared, entry, self._region)
        self.records.change_execution(name, execution_id, change)
        self.records.change_state(name, stage, lambda state: state.update(execution=execution_id))
        if entry and entry.skips:
            self._leave(name, execution, stage, last=declared is pipeline["stages"][-1], status="Skipped")
        elif entry and not entry.admits:
            self._finish(name, execution_id, "Failed", f"Stage {stage} failed at its entry condition. {entry.summary}")

    def _start_action(self, pipeline: Document, execution_id: str, stage: str, action: str) -> None:
        name = pipeline["name"]
        execution = self.records.execution(name, execution_id)
        declared = _named(_named(pipeline["stages"], stage)["actions"], action)
        run = self.runs.start(pipeline, execution, stage, declared)
        entry = {"id": run["actionExecutionId"], "status": "InProgress"}
        self.records.change_execution(
            name, execution_id, lambda document: document["stages"][stage]["actions"].update({action: entry})
        )
        self.records.change_state(name, stage, lambda state: state["actions"].update({action: action_key(run)}))

    def _leave(self, name: str, execution: Document, stage: str, *, last: bool, status: str = "Succeeded") -> None:
        def change(document: Document) -> None:
            document["stages"][stage]["status"] = status
            document["inside"] = False
            if last:
                document["status"] = "Succeeded"
            else:
                document["stage"] += 1

        if last:
            self._done(name, execution["pipelineExecutionId"])
        self.records.change_execution(name, execution["pipelineExecutionId"], change)

    def _retry(self, name: str, execution: Document, stage: Document) -> None:
        retry_mode = stage["onFailure"].get("retryConfiguration", {}).get("retryMode", "FAILED_ACTIONS")

        def change(document: Document) -> None:
            run = document["stages"][stage["name"]]
            _forget(run, all_actions=retry_mode == "ALL_ACTIONS")
            run["automaticRetries"] = run.get("automaticRetries", 0) + 1

        self.records.change_execution(name, execution["pipelineExecutionId"], change)

    def _fail(self, name: str, execution: Document, stage: str, actions: tuple[str, ...]) -> None:
        run = execution["stages"][stage]["actions"]
        keys = {action: f"{name}/{execution['pipelineExecutionId']}/{run[action]['id']}" for action in actions}
        messages = []
        for action, key in keys.items():
            error = (self.records.actions.get(key) or {}).get("errorDetails", {})
            messages.append(f"{action}: {error.get('message', 'failed')}")
        summary = f"Stage {stage} failed. {' '.join(messages)}"
        self._finish(name, execution["pipelineExecutionId"], "Failed", summary)

    def _finish(self, name: str, execution_id: str, status: str, summary: str) -> None:
        def change(document: Document) -> None:
            document["status"], document["statusSummary"] = status, summary
            document["inside"] = False
            for run in document["stages"].values():
                if run["status"] in {"InProgress", "Stopping"}:
                    run["status"] = status

        self._done(name, execution_id)
        self.records.change_execution(name, execution_id, change)

    def _done(self, name: str, execution_id: str) -> None:
        self._active[name] = [known for known in self._active.get(name, []) if known != execution_id]

    def _abandon(self, name: str, execution_id: str) -> None:
        """Marks the actions under way as Abandoned and asks their work to end."""
        for action in self.records.action_executions_of(name, execution_id):
            if action["status"] == "InProgress":
                self._close_action(action, End(status="Abandoned", outcome=_NOTHING))
                self.runs.stop(action["actionExecutionId"])

    def _action_ended(self, document: Document, end: End) -> None:
        with self.lock:
            current = None if self._closed else self.records.actions.get(action_key(document))
            if current is None or current["status"] != "InProgress":
                return  # abandoned, or its pipeline deleted, meanwhile
            self._close_action(current, end)
            self.advance(document["pipelineName"])

    def _close_action(self, action: Document, end: End) -> None:
        ended = now()
        outcome = end.outcome

        def change(document: Document) -> None:
            document.update(status=end.status, lastUpdateTime=ended, lastStatusChange=ended)
            if outcome.summary:
                document["summary"] = outcome.summary[:2048]
            if end.error:
                document["errorDetails"] = end.error
                document.setdefault("summary", end.error["message"][:2048])
            document["output"] = {
                "outputArtifacts": [
                    {"name": name, "s3location": location.document()} for name, location in outcome.artifacts.items()
                ],
                "outputVariables": outcome.variables,
            }

        self.records.change_execution(
            action["pipelineName"],
            action["pipelineExecutionId"],
            lambda execution: _take_up(execution, action, end),
        )
        self.records.actions.update(action_key(action), change)


def _named(declarations: list[Document], name: str) -> Document:
    return next(declaration for declaration in declarations if declaration["name"] == name)


def _take_up(execution: Document, action: Document, end: End) -> None:
    """Adds an ended action's results to its execution: status, variables, artifacts, revision."""
    outcome, name = end.outcome, action["actionName"]
    execution["stages"][action["stageName"]]["actions"][name]["status"] = end.status
    for artifact, location in outcome.artifacts.items():
        execution["artifacts"][artifact] = location.document()
    namespace = action["input"].get("namespace")
    if namespace:
        execution["outputVariables"][namespace] = outcome.variables
    if outcome.revision:
        revision = {
            "revisionId": outcome.revision.revision_id,
            "revisionSummary": outcome.revision.summary[:2048],
            "revisionUrl": outcome.revision.url,
        }
        taken = {"actionName": name, **revision}
        kept = [known for known in execution["sourceRevisions"] if known["actionName"] != name]
        execution["sourceRevisions"] = [*kept, taken]
        for artifact in outcome.artifacts:
            execution["artifactRevisions"].append({"name": artifact, "created": outcome.revision.created, **revision})


def _forget(run: Document, *, all_actions: bool) -> None:
    """Lets a stage's actions run again: all of them, or those that did not succeed."""
    run["status"] = "InProgress"
    run["actions"] = {
        name: entry for name, entry in run["actions"].items() if entry["status"] == "Succeeded" and not all_actions
    }


def _new_execution(
    pipeline: Document, trigger: dict[str, str], variables: dict[str, str], overrides: dict[str, str]
) -> dict[str, Any]:
    execution_id, started = str(uuid.uuid4()), now()
    resolved = _pipeline_variables(pipeline, variables)
    return {
        "pipelineName": pipeline["name"],
        "pipelineVersion": pipeline["version"],
        "pipelineExecutionId": execution_id,
        "executionMode": pipeline.get("executionMode", "SUPERSEDED"),
        "status": "InProgress",
        "startTime": started,
        "lastUpdateTime": started,
        "trigger": trigger,
        "variables": [{"name": name, "resolvedValue": value} for name, value in resolved.items()],
        "sourceRevisions": [],
        "artifactRevisions": [],
        "overrides": overrides,
        "stage": 0,
        "inside": False,
        "stages": {},
        "artifacts": {},
        "outputVariables": {
            EXECUTION_NAMESPACE: {"PipelineExecutionId": execution_id},
            PIPELINE_NAMESPACE: resolved,
        },
    }


def _pipeline_variables(pipeline: Document, given: dict[str, str]) -> dict[str, str]:
    declared = {variable["name"]: variable.get("defaultValue") for variable in pipeline.get("variables", [])}
    unknown = given.keys() - declared.keys()
    if unknown:
        raise AwsError("ValidationException", f"Pipeline has no variables {', '.join(sorted(unknown))}")
    resolved = {**declared, **given}
    missing = sorted(name for name, value in resolved.items() if value is None)
    if missing:
        raise AwsError("ValidationException", f"Variables without a default need a value: {', '.join(missing)}")
    return {name: str(value) for name, value in resolved.items()}
