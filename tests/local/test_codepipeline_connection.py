"""A pipeline whose source is a connection: which pushes start it, what it takes, and who may use the connection."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.clouds import LocalCloud
from tests.local.codepipeline_lab import Lab, approval
from tests.local.iam_account import Account, policy
from tests.local.test_github import git
from tests.waiting import until

pytestmark = pytest.mark.local


@pytest.fixture
def lab(local_cloud: LocalCloud, tmp_path: Path) -> Lab:
    return Lab(local_cloud, tmp_path)


def connection(lab: Lab, service: str = "codeconnections") -> str:
    made = lab.cloud.client(service).create_connection(ConnectionName=lab.name, ProviderType="GitHub")
    return str(made["ConnectionArn"])


def source(lab: Lab, arn: str, **configuration: str) -> dict[str, Any]:
    action = {
        **lab.source()["actions"][0],
        "actionTypeId": {"category": "Source", "owner": "AWS", "provider": "CodeStarSourceConnection", "version": "1"},
        "configuration": {
            "ConnectionArn": arn,
            "FullRepositoryId": lab.repository,
            "BranchName": "main",
            **configuration,
        },
    }
    return {"name": "Source", "actions": [action]}


def trigger(*push: dict[str, Any]) -> dict[str, Any]:
    git_configuration = {"sourceActionName": "GitHub", "push": list(push)}
    return {"providerType": "CodeStarSourceConnection", "gitConfiguration": git_configuration}


def build(lab: Lab) -> dict[str, Any]:
    """A stage with a build that tells the commit and the file that it got."""
    commands = ['export COMMIT="$CODEBUILD_RESOLVED_SOURCE_VERSION" SAID="$(cat file.txt)"']
    spec = {
        "version": 0.2,
        "env": {"exported-variables": ["COMMIT", "SAID"]},
        "phases": {"build": {"commands": commands}},
    }
    lab.make_build(spec)
    action = {
        "name": "Tell",
        "actionTypeId": {"category": "Build", "owner": "AWS", "provider": "CodeBuild", "version": "1"},
        "configuration": {"ProjectName": lab.name},
        "inputArtifacts": [{"name": "SourceOutput"}],
        "namespace": "Tell",
    }
    return {"name": "Build", "actions": [action]}


def pushed(lab: Lab, path: str, text: str, *, ref: str = "main") -> str:
    """Commits one file, pushes it, and returns the commit."""
    (lab.folder / path).parent.mkdir(exist_ok=True)
    (lab.folder / path).write_text(text)
    git(lab.folder, "add", ".")
    git(lab.folder, "commit", "--quiet", "-m", f"Say {text}")
    git(lab.folder, "push", "--quiet", lab.user.remote(lab.repository), f"HEAD:refs/heads/{ref}")
    return git(lab.folder, "rev-parse", "HEAD").stdout.strip()


def by_pushes(lab: Lab) -> list[dict[str, Any]]:
    """The executions that pushes started, newest first."""
    return lab.started_by("WebhookV2")


def test_a_push_within_the_filter_starts_the_pipeline_with_its_commit(lab: Lab) -> None:
    """The push that touches a filtered path runs on its commit, and the other does not; the build gets its files."""
    arn = connection(lab)
    filtered = trigger({"branches": {"includes": ["main"]}, "filePaths": {"includes": ["*.txt"], "excludes": ["b*"]}})
    first = lab.create(build(lab), source=source(lab, arn, DetectChanges="false"), triggers=[filtered])
    assert lab.ended(first)["status"] == "Succeeded", lab.actions(first)

    pushed(lab, "docs/a.txt", "elsewhere")
    sha = pushed(lab, "file.txt", "two")
    started = until(lambda: by_pushes(lab), what="an execution that a push started")

    execution = lab.ended(started[0]["pipelineExecutionId"])
    assert execution["status"] == "Succeeded", lab.actions(execution["pipelineExecutionId"])
    assert [each["pipelineExecutionId"] for each in by_pushes(lab)] == [execution["pipelineExecutionId"]]
    assert execution["trigger"] == {"triggerType": "WebhookV2", "triggerDetail": arn}
    tell, taken = lab.actions(execution["pipelineExecutionId"])
    assert tell["output"]["outputVariables"] == {"COMMIT": sha, "SAID": "two"}
    variables = taken["output"]["outputVariables"]
    assert variables.pop("AuthorDate").startswith("20")
    assert variables == {
        "BranchName": "main",
        "CommitId": sha,
        "CommitMessage": "Say two",
        "ConnectionArn": arn,
        "FullRepositoryName": lab.repository,
    }


def test_pushes_of_a_branch_and_of_a_tag(lab: Lab) -> None:
    """Without a trigger, the action's branch starts the pipeline; with one, the branch or tag that its filters name."""
    arn = connection(lab, "codestar-connections")
    lab.create(approval(), source=source(lab, arn))
    sha = pushed(lab, "a.txt", "main")
    until(lambda: [each for each in by_pushes(lab) if _took(each, sha)], what="an execution of the branch's push")

    declared = lab.codepipeline.get_pipeline(name=lab.name)["pipeline"]
    filters = trigger({"branches": {"includes": ["feature/**"]}}, {"tags": {"includes": ["v*"]}})
    lab.codepipeline.update_pipeline(pipeline=declared | {"triggers": [filters]})
    pushed(lab, "a.txt", "not this one")
    sha = pushed(lab, "a.txt", "feature", ref="feature/one")
    feature = until(lambda: [each for each in by_pushes(lab) if _took(each, sha)], what="an execution of the feature")
    taken = lab.actions(feature[0]["pipelineExecutionId"])[-1]["output"]["outputVariables"]
    assert taken["BranchName"] == "feature/one"
    git(lab.folder, "tag", "v1", "HEAD~1")
    git(lab.folder, "push", "--quiet", lab.user.remote(lab.repository), "v1")
    tagged = git(lab.folder, "rev-parse", "v1").stdout.strip()
    until(lambda: [each for each in by_pushes(lab) if _took(each, tagged)], what="an execution of the tag")
    assert len(by_pushes(lab)) == 3


