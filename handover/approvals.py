"""A person's answer in the pipeline's stage Approve, from CodePipeline's own history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

#: How CodePipeline names people in ``updatedBy``: IAM users and role sessions.
_PEOPLE = ("arn:aws:iam::", "arn:aws:sts::")


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """Who answered, as an ARN, and the comment."""

    by: str
    comment: str

    @classmethod
    def of(cls, detail: Mapping[str, Any]) -> Self | None:
        """From an action execution; None if the action is no approval, or if no person answered it."""
        by = detail.get("updatedBy", "")
        if detail["input"]["actionTypeId"]["category"] != "Approval" or not by.startswith(_PEOPLE):
            return None
        result = detail.get("output", {}).get("executionResult", {})
        return cls(by=by, comment=result.get("externalExecutionSummary") or "no comment")


def action_executions(codepipeline: Any, pipeline: str, execution: str) -> list[dict[str, Any]]:
    """The action executions of a pipeline execution, newest first."""
    pages = codepipeline.get_paginator("list_action_executions").paginate(
        pipelineName=pipeline, filter={"pipelineExecutionId": execution}
    )
    return [detail for page in pages for detail in page["actionExecutionDetails"]]
