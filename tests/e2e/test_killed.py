"""The local cloud is killed with all that stands in it, and started again. The chapters that follow push to it."""

from typing import Any

from tests.e2e.conftest import User
from tests.e2e.test_release import ROW


def what_stands(user: User) -> dict[str, Any]:
    """What the user can see: stacks, releases, runs, the repository, the token, and what PROD answers."""
    client = user.cloud.client
    pipeline = client("codepipeline").list_pipelines()["pipelines"][0]["name"]
    runs = client("codepipeline").list_pipeline_executions(pipelineName=pipeline)["pipelineExecutionSummaries"]
    objects = {
        bucket["Name"]: [
            (version["Key"], version["VersionId"], version["ETag"])
            for page in client("s3").get_paginator("list_object_versions").paginate(Bucket=bucket["Name"])
            for version in page.get("Versions", [])
            if "capture/" not in version["Key"]  # each answer to the user is one more
        ]
        for bucket in client("s3").list_buckets()["Buckets"]
    }
    return {
        "stacks": client("cloudformation").list_stacks()["StackSummaries"],
        "outputs": user.outputs("CarEvaluationProd"),
        "packages": [
            {key: value for key, value in package.items() if key != "ResponseMetadata"} for package in user.packages()
        ],
        "runs": runs,
        "actions": client("codepipeline").list_action_executions(pipelineName=pipeline)["actionExecutionDetails"],
        "objects": objects,
        "secrets": [secret["ARN"] for secret in client("secretsmanager").list_secrets()["SecretList"]],
        "log groups": [group["arn"] for group in client("logs").describe_log_groups()["logGroups"]],
        "answer": user.ask(ROW),
    }


def containers(user: User) -> int:
    """How many containers serve."""
    return sum("serve.py" in line for line in user.processes())


def test_everything_is_there_after_a_kill(released: User) -> None:
    """PROD answers as it did, everything that stood stands, and no container of before runs on."""
    before, serving = what_stands(released), containers(released)
    released.cloud.kill()
    released.cloud.start_again()
    after = what_stands(released)
    for what, seen in before.items():
        assert after[what] == seen, what
    assert len(before["objects"]) > 2
    assert containers(released) == serving >= 3
