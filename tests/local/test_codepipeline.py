"""Pipelines on a running local cloud: git pushes over HTTP, approvals, stops, retries, and what goes wrong."""

from __future__ import annotations

import http.client
import io
import json
import uuid
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from localcloud.services.github.push_event import signatures
from tests.clouds import LocalCloud
from tests.local.codepipeline_lab import Lab, approval
from tests.local.test_github import git
from tests.local.test_lambda import received
from tests.waiting import DEADLINE_SECONDS, until


@pytest.fixture
def lab(local_cloud: LocalCloud, tmp_path: Path) -> Lab:
    return Lab(local_cloud, tmp_path)


def post(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=DEADLINE_SECONDS)
    connection.request("POST", parts.path, body, headers)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def test_source_and_approval(lab: Lab) -> None:
    """A new pipeline takes the branch's head as a zip without top folder, waits for its approval, and succeeds."""
    execution_id = lab.create(approval())
    lab.answer(lab.token_of("Approve", execution_id))

    execution = lab.ended(execution_id)
    ask, source = lab.actions(execution_id)

    assert execution["status"] == "Succeeded"
    assert execution["artifactRevisions"][0]["revisionId"] == lab.first_commit
    assert ask["input"]["resolvedConfiguration"]["CustomData"] == f"Commit {lab.first_commit}: Say one"
    assert ask["output"]["executionResult"]["externalExecutionSummary"] == "Approved by a test"
    place = source["output"]["outputArtifacts"][0]["s3location"]
    assert place["key"].startswith(f"{lab.name[:20]}/SourceOutp/")
    content = lab.s3.get_object(Bucket=place["bucket"], Key=place["key"])
    assert content["ServerSideEncryption"] == "aws:kms"
    archive = zipfile.ZipFile(io.BytesIO(content["Body"].read()))
    assert archive.read("file.txt") == b"one"
    assert archive.getinfo("run.sh").external_attr >> 16 & 0o111
    assert source["output"]["outputVariables"]["CommitId"] == lab.first_commit


def test_artifacts_under_the_stores_key(lab: Lab) -> None:
    """With an encryption key, artifacts are encrypted by that key."""
    key = lab.cloud.client("kms").create_key()["KeyMetadata"]["Arn"]
    store = {"type": "S3", "location": lab.bucket, "encryptionKey": {"id": key, "type": "KMS"}}
    execution_id = lab.create(approval(), artifactStore=store)
    lab.token_of("Approve", execution_id)

    place = lab.actions(execution_id)[-1]["output"]["outputArtifacts"][0]["s3location"]

    assert lab.s3.head_object(Bucket=place["bucket"], Key=place["key"])["SSEKMSKeyId"] == key


def test_the_token_is_masked(lab: Lab) -> None:
    """No answer shows the source action's token, and no file of the home but its own and the store's holds it."""
    execution_id = lab.create(approval())
    lab.token_of("Approve", execution_id)

    answers = [
        lab.codepipeline.get_pipeline(name=lab.name),
        lab.codepipeline.get_pipeline_state(name=lab.name),
        lab.actions(execution_id),
    ]

    assert "****" in str(answers[0])
    assert "****" in str(answers[2])
    assert lab.user.token not in str(answers)
    holders = [
        path for path in lab.cloud.home.rglob("*") if path.is_file() and lab.user.token.encode() in path.read_bytes()
    ]
    assert {path.stat().st_mode & 0o077 for path in holders} == {0}


def test_rejection(lab: Lab) -> None:
    """A rejected approval fails the execution with who and why; answering it again is refused, as is a wrong token."""
    execution_id = lab.create(approval())
    token = lab.token_of("Approve", execution_id)
    with pytest.raises(lab.codepipeline.exceptions.InvalidApprovalTokenException):
        lab.answer(str(uuid.uuid4()))
    lab.answer(token, "Rejected")

    execution = lab.ended(execution_id)

    assert execution["status"] == "Failed"
    assert "Rejected by a test" in execution["statusSummary"]
    assert lab.stage("Approve")["latestExecution"]["status"] == "Failed"
    latest = lab.stage("Approve")["actionStates"][0]["latestExecution"]
    assert latest["status"] == "Failed"
    assert latest["summary"] == "Rejected by a test"
    with pytest.raises(lab.codepipeline.exceptions.ApprovalAlreadyCompletedException):
        lab.answer(token)


