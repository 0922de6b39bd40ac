"""Starts, stops and retries executions, answers approvals, and closes transitions."""

from __future__ import annotations

from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.platform.service import Call, Params, operation
from localcloud.services.codepipeline import source_overrides
from localcloud.services.codepipeline.actions.context import Approval
from localcloud.services.codepipeline.pipeline_operations import PipelineOperations
from localcloud.services.codepipeline.records import FINISHED, now

_EVENTS = "events.amazonaws.com"


class ExecutionOperations(PipelineOperations):
    @operation("StartPipelineExecution")
    def start_pipeline_execution(self, call: Call, params: Params) -> Params:
        name = params["name"]
        found = source_overrides.of(self.records.declaration(name), params.get("sourceRevisions", []))
        execution_id = self.engine.start_execution(
            name,
            trigger=self._trigger(call),
            variables={variable["name"]: variable["value"] for variable in params.get("variables", [])},
            overrides=found.revisions,
            places=found.places,
            token=params.get("clientRequestToken"),
        )
        return {"pipelineExecutionId": execution_id}

    def _trigger(self, call: Call) -> dict[str, str]:
        """What shows as the cause of the execution: who called, or the rule by whose role EventBridge did."""
        service, source_arn = self.cloud.clients.assumed_for(call.caller.access_key_id)
        if service == _EVENTS:
            return {"triggerType": "CloudWatchEvent", "triggerDetail": source_arn}
        return {"triggerType": "StartPipelineExecution", "triggerDetail": call.caller.arn}

    @operation("StopPipelineExecution")
    def stop_pipeline_execution(self, _: Call, params: Params) -> Params:
        name, execution_id = params["pipelineName"], params["pipelineExecutionId"]
        abandon = params.get("abandon", False)
        with self.engine.lock:
            self.records.pipeline(name)
            status = self.records.execution(name, execution_id)["status"]
            if status in FINISHED:
                raise AwsError(
                    "PipelineExecutionNotStoppableException",
                    f"Pipeline execution {execution_id} is already {status} and cannot be stopped.",
                )
            if status == "Stopping" and not abandon:
                raise AwsError(
                    "DuplicatedStopRequestException", f"Pipeline execution {execution_id} is stopping already."
                )
            self.engine.stop_execution(
                name, execution_id, abandon=abandon, reason=params.get("reason", "Stopped on request.")
            )
        return {"pipelineExecutionId": execution_id}

    @operation("RetryStageExecution")
    def retry_stage_execution(self, _: Call, params: Params) -> Params:
        name, stage, execution_id = params["pipelineName"], params["stageName"], params["pipelineExecutionId"]
        with self.engine.lock:
            self._check_stage(name, stage)
            execution = self.records.execution(name, execution_id)
            latest = (self.records.states.get(name) or {}).get(stage, {}).get("execution")
            if latest != execution_id:
                raise AwsError(
                    "NotLatestPipelineExecutionException",
                    f"Execution {execution_id} is not the latest in stage {stage}: {latest} is.",
                )
            run = execution["stages"].get(stage, {"status": None, "actions": {}})
            # A stage that failed at its entry condition has no actions to retry.
            failed = execution["status"] == "Failed" and run["status"] == "Failed" and bool(run["actions"])
            changed = execution["pipelineVersion"] != self.records.pipeline(name)["version"]
            if changed or not failed:
                raise AwsError(
                    "StageNotRetryableException",
                    f"Stage {stage} of execution {execution_id} ({execution['status']}) can't be retried because the "
                    "pipeline structure changed after the stage was not completed; the stage contains no failed "
                    "actions; or one or more actions are still in progress.",
                )
            self.engine.retry_stage(name, execution_id, stage, all_actions=params["retryMode"] == "ALL_ACTIONS")
        return {"pipelineExecutionId": execution_id}

    @operation("PutApprovalResult")
    def put_approval_result(self, call: Call, params: Params) -> Params:
        name, stage, action = params["pipelineName"], params["stageName"], params["actionName"]
        self._check_stage(name, stage)
        key = (self.records.states.get(name) or {}).get(stage, {}).get("actions", {}).get(action)
        run = self.records.actions.get(key) if key else None
        if run is None or run["input"]["actionTypeId"]["category"] != "Approval":
            raise AwsError("ActionNotFoundException", f"Stage {stage} has no approval action {action} that has run.")
        if run.get("token") != params["token"]:
            raise AwsError("InvalidApprovalTokenException", f"The token is not that of the approval action {action}.")
        result = params["result"]
        answered = Approval(approved=result["status"] == "Approved", summary=result["summary"], by=call.caller.arn)
        if run["status"] != "InProgress" or not self.engine.runs.answer(run, answered):
            raise AwsError(
                "ApprovalAlreadyCompletedException",
                f"The approval action {action} has been approved or rejected already.",
            )
        return {"approvedAt": now()}

    @operation("DisableStageTransition")
    def disable_stage_transition(self, call: Call, params: Params) -> None:
        self._change_transition(call, params, enabled=False)

    @operation("EnableStageTransition")
    def enable_stage_transition(self, call: Call, params: Params) -> None:
        self._change_transition(call, params, enabled=True)

    def _change_transition(self, call: Call, params: Params, *, enabled: bool) -> None:
        name, stage = params["pipelineName"], params["stageName"]
        if params["transitionType"] != "Inbound":
            raise UnsupportedError("codepipeline: an Outbound transition (use the next stage's Inbound one)")
        self._check_stage(name, stage)
        transition = {"enabled": enabled, "lastChangedBy": call.caller.arn, "lastChangedAt": now()}
        if not enabled:
            transition["disabledReason"] = params["reason"]
        with self.engine.lock:
            self.records.change_state(name, stage, lambda state: state.update(transition=transition))
            self.engine.advance(name)

    def _check_stage(self, name: str, stage: str) -> None:
        stages = [found["name"] for found in self.records.declaration(name)["stages"]]
        if stage not in stages:
            raise AwsError(
                "StageNotFoundException", f"Pipeline '{name}' has no stage '{stage}'; it has {', '.join(stages)}"
            )
