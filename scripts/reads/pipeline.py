"""A pipeline's execution as a person wants to see it: read from AWS's APIs, for the other scripts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from scripts import cloud
from scripts.reads.errors import NotThereError
from stacks.workloads import WORKLOADS

ENDED = frozenset({"Succeeded", "Failed", "Stopped", "Superseded", "Cancelled", "Abandoned"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Action:
    """One action execution. Times are aware datetimes; ``ended`` is None while it runs."""

    stage: str
    name: str
    status: str
    started: datetime
    ended: datetime | None
    external_id: str
    provider: str
    message: str
    variables: dict[str, str]

    @property
    def waits_for_a_person(self) -> bool:
        return self.provider == "Manual" and self.ended is None

    @property
    def seconds(self) -> float:
        return ((self.ended or datetime.now(UTC)) - self.started).total_seconds()


@dataclass(frozen=True, kw_only=True, slots=True)
class Execution:
    identifier: str
    status: str
    actions: tuple[Action, ...]
    """In the order in which they started."""
    summary: str = ""
    """Why it ended, if CodePipeline says so, such as which execution superseded it."""

    @property
    def ended(self) -> bool:
        return self.status in ENDED

    def stage_seconds(self) -> dict[str, float]:
        """Wall time of each stage, from its first action's start to its last action's end."""
        spans: dict[str, list[datetime]] = {}
        for action in self.actions:
            span = spans.setdefault(action.stage, [])
            span += [action.started, action.ended or datetime.now(UTC)]
        return {stage: (max(times) - min(times)).total_seconds() for stage, times in spans.items()}

    def variable(self, name: str) -> str | None:
        return next((a.variables[name] for a in reversed(self.actions) if name in a.variables), None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """An approval that waits for an answer. The token is this question's alone."""

    execution: str
    stage: str
    action: str
    token: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """A pipeline's branch."""

    place: tuple[str, str, str]
    """Owner, repository and branch."""
    looks_at_files: bool
    """Whether a push runs the pipeline only if it touches the workload's files."""


class NotDeployedError(NotThereError):
    """There is no such stack, or no pipeline in it."""