def test_approval_by_sns(lab: Lab) -> None:
    """The topic gets AWS's message, with the token that approves."""
    sns, sqs = lab.cloud.client("sns"), lab.cloud.client("sqs")
    topic = sns.create_topic(Name=lab.name)["TopicArn"]
    queue = sqs.create_queue(QueueName=lab.name)["QueueUrl"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn)
    execution_id = lab.create(approval(configuration={"NotificationArn": topic, "CustomData": "look"}))
    token = lab.token_of("Approve", execution_id)

    envelope = json.loads(received(sqs, queue)["Body"])
    message = json.loads(envelope["Message"])

    assert envelope["Subject"] == f"APPROVAL NEEDED: AWS CodePipeline {lab.name} for action Ask"
    assert message["approval"]["token"] == token
    assert message["approval"]["customData"] == "look"


def test_retry_of_a_failed_stage(lab: Lab) -> None:
    """A failed stage runs again in the same execution, from the failed action; a stage that succeeded does not."""
    execution_id = lab.create(approval())
    lab.answer(lab.token_of("Approve", execution_id), "Rejected")
    lab.ended(execution_id)
    again = {"pipelineName": lab.name, "pipelineExecutionId": execution_id, "retryMode": "FAILED_ACTIONS"}
    with pytest.raises(lab.codepipeline.exceptions.StageNotRetryableException):
        lab.codepipeline.retry_stage_execution(stageName="Source", **again)

    lab.codepipeline.retry_stage_execution(stageName="Approve", **again)
    assert lab.stage("Approve")["retryStageMetadata"]["manualStageRetryAttempt"] == 1
    lab.answer(lab.token_of("Approve", execution_id))

    assert lab.ended(execution_id)["status"] == "Succeeded"
    assert [run["status"] for run in lab.actions(execution_id)] == ["Succeeded", "Failed", "Succeeded"]


def test_automatic_retry(lab: Lab) -> None:
    """A stage with onFailure RETRY runs a second time by itself, and not a third."""
    execution_id = lab.create(approval() | {"onFailure": {"result": "RETRY"}})
    first = lab.token_of("Approve", execution_id)
    lab.answer(first, "Rejected")
    second = until(
        lambda: lab.token_of("Approve", execution_id),
        lambda token: token != first,
        what="another approval than the first",
    )
    lab.answer(second, "Rejected")

    assert lab.ended(execution_id)["status"] == "Failed"


def test_superseded(lab: Lab) -> None:
    """While one execution is in a stage, the newer of two that wait for it supersedes the older."""
    first = lab.create(approval())
    token = lab.token_of("Approve", first)
    second = lab.codepipeline.start_pipeline_execution(name=lab.name)["pipelineExecutionId"]
    lab.until_inbound("Approve", second)
    third = lab.codepipeline.start_pipeline_execution(name=lab.name)["pipelineExecutionId"]

    ended = lab.ended(second)
    lab.answer(token)
    lab.answer(lab.token_of("Approve", third))

    assert ended["status"] == "Superseded"
    assert third in ended["statusSummary"]
    assert lab.ended(first)["status"] == lab.ended(third)["status"] == "Succeeded"


def test_queued(lab: Lab) -> None:
    """In mode QUEUED executions wait for each other, in order, and none is superseded."""
    first = lab.create(approval(), executionMode="QUEUED")
    others = [lab.codepipeline.start_pipeline_execution(name=lab.name)["pipelineExecutionId"] for _ in range(2)]
    for execution_id in (first, *others):
        lab.answer(lab.token_of("Approve", execution_id))

    assert {lab.ended(execution_id)["status"] for execution_id in (first, *others)} == {"Succeeded"}


def test_parallel(lab: Lab) -> None:
    """In mode PARALLEL two executions are in one stage at the same time."""
    first = lab.create(approval(), executionMode="PARALLEL")
    second = lab.codepipeline.start_pipeline_execution(name=lab.name)["pipelineExecutionId"]

    def newest() -> list[tuple[str, str]]:
        runs = [lab.actions(execution_id)[:1] for execution_id in (first, second)]
        return [(run["actionName"], run["status"]) for (run,) in runs if run]

    until(newest, lambda runs: runs == [("Ask", "InProgress")] * 2, what="both executions in stage Approve")


