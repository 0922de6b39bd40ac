"""With whose permissions the engines work: the role that a job, a crawler, a container or an action names."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

import pytest

from bench.lab.sagemaker_world import World
from tests.clouds import LocalCloud, run_localcloud
from tests.local.codepipeline_lab import Lab
from tests.local.iam_account import Account, allow, policy, refused
from tests.waiting import until


def trusting(service: str) -> str:
    principal = {"Service": f"{service}.amazonaws.com"}
    return policy({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


# ---- SageMaker


def test_a_role_pulls_the_image(account: Account, sagemaker_world: World) -> None:
    """Without ecr:BatchGetImage on AWS's own repository, a job fails before anything else is done."""
    pulling = allow(["ecr:GetAuthorizationToken"])
    role = account.role(pulling, allow(["s3:*", "logs:*"]), trusting=trusting("sagemaker"))
    job = sagemaker_world.train(account.name, RoleArn=role)
    assert job["TrainingJobStatus"] == "Failed"
    assert "Cannot pull algorithm container" in job["FailureReason"]
    repository = "arn:aws:ecr:us-east-1:683313688378:repository/sagemaker-xgboost"
    assert f"ecr:BatchGetImage on resource: {repository}" in job["FailureReason"]


def test_a_role_that_may_not_log_loses_its_log(account: Account, sagemaker_world: World) -> None:
    """As on AWS, the job goes on; the denied calls are the first thing that `status` shows."""
    sagemaker_world.put_features()
    role = account.role(allow(["s3:*", "ecr:*"]), trusting=trusting("sagemaker"))
    job = sagemaker_world.train(account.name, RoleArn=role)
    assert job["TrainingJobStatus"] == "Completed", job
    assert job["FinalMetricDataList"]
    shown = run_localcloud(account.cloud.home, "status").stdout
    for action in ("logs:DescribeLogStreams", "cloudwatch:PutMetricData"):
        assert f"assumed-role/{account.name}/SageMaker-{account.name} is not authorized to perform: {action}" in shown


# ---- Glue


def test_a_job_writes_its_log_as_its_role(account: Account, bucket: str) -> None:
    """Without logs:CreateLogStream the run fails at its launch, and names the action and the group."""
    role = account.role(allow("s3:*"), trusting=trusting("glue"))
    glue = account.cloud.client("glue")
    command = {"Name": "glueetl", "PythonVersion": "3", "ScriptLocation": f"s3://{bucket}/raw/a.csv"}
    glue.create_job(Name=account.name, Role=role, Command=command, GlueVersion="5.1")
    run = glue.start_job_run(JobName=account.name)["JobRunId"]

    ended = until(
        lambda: glue.get_job_run(JobName=account.name, RunId=run)["JobRun"],
        lambda found: found["JobRunState"] in {"FAILED", "SUCCEEDED"},
        what="the end of the run",
    )
    assert ended["JobRunState"] == "FAILED"
    assert f"assumed-role/{account.name}/GlueJobRunnerSession" in ended["ErrorMessage"]
    assert "logs:CreateLogStream on resource" in ended["ErrorMessage"]
    assert ":log-group:/aws-glue/jobs/output" in ended["ErrorMessage"]


# ---- CodePipeline


@pytest.fixture
def lab(local_cloud: LocalCloud, tmp_path: Path) -> Lab:
    return Lab(local_cloud, tmp_path)


@pytest.mark.parametrize("trusted", [True, False])
def test_an_action_with_a_role_of_its_own(account: Account, lab: Lab, trusted: bool) -> None:
    """The pipeline's role assumes the action's, which has to trust it; the action is done with the action's alone."""
    whom = lab.role_arn if trusted else "arn:aws:iam::210987654321:root"
    trust = policy({"Effect": "Allow", "Principal": {"AWS": whom}, "Action": "sts:AssumeRole"})
    action = {
        "name": "Do",
        "actionTypeId": {"category": "Build", "owner": "AWS", "provider": "CodeBuild", "version": "1"},
        "configuration": {"ProjectName": lab.name},
        "inputArtifacts": [{"name": "SourceOutput"}],
        "roleArn": account.role(trusting=trust),
    }
    execution = lab.create({"name": "Build", "actions": [action]})
    assert lab.ended(execution)["status"] == "Failed"
    done = next(found for found in lab.actions(execution) if found["actionName"] == "Do")
    said = json.dumps(done["output"]["executionResult"])
    if trusted:
        assert f"assumed-role/{account.name}/{lab.name} is not authorized to perform: codebuild:StartBuild" in said
    else:
        assert f"assumed-role/{lab.name}/{lab.name} is not authorized to perform: sts:AssumeRole" in said


# ---- CloudFormation


def test_a_template_is_read_with_its_callers_rights(account: Account, bucket: str) -> None:
    """A template in S3 is read with the permissions of whoever names it."""
    template = {"Resources": {"T": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "v"}}}}
    account.cloud.client("s3").put_object(Bucket=bucket, Key="t.json", Body=json.dumps(template))
    keys = account.user(allow("cloudformation:*"), allow("ssm:*"))
    client = account.client("cloudformation", keys)
    name = f"s{uuid.uuid4().hex[:8]}"
    url = f"{account.cloud.endpoint_url}/{bucket}/t.json"
    with refused("ValidationError", "s3:GetObject"):
        client.create_stack(StackName=name, TemplateURL=url)
    document = policy(allow("cloudformation:*"), allow("ssm:*"), allow("s3:GetObject", f"arn:aws:s3:::{bucket}/t.json"))
    account.iam.put_user_policy(UserName=account.name, PolicyName="p", PolicyDocument=document)
    client.create_stack(StackName=name, TemplateURL=url)