class Pipeline:
    """A workload's pipeline; raises NotDeployedError if there is none."""

    def __init__(self, workload: str) -> None:
        self.workload = workload
        self.stack_name = WORKLOADS[workload].stack_name("Pipeline")
        self._codepipeline = cloud.client("codepipeline")
        self._codebuild = cloud.client("codebuild")
        self._logs = cloud.client("logs")
        self.name = self._name()

    def _name(self) -> str:
        try:
            answer = cloud.client("cloudformation").describe_stack_resources(StackName=self.stack_name)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ValidationError":
                raise
            raise NotDeployedError(f"There is no stack {self.stack_name}: {self._deploy}.") from error
        names = [
            resource["PhysicalResourceId"]
            for resource in answer["StackResources"]
            if resource["ResourceType"] == "AWS::CodePipeline::Pipeline"
        ]
        if len(names) != 1:
            raise NotDeployedError(f"Stack {self.stack_name} has {len(names)} pipelines: {self._deploy}.")
        return str(names[0])

    @property
    def _deploy(self) -> str:
        return f"deploy it with `make deploy WORKLOAD={self.workload}`"

    def declaration(self) -> dict[str, Any]:
        """Stages, actions and artifact store, as CodePipeline describes them."""
        return dict(self._codepipeline.get_pipeline(name=self.name)["pipeline"])

    def source(self) -> Source:
        """From where the deployed pipeline takes commits."""
        declared = self.declaration()
        actions = [action for stage in declared["stages"] for action in stage["actions"]]
        by_provider = {each["actionTypeId"]["provider"]: each.get("configuration", {}) for each in actions}
        if connected := by_provider.get("CodeStarSourceConnection"):
            owner, repo = connected["FullRepositoryId"].split("/")
            place = (owner, repo, connected["BranchName"])
            return Source(place=place, looks_at_files="triggers" in declared)
        found = by_provider["GitHub"]
        return Source(place=(found["Owner"], found["Repo"], found["Branch"]), looks_at_files=False)

    def summaries(self, *, most: int = 20) -> list[dict[str, Any]]:
        """The latest executions, newest first, as CodePipeline lists them."""
        pages = self._codepipeline.get_paginator("list_pipeline_executions").paginate(
            pipelineName=self.name, PaginationConfig={"MaxItems": most, "PageSize": min(most, 100)}
        )
        return [found for page in pages for found in page["pipelineExecutionSummaries"]]

    def executions_of(self, commit: str) -> list[str]:
        """The executions whose source is this commit, newest first."""
        return [
            str(summary["pipelineExecutionId"])
            for summary in self.summaries()
            if any(revision.get("revisionId") == commit for revision in summary.get("sourceRevisions", []))
        ]

    def start(self) -> str:
        """Starts an execution on what the branch holds now; returns its id."""
        return str(self._codepipeline.start_pipeline_execution(name=self.name)["pipelineExecutionId"])

    def question(self) -> Question | None:
        """What waits for a person in the stage Approve; None if nothing does."""
        for stage in self._codepipeline.get_pipeline_state(name=self.name)["stageStates"]:
            for action in stage["actionStates"]:
                latest = action.get("latestExecution", {})
                if latest.get("status") == "InProgress" and "token" in latest:
                    return Question(
                        execution=stage["latestExecution"]["pipelineExecutionId"],
                        stage=stage["stageName"],
                        action=action["actionName"],
                        token=latest["token"],
                    )
        return None

    def answer(self, question: Question, *, approved: bool, comment: str) -> None:
        """Gives a person's answer, under the caller's own name. Raises NotThereError if it was answered meanwhile."""
        try:
            self._codepipeline.put_approval_result(
                pipelineName=self.name,
                stageName=question.stage,
                actionName=question.action,
                token=question.token,
                result={"status": "Approved" if approved else "Rejected", "summary": comment},
            )
        except self._codepipeline.exceptions.ApprovalAlreadyCompletedException as error:
            raise NotThereError(f"Execution {question.execution} was answered by somebody else meanwhile.") from error

    def execution(self, identifier: str) -> Execution:
        found = self._codepipeline.get_pipeline_execution(pipelineName=self.name, pipelineExecutionId=identifier)
        pages = self._codepipeline.get_paginator("list_action_executions").paginate(
            pipelineName=self.name, filter={"pipelineExecutionId": identifier}
        )
        details = [detail for page in pages for detail in page["actionExecutionDetails"]]
        actions = sorted((_action(detail) for detail in details), key=lambda action: action.started)
        return Execution(
            identifier=identifier,
            status=found["pipelineExecution"]["status"],
            actions=tuple(actions),
            summary=found["pipelineExecution"].get("statusSummary", ""),
        )

    def output(self, stage: str, artifact: str) -> dict[str, str] | None:
        """Bucket and key of what a stage handed on last, of the newest execution in which it did; None if none did."""
        pages = self._codepipeline.get_paginator("list_action_executions").paginate(pipelineName=self.name)
        for detail in (detail for page in pages for detail in page["actionExecutionDetails"]):
            if detail["stageName"] == stage and detail["status"] == "Succeeded":
                for output in detail["output"].get("outputArtifacts", []):
                    if output["name"] == artifact:
                        return dict(output["s3location"])
        return None

    def log_lines(self, action: Action, *, limit: int | None = None) -> list[str]:
        """The log of a build action, oldest line first; the last ``limit`` lines if a limit is given."""
        if action.provider != "CodeBuild" or not action.external_id:
            return []
        builds = self._codebuild.batch_get_builds(ids=[action.external_id])["builds"]
        where = builds[0].get("logs", {}) if builds else {}
        if "streamName" not in where:
            return []
        place = {"logGroupName": where["groupName"], "logStreamName": where["streamName"]}
        try:
            if limit is not None:
                events = self._logs.get_log_events(**place, limit=limit, startFromHead=False)["events"]
            else:
                events = self._all_events(place)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return []  # the build has written nothing yet
            raise
        return [event["message"].rstrip() for event in events]

    def _all_events(self, place: dict[str, str]) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = []
        token: str | None = None
        while True:
            options = {"nextToken": token} if token else {}
            page = self._logs.get_log_events(**place, startFromHead=True, **options)
            events += page["events"]
            if page["nextForwardToken"] == token or not page["events"]:
                return events
            token = page["nextForwardToken"]


def _action(detail: dict[str, Any]) -> Action:
    result = detail.get("output", {}).get("executionResult", {})
    error = result.get("errorDetails", {})
    status = detail["status"]
    return Action(
        stage=detail["stageName"],
        name=detail["actionName"],
        status=status,
        started=detail["startTime"],
        ended=detail["lastUpdateTime"] if status in ENDED else None,
        external_id=result.get("externalExecutionId", ""),
        provider=detail.get("input", {}).get("actionTypeId", {}).get("provider", ""),
        message=error.get("message") or result.get("externalExecutionSummary", ""),
        variables=detail.get("output", {}).get("outputVariables", {}),
    )
