"""What a test of a pipeline needs around it: a repository, an artifact bucket, a role."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

from tests.clouds import LocalCloud
from tests.local.roles import working_role
from tests.local.test_github import GitHubUser, commit, git
from tests.waiting import until

SECRET = "webhook-secret"


class Lab:
    """One pipeline's surroundings: a repository with a first commit, an artifact bucket, a role, and a name."""

    def __init__(self, cloud: LocalCloud, folder: Path) -> None:
        unique = uuid.uuid4().hex[:8]
        self.cloud = cloud
        self.codepipeline = cloud.client("codepipeline")
        self.s3 = cloud.client("s3")
        self.name = f"pipe-{unique}"
        self.bucket = f"artifacts-{unique}"
        self.s3.create_bucket(Bucket=self.bucket)
        self.role_arn = working_role(cloud, self.name, "codepipeline", "codebuild", "cloudformation")
        self.user = GitHubUser(cloud, (cloud.home / "github" / "token").read_text().strip())
        self.repository = f"octo/{self.name}"
        self.folder = folder / "work"
        self.folder.mkdir()
        self.first_commit = self.push("one")

    def push(self, text: str) -> str:
        sha = commit(self.folder, text)
        git(self.folder, "push", "--quiet", self.user.remote(self.repository), "main")
        return sha

    def source(self, *, token: str | None = None, branch: str = "main") -> dict[str, Any]:
        return {
            "name": "Source",
            "actions": [
                {
                    "name": "GitHub",
                    "actionTypeId": {"category": "Source", "owner": "ThirdParty", "provider": "GitHub", "version": "1"},
                    "configuration": {
                        "Owner": "octo",
                        "Repo": self.name,
                        "Branch": branch,
                        "OAuthToken": token or self.user.token,
                        "PollForSourceChanges": "false",
                    },
                    "outputArtifacts": [{"name": "SourceOutput"}],
                    "namespace": "Source",
                }
            ],
        }

    def create(self, *stages: dict[str, Any], source: dict[str, Any] | None = None, **more: Any) -> str:
        """Makes the pipeline and returns the execution that its creation starts."""
        self.codepipeline.create_pipeline(
            pipeline={
                "name": self.name,
                "roleArn": self.role_arn,
                "artifactStore": {"type": "S3", "location": self.bucket},
                "pipelineType": "V2",
                "stages": [source or self.source(), *stages],
                **more,
            }
        )
        executions = self.codepipeline.list_pipeline_executions(pipelineName=self.name)["pipelineExecutionSummaries"]
        assert executions[0]["trigger"]["triggerType"] == "CreatePipeline"
        return str(executions[0]["pipelineExecutionId"])

    def execution(self, execution_id: str) -> dict[str, Any]:
        answer = self.codepipeline.get_pipeline_execution(pipelineName=self.name, pipelineExecutionId=execution_id)
        return dict(answer["pipelineExecution"])

    def ended(self, execution_id: str) -> dict[str, Any]:
        """The execution at its end."""
        return until(
            lambda: self.execution(execution_id),
            lambda execution: execution["status"] not in {"InProgress", "Stopping"},
            what=f"the end of execution {execution_id}",
        )

    def stage(self, name: str) -> dict[str, Any]:
        stages = self.codepipeline.get_pipeline_state(name=self.name)["stageStates"]
        return dict(next(stage for stage in stages if stage["stageName"] == name))

    def until_inbound(self, stage: str, execution_id: str) -> None:
        """Returns once the execution waits before the stage."""
        until(
            lambda: self.stage(stage).get("inboundExecution", {}).get("pipelineExecutionId"),
            lambda found: found == execution_id,
            what=f"execution {execution_id} before stage {stage}",
        )

    def token_of(self, stage: str, execution_id: str) -> str:
        """The token of the approval that this execution waits for."""

        def found() -> str | None:
            state = self.stage(stage)
            if state.get("latestExecution", {}).get("pipelineExecutionId") != execution_id:
                return None
            latest = state["actionStates"][0].get("latestExecution", {})
            return str(latest["token"]) if latest["status"] == "InProgress" and "token" in latest else None

        return str(until(found, what=f"an approval in stage {stage} that execution {execution_id} waits for"))

    def answer(self, token: str, status: str = "Approved", *, stage: str = "Approve") -> None:
        self.codepipeline.put_approval_result(
            pipelineName=self.name,
            stageName=stage,
            actionName="Ask",
            result={"status": status, "summary": f"{status} by a test"},
            token=token,
        )

    def actions(self, execution_id: str) -> list[dict[str, Any]]:
        answer = self.codepipeline.list_action_executions(
            pipelineName=self.name, filter={"pipelineExecutionId": execution_id}
        )
        return list(answer["actionExecutionDetails"])

    def started_by(self, trigger: str) -> list[dict[str, Any]]:
        """The executions that something has started in this way, newest first."""
        found = self.codepipeline.list_pipeline_executions(pipelineName=self.name)["pipelineExecutionSummaries"]
        return [each for each in found if each["trigger"]["triggerType"] == trigger]

    def make_build(self, spec: dict[str, Any] | None = None) -> None:
        """The project that the pipeline's builds run; without a specification, that of its source."""
        self.cloud.client("codebuild").create_project(
            name=self.name,
            serviceRole=self.role_arn,
            source={"type": "CODEPIPELINE", **({"buildspec": json.dumps(spec)} if spec else {})},
            artifacts={"type": "CODEPIPELINE"},
            environment={
                "type": "LINUX_CONTAINER",
                "image": "aws/codebuild/standard:7.0",
                "computeType": "BUILD_GENERAL1_SMALL",
            },
        )

    def webhook(self, **changes: Any) -> dict[str, Any]:
        definition = {
            "name": f"{self.name}-hook",
            "targetPipeline": self.name,
            "targetAction": "GitHub",
            "filters": [{"jsonPath": "$.ref", "matchEquals": "refs/heads/{Branch}"}],
            "authentication": "GITHUB_HMAC",
            "authenticationConfiguration": {"SecretToken": SECRET},
        }
        return dict(self.codepipeline.put_webhook(webhook=definition | changes)["webhook"])


def approval(stage: str = "Approve", **action: Any) -> dict[str, Any]:
    ask = {
        "name": "Ask",
        "actionTypeId": {"category": "Approval", "owner": "AWS", "provider": "Manual", "version": "1"},
        "configuration": {"CustomData": "Commit #{Source.CommitId}: #{Source.CommitMessage}"},
    }
    return {"name": stage, "actions": [ask | action]}
