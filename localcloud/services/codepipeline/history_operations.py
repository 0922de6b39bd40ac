"""Describes executions, their actions and rules, and the state of the stages."""

from __future__ import annotations

from typing import Any

from localcloud.platform.errors import UnsupportedError
from localcloud.platform.service import Call, Params, operation
from localcloud.services.codepipeline.pagination import page
from localcloud.services.codepipeline.pipeline_operations import PipelineOperations
from localcloud.services.codepipeline.views import is_enabled

_EXECUTION = ("pipelineExecutionId", "status", "statusSummary", "trigger", "executionMode")
_RESULT = {
    "externalExecutionId": "externalExecutionId",
    "externalExecutionUrl": "externalExecutionUrl",
    "summary": "externalExecutionSummary",
    "errorDetails": "errorDetails",
    "logStreamARN": "logStreamARN",
}
_LATEST_ACTION = (
    "actionExecutionId",
    "status",
    "summary",
    "lastStatusChange",
    "token",
    "lastUpdatedBy",
    "externalExecutionId",
    "externalExecutionUrl",
    "errorDetails",
    "logStreamARN",
)


class HistoryOperations(PipelineOperations):
    @operation("GetPipelineExecution")
    def get_pipeline_execution(self, _: Call, params: Params) -> Params:
        self.records.pipeline(params["pipelineName"])
        execution = self.records.execution(params["pipelineName"], params["pipelineExecutionId"])
        names = (*_EXECUTION, "pipelineName", "pipelineVersion", "artifactRevisions", "variables")
        return {"pipelineExecution": _only(execution, names) | {"executionType": "STANDARD"}}

    @operation("ListPipelineExecutions")
    def list_pipeline_executions(self, _: Call, params: Params) -> Params:
        """Newest first."""
        name = params["pipelineName"]
        self.records.pipeline(name)
        executions = self.records.executions_of(name)[::-1]
        succeeded_in = params.get("filter", {}).get("succeededInStage", {}).get("stageName")
        if succeeded_in:
            executions = [
                found for found in executions if found["stages"].get(succeeded_in, {}).get("status") == "Succeeded"
            ]
        found, more = page(executions, params)
        names = (*_EXECUTION, "startTime", "lastUpdateTime", "sourceRevisions", "stopTrigger")
        summaries = [_only(execution, names) | {"executionType": "STANDARD"} for execution in found]
        return {"pipelineExecutionSummaries": summaries, **more}

    @operation("ListActionExecutions")
    def list_action_executions(self, _: Call, params: Params) -> Params:
        """Newest first."""
        name, wanted = params["pipelineName"], params.get("filter", {})
        self.records.pipeline(name)
        if "latestInPipelineExecution" in wanted:
            raise UnsupportedError("codepipeline:ListActionExecutions with filter latestInPipelineExecution")
        execution_id = wanted.get("pipelineExecutionId")
        if execution_id:
            self.records.execution(name, execution_id)
        runs = self.records.action_executions_of(name, execution_id)[::-1]
        found, more = page(runs, params)
        return {"actionExecutionDetails": [_action_detail(run) for run in found], **more}

    @operation("ListRuleExecutions")
    def list_rule_executions(self, _: Call, params: Params) -> Params:
        """Newest first."""
        name, wanted = params["pipelineName"], params.get("filter", {})
        self.records.pipeline(name)
        if "latestInPipelineExecution" in wanted:
            raise UnsupportedError("codepipeline:ListRuleExecutions with filter latestInPipelineExecution")
        execution_id = wanted.get("pipelineExecutionId")
        if execution_id:
            self.records.execution(name, execution_id)
        found, more = page(self.records.rule_executions_of(name, execution_id)[::-1], params)
        return {"ruleExecutionDetails": found, **more}

    @operation("GetPipelineState")
    def get_pipeline_state(self, _: Call, params: Params) -> Params:
        name = params["name"]
        with self.engine.lock:
            found = self.records.pipeline(name)
            state = self.records.states.get(name) or {}
            waiting = self.engine.waiting(name)
            stages = [
                self._stage_state(name, stage, state, waiting.get(stage["name"], []))
                for stage in self.records.declaration(name)["stages"]
            ]
        return {
            "pipelineName": name,
            "pipelineVersion": found["version"],
            "stageStates": stages,
            "created": found["created"],
            "updated": found["updated"],
        }

    def _stage_state(self, name: str, stage: Params, state: Params, waiting: list[str]) -> Params:
        stage_name = stage["name"]
        known = state.get(stage_name, {"actions": {}})
        transition = known.get("transition", {}) | {"enabled": is_enabled(state, stage_name)}
        answer: Params = {
            "stageName": stage_name,
            "inboundTransitionState": transition,
            "actionStates": [
                self._action_state(action, known["actions"].get(action["name"])) for action in stage["actions"]
            ],
        }
        if "beforeEntry" in known:
            answer["beforeEntryConditionState"] = known["beforeEntry"]
        if waiting:
            inbound = [{"pipelineExecutionId": found, "status": "InProgress", "type": "STANDARD"} for found in waiting]
            answer |= {"inboundExecutions": inbound, "inboundExecution": inbound[-1]}
        if "execution" in known:
            run = self.records.execution(name, known["execution"])["stages"][stage_name]
            answer["latestExecution"] = {
                "pipelineExecutionId": known["execution"],
                "status": run["status"],
                "type": "STANDARD",
            }
            automatic, manual = run.get("automaticRetries", 0), run.get("manualRetries", 0)
            if automatic or manual:
                answer["retryStageMetadata"] = {
                    "autoStageRetryAttempt": automatic,
                    "manualStageRetryAttempt": manual,
                    "latestRetryTrigger": "ManualStageRetry" if manual else "AutomatedStageRetry",
                }
        return answer

    def _action_state(self, action: Params, key: str | None) -> Params:
        run = self.records.actions.get(key) if key else None
        answer: Params = {"actionName": action["name"]}
        if run is None:
            return answer
        answer["latestExecution"] = _only(run, _LATEST_ACTION)
        if run["status"] != "InProgress":
            answer["latestExecution"].pop("token", None)
        if action["actionTypeId"]["category"] == "Source" and run["status"] == "Succeeded":
            answer["currentRevision"] = {"revisionId": run["externalExecutionId"], "created": run["lastStatusChange"]}
            if "externalExecutionUrl" in run:  # an S3 source has none
                answer["revisionUrl"] = run["externalExecutionUrl"]
        if "externalExecutionUrl" in run:
            answer["entityUrl"] = run["externalExecutionUrl"]
        return answer


def _action_detail(run: Params) -> Params:
    names = (
        "pipelineExecutionId",
        "actionExecutionId",
        "pipelineVersion",
        "stageName",
        "actionName",
        "startTime",
        "lastUpdateTime",
        "status",
        "input",
    )
    result = {answered: run[kept] for kept, answered in _RESULT.items() if kept in run}
    output = run.get("output", {}) | {"executionResult": result}
    updated_by = {"updatedBy": run["lastUpdatedBy"]} if "lastUpdatedBy" in run else {}
    return _only(run, names) | {"output": output} | updated_by


def _only(document: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: document[name] for name in names if name in document}