def test_stop_and_wait(lab: Lab) -> None:
    """The action under way ends as it would, then the execution is Stopped; nothing further starts."""
    execution_id = lab.create(approval(), approval("Second"))
    token = lab.token_of("Approve", execution_id)
    stop = {"pipelineName": lab.name, "pipelineExecutionId": execution_id, "reason": "enough"}
    lab.codepipeline.stop_pipeline_execution(**stop)
    assert lab.execution(execution_id)["status"] == "Stopping"
    with pytest.raises(lab.codepipeline.exceptions.DuplicatedStopRequestException):
        lab.codepipeline.stop_pipeline_execution(**stop)
    lab.answer(token)

    assert lab.ended(execution_id)["status"] == "Stopped"
    assert "latestExecution" not in lab.stage("Second")
    with pytest.raises(lab.codepipeline.exceptions.PipelineExecutionNotStoppableException):
        lab.codepipeline.stop_pipeline_execution(**stop)


def test_stop_and_abandon(lab: Lab) -> None:
    """The action under way is Abandoned and the execution Stopped at once, with the reason."""
    execution_id = lab.create(approval())
    lab.token_of("Approve", execution_id)
    lab.codepipeline.stop_pipeline_execution(
        pipelineName=lab.name, pipelineExecutionId=execution_id, abandon=True, reason="enough"
    )

    execution = lab.ended(execution_id)

    assert (execution["status"], execution["statusSummary"]) == ("Stopped", "enough")
    assert lab.actions(execution_id)[0]["status"] == "Abandoned"


def test_disabled_transition(lab: Lab) -> None:
    """An execution waits where the transition is disabled, and goes on when it is enabled."""
    transition = {"pipelineName": lab.name, "stageName": "Approve", "transitionType": "Inbound"}
    first = lab.create(approval())
    lab.answer(lab.token_of("Approve", first))
    lab.ended(first)
    lab.codepipeline.disable_stage_transition(**transition, reason="frozen")
    second = lab.codepipeline.start_pipeline_execution(name=lab.name)["pipelineExecutionId"]
    lab.until_inbound("Approve", second)
    assert lab.stage("Approve")["inboundTransitionState"]["disabledReason"] == "frozen"

    lab.codepipeline.enable_stage_transition(**transition)
    lab.answer(lab.token_of("Approve", second))

    assert lab.ended(second)["status"] == "Succeeded"


def test_source_revision_and_variables(lab: Lab) -> None:
    """A start may name the commit and the pipeline's variables; the same request token starts nothing new."""
    lab.push("two")
    variables = [{"name": "Depth", "defaultValue": "6"}]
    stage = approval(configuration={"CustomData": "#{Source.CommitId} #{variables.Depth}"})
    first = lab.create(stage, variables=variables, executionMode="PARALLEL")
    lab.token_of("Approve", first)  # the state of a stage shows the execution that came last
    start = {
        "name": lab.name,
        "sourceRevisions": [
            {"actionName": "GitHub", "revisionType": "COMMIT_ID", "revisionValue": lab.first_commit},
        ],
        "variables": [{"name": "Depth", "value": "3"}],
        "clientRequestToken": str(uuid.uuid4()),
    }
    execution_id = lab.codepipeline.start_pipeline_execution(**start)["pipelineExecutionId"]
    lab.token_of("Approve", execution_id)

    assert lab.codepipeline.start_pipeline_execution(**start)["pipelineExecutionId"] == execution_id
    shown = lab.actions(execution_id)[0]["input"]["resolvedConfiguration"]["CustomData"]
    assert shown == f"{lab.first_commit} 3"


def test_wrong_token(lab: Lab) -> None:
    """The source action fails with AWS's words, cause and remedy; the webhook's registration too."""
    execution_id = lab.create(approval(), source=lab.source(token="wrong"))
    execution = lab.ended(execution_id)
    lab.webhook()

    with pytest.raises(ClientError) as refused:
        lab.codepipeline.register_webhook_with_third_party(webhookName=f"{lab.name}-hook")

    assert execution["status"] == "Failed"
    assert "insufficient permissions" in execution["statusSummary"]
    assert "Bad credentials" in execution["statusSummary"]
    assert "Invalid credentials" in str(refused.value)
    assert "Give action GitHub a token that GitHub accepts" in str(refused.value)