def _took(execution: dict[str, Any], sha: str) -> bool:
    return any(each["revisionId"] == sha for each in execution.get("sourceRevisions", []))


def test_a_role_that_may_not_use_the_connection(lab: Lab) -> None:
    """The source action fails with the connection's ARN; a condition on the repository is for its repository alone."""
    arn = connection(lab)
    deny = {"Effect": "Deny", "Action": "codeconnections:UseConnection", "Resource": arn}
    elsewhere = {"StringNotEquals": {"codeconnections:FullRepositoryId": lab.repository}}
    role = {"RoleName": lab.role_arn.rpartition("/")[2], "PolicyName": "connection"}
    iam = lab.cloud.client("iam")

    iam.put_role_policy(**role, PolicyDocument=policy(deny))
    refused = lab.ended(lab.create(approval(), source=source(lab, arn)))
    assert refused["status"] == "Failed"
    error = lab.actions(refused["pipelineExecutionId"])[0]["output"]["executionResult"]["errorDetails"]
    assert error["code"] == "PermissionError"
    assert f"Unable to use Connection: {arn}" in error["message"]

    iam.put_role_policy(**role, PolicyDocument=policy({**deny, "Condition": elsewhere}))
    again = lab.codepipeline.start_pipeline_execution(name=lab.name)["pipelineExecutionId"]
    revisions = until(lambda: lab.execution(again)["artifactRevisions"], what="the execution's commit")
    assert revisions[0]["revisionId"] == lab.first_commit


def test_from_a_token_to_a_connection(lab: Lab) -> None:
    """The webhook of before can be deregistered and deleted after the source has become a connection; pushes start."""
    lab.create(approval())
    name = lab.webhook()["definition"]["name"]
    lab.codepipeline.register_webhook_with_third_party(webhookName=name)
    declared = lab.codepipeline.get_pipeline(name=lab.name)["pipeline"]
    declared["stages"][0] = source(lab, connection(lab))
    lab.codepipeline.update_pipeline(pipeline=declared)

    lab.codepipeline.deregister_webhook_with_third_party(webhookName=name)
    lab.codepipeline.delete_webhook(name=name)

    sha = pushed(lab, "a.txt", "two")
    until(
        lambda: [each for each in by_pushes(lab) if _took(each, sha)], what="an execution that the connection started"
    )
    found = lab.codepipeline.list_pipeline_executions(pipelineName=lab.name)["pipelineExecutionSummaries"]
    assert sorted(each["trigger"]["triggerType"] for each in found) == ["CreatePipeline", "WebhookV2"]


def test_a_connection_that_is_not_there(lab: Lab) -> None:
    """The source action fails, and says so."""
    arn = connection(lab)
    lab.cloud.client("codeconnections").delete_connection(ConnectionArn=arn)

    failed = lab.ended(lab.create(approval(), source=source(lab, arn)))

    error = lab.actions(failed["pipelineExecutionId"])[0]["output"]["executionResult"]["errorDetails"]
    assert (error["code"], "There is no such connection" in error["message"]) == ("ConfigurationError", True)


def test_a_caller_needs_the_permission_to_pass_a_connection(lab: Lab, account: Account) -> None:
    """Whoever creates a pipeline with a connection needs PassConnection on it, besides PassRole."""
    arn = connection(lab)
    allowed = [
        {"Effect": "Allow", "Action": ["codepipeline:CreatePipeline", "iam:PassRole"], "Resource": "*"},
    ]
    codepipeline = account.client("codepipeline", account.user(*allowed))

    with pytest.raises(codepipeline.exceptions.ClientError, match="codeconnections:PassConnection on resource: " + arn):
        codepipeline.create_pipeline(
            pipeline={
                "name": lab.name,
                "roleArn": lab.role_arn,
                "artifactStore": {"type": "S3", "location": lab.bucket},
                "stages": [source(lab, arn), approval()],
            }
        )
