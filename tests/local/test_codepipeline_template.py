"""A pipeline and its webhook made by CloudFormation, with the token out of Secrets Manager."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import WaiterError

from tests.clouds import LocalCloud
from tests.local.codepipeline_lab import Lab, approval
from tests.waiting import WAITER, until


@pytest.fixture
def lab(local_cloud: LocalCloud, tmp_path: Path) -> Lab:
    return Lab(local_cloud, tmp_path)


def template(lab: Lab) -> str:
    """As CDK writes it: the same secret is the source action's token and the webhook's."""
    secret = f"{{{{resolve:secretsmanager:{lab.name}:SecretString:::}}}}"
    source, approve = lab.source(), approval()
    source["actions"][0]["configuration"] |= {"OAuthToken": secret, "PollForSourceChanges": False}
    pipeline = {
        "RoleArn": lab.role_arn,
        "PipelineType": "V2",
        "ArtifactStore": {"Type": "S3", "Location": lab.bucket},
        "Stages": [_spelled(source), _spelled(approve)],
    }
    webhook = {
        "Authentication": "GITHUB_HMAC",
        "AuthenticationConfiguration": {"SecretToken": secret},
        "Filters": [{"JsonPath": "$.ref", "MatchEquals": "refs/heads/{Branch}"}],
        "RegisterWithThirdParty": True,
        "TargetAction": "GitHub",
        "TargetPipeline": {"Ref": "Pipeline"},
        "TargetPipelineVersion": 1,
    }
    resources = {
        "Pipeline": {"Type": "AWS::CodePipeline::Pipeline", "Properties": pipeline},
        "Webhook": {"Type": "AWS::CodePipeline::Webhook", "Properties": webhook},
    }
    return json.dumps({"Resources": resources, "Outputs": {"Name": {"Value": {"Ref": "Pipeline"}}}})


def _spelled(value: Any) -> Any:
    """The API's spelling as CloudFormation has it; a configuration's keys are the same in both."""
    if isinstance(value, list):
        return [_spelled(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {key[0].upper() + key[1:]: each if key == "configuration" else _spelled(each) for key, each in value.items()}


def deployed(lab: Lab, token: str) -> dict[str, Any]:
    """The stack at its end, created with this token in the secret."""
    lab.cloud.client("secretsmanager").create_secret(Name=lab.name, SecretString=token)
    cloudformation = lab.cloud.client("cloudformation")
    cloudformation.create_stack(StackName=lab.name, TemplateBody=template(lab))
    waiter = cloudformation.get_waiter("stack_create_complete")
    with contextlib.suppress(WaiterError):  # the status says what became of it
        waiter.wait(StackName=lab.name, WaiterConfig=WAITER)
    return dict(cloudformation.describe_stacks(StackName=lab.name)["Stacks"][0])


def test_a_push_starts_the_deployed_pipeline(lab: Lab) -> None:
    """Its webhook is registered with the secret's token; deleting the stack takes the hook away at GitHub."""
    stack = deployed(lab, lab.user.token)
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    lab.name = stack["Outputs"][0]["OutputValue"]
    sha = lab.push("two")

    def triggered() -> list[dict[str, Any]]:
        found = lab.codepipeline.list_pipeline_executions(pipelineName=lab.name)["pipelineExecutionSummaries"]
        return [execution for execution in found if execution["trigger"]["triggerType"] == "Webhook"]

    execution_id = until(triggered, what="an execution that the webhook started")[0]["pipelineExecutionId"]

    revisions = until(lambda: lab.execution(execution_id)["artifactRevisions"], what="the execution's commit")
    assert revisions[0]["revisionId"] == sha
    lab.cloud.client("cloudformation").delete_stack(StackName=stack["StackName"])
    until(
        lambda: json.loads(lab.user.api("GET", f"/repos/{lab.repository}/hooks")[1]),
        lambda hooks: hooks == [],
        what="a repository without a hook",
    )


def test_a_wrong_token_in_the_secret(lab: Lab) -> None:
    """The stack is rolled back, and its events name cause and remedy, and not the token."""
    stack = deployed(lab, "ghp_a_wrong_token")

    events = lab.cloud.client("cloudformation").describe_stack_events(StackName=stack["StackId"])["StackEvents"]
    reasons = [event.get("ResourceStatusReason", "") for event in events if event["LogicalResourceId"] == "Webhook"]

    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert any("Invalid credentials" in reason and "a token that GitHub accepts" in reason for reason in reasons)
    assert "ghp_a_wrong_token" not in str(events)