def test_missing_branch(lab: Lab) -> None:
    """The source action names the branch that is not there."""
    execution = lab.ended(lab.create(approval(), source=lab.source(branch="release")))

    assert execution["status"] == "Failed"
    assert '"release"' in execution["statusSummary"]


def test_a_push_starts_the_pipeline(lab: Lab) -> None:
    """From git push over the hook to an execution of that very commit; another branch starts nothing."""
    lab.answer(lab.token_of("Approve", lab.create(approval())))
    webhook = lab.webhook()
    assert webhook["definition"]["authenticationConfiguration"]["SecretToken"] == "****"
    lab.codepipeline.register_webhook_with_third_party(webhookName=webhook["definition"]["name"])
    git(lab.folder, "push", "--quiet", lab.user.remote(lab.repository), "main:other")

    sha = lab.push("two")

    started = until(lambda: lab.started_by("Webhook"), what="an execution that the webhook started")
    execution_id = started[0]["pipelineExecutionId"]
    lab.answer(lab.token_of("Approve", execution_id))
    execution = lab.ended(execution_id)
    assert execution["artifactRevisions"][0]["revisionId"] == sha
    assert execution["trigger"]["triggerDetail"] == webhook["arn"]
    assert len(lab.started_by("Webhook")) == 1
    assert lab.codepipeline.list_webhooks()["webhooks"][-1]["lastTriggered"]
    lab.codepipeline.deregister_webhook_with_third_party(webhookName=webhook["definition"]["name"])
    assert json.loads(lab.user.api("GET", f"/repos/{lab.repository}/hooks")[1]) == []


@pytest.mark.parametrize("headers", [{}, signatures("another secret", b'{"ref": "refs/heads/main"}')])
def test_bad_signature(lab: Lab, headers: dict[str, str]) -> None:
    """A delivery without a signature, or with another secret's, is refused and starts nothing."""
    lab.create(approval())

    status, text = post(lab.webhook()["url"], b'{"ref": "refs/heads/main"}', headers)

    assert status == 403
    assert "signature" in text
    assert len(lab.codepipeline.list_pipeline_executions(pipelineName=lab.name)["pipelineExecutionSummaries"]) == 1


def test_refusals(lab: Lab) -> None:
    """What is not supported is refused by name when the pipeline is made; nothing is left of it."""
    deploy = approval()
    deploy["actions"][0]["actionTypeId"] |= {"category": "Deploy", "provider": "ECS"}
    with pytest.raises(ClientError, match="Deploy/AWS/ECS/1"):
        lab.create(deploy)
    with pytest.raises(ClientError, match=r"onFailure\.result ROLLBACK"):
        lab.create(approval() | {"onFailure": {"result": "ROLLBACK"}})
    with pytest.raises(lab.codepipeline.exceptions.PipelineNotFoundException):
        lab.codepipeline.get_pipeline(name=lab.name)


def test_update_delete_and_tags(lab: Lab) -> None:
    """Executions keep the version that they started with; a deleted pipeline is gone, and twice is no error."""
    execution_id = lab.create(approval())
    token = lab.token_of("Approve", execution_id)
    found = lab.codepipeline.get_pipeline(name=lab.name)
    declaration = found["pipeline"]
    declaration["stages"][0] = lab.source()
    declaration["stages"][1]["name"] = "Renamed"
    updated = lab.codepipeline.update_pipeline(pipeline=declaration)["pipeline"]
    arn = found["metadata"]["pipelineArn"]
    lab.codepipeline.tag_resource(resourceArn=arn, tags=[{"key": "a", "value": "1"}, {"key": "b", "value": "2"}])
    lab.codepipeline.untag_resource(resourceArn=arn, tagKeys=["a"])

    assert updated["version"] == 2
    assert lab.codepipeline.get_pipeline(name=lab.name, version=1)["pipeline"]["stages"][1]["name"] == "Approve"
    assert lab.codepipeline.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "b", "value": "2"}]
    assert lab.execution(execution_id)["pipelineVersion"] == 1
    assert token
    for _ in range(2):
        lab.codepipeline.delete_pipeline(name=lab.name)
    assert lab.name not in [known["name"] for known in lab.codepipeline.list_pipelines()["pipelines"]]
