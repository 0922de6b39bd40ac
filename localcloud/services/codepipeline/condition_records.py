"""Records entry conditions: the executions of their rules, and the state for GetPipelineState."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from localcloud.services.codepipeline.records import now

if TYPE_CHECKING:
    from localcloud.platform.store import Document
    from localcloud.services.codepipeline.conditions import Entry, RuleResult
    from localcloud.services.codepipeline.records import Records


def keep(records: Records, pipeline: Document, execution: Document, stage: Document, entry: Entry, region: str) -> None:
    """Records the evaluation of an execution's entry, before it takes effect."""
    name, evaluated = pipeline["name"], now()
    states = []
    for rule, declared in zip(entry.rules, stage["beforeEntry"]["conditions"][0]["rules"], strict=True):
        rule_execution = str(uuid.uuid4())
        latest = {
            "ruleExecutionId": rule_execution,
            "status": _status(rule),
            "summary": rule.summary[:2048],
            "lastStatusChange": evaluated,
            **_error(rule),
        }
        states.append({"ruleName": rule.name, "latestExecution": latest})
        detail = {
            "pipelineExecutionId": execution["pipelineExecutionId"],
            "ruleExecutionId": rule_execution,
            "pipelineVersion": execution["pipelineVersion"],
            "stageName": stage["name"],
            "ruleName": rule.name,
            "startTime": evaluated,
            "lastUpdateTime": evaluated,
            "status": _status(rule),
            "input": {
                "ruleTypeId": declared["ruleTypeId"],
                "configuration": declared["configuration"],
                "resolvedConfiguration": dict(rule.resolved),
                "roleArn": pipeline["roleArn"],
                "region": region,
            },
            "output": {"executionResult": {"externalExecutionSummary": rule.summary[:2048], **_error(rule)}},
        }
        records.rules.put(f"{name}/{execution['pipelineExecutionId']}/{rule_execution}", detail)
    summary = {"status": entry.status, "summary": entry.summary[:2048]}
    condition = {"latestExecution": {**summary, "lastStatusChange": evaluated}, "ruleStates": states}
    shown = {"latestExecution": summary, "conditionStates": [condition]}
    records.change_state(name, stage["name"], lambda state: state.update(beforeEntry=shown))


def _status(rule: RuleResult) -> str:
    return "Succeeded" if rule.succeeded else "Failed"


def _error(rule: RuleResult) -> dict[str, dict[str, str]]:
    return {"errorDetails": {"code": "ConfigurationError", "message": rule.error[:5000]}} if rule.error else {}
