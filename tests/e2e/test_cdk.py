"""The real `cdk` command against the local cloud, through a pipeline stack's whole life."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clouds import LocalCloud
from tests.e2e.conftest import User, clone_of_the_working_tree

STACK = "CarEvaluationPipeline"


@pytest.fixture(scope="module")
def user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[User]:
    cloud = LocalCloud.up(tmp_path_factory.mktemp("localcloud"))
    yield User(cloud=cloud, clone=clone_of_the_working_tree(tmp_path_factory.mktemp("user") / "project"))
    cloud.down()


def cdk(user: User, *arguments: str, check: bool = True) -> str:
    # Without the other workloads, a synthesis takes half of the time.
    done = user.run("cdk", *arguments, "--ci", "--context", "workload=car_evaluation", check=check)
    return done.stdout + done.stderr


def test_a_wrong_github_token_fails_the_deploy_and_leaves_nothing(user: User) -> None:
    """The webhook's registration names cause and remedy, and the failed create is rolled back."""
    user.cloud.client("secretsmanager").create_secret(Name="gatehouse/github-token", SecretString="wrong")
    cdk(user, "bootstrap", "aws://123456789012/us-east-1")

    said = cdk(user, "deploy", STACK, "--require-approval", "never", check=False)

    assert "ROLLBACK_COMPLETE" in said
    assert re.search(r"token", said, re.IGNORECASE)
    assert "Bad credentials" in said
    assert "wrong" not in re.sub(r"(?i)went wrong|something wrong", "", said), "the token itself is not shown"
    assert user.cloud.client("codepipeline").list_pipelines()["pipelines"] == []


def test_a_whole_life(user: User) -> None:
    """cdk deploys, deploys unchanged, diffs, deploys a change, rolls back a change that fails, and destroys."""
    user.script("deploy", "car_evaluation")
    assert user.stack_status(STACK) == "CREATE_COMPLETE"
    assert "There were no differences" in cdk(user, "diff", STACK)
    assert "no changes" in cdk(user, "deploy", STACK)

    settings = user.clone / "gatehouse.toml"
    before = settings.read_text()
    settings.write_text(re.sub(r'(?m)^branch\s*=\s*".*"', 'branch = "release"', before))
    assert "release" in cdk(user, "diff", STACK)
    cdk(user, "deploy", STACK, "--require-approval", "never")
    assert user.stack_status(STACK) == "UPDATE_COMPLETE"
    assert branch(user) == "release"

    settings.write_text(re.sub(r'(?m)^branch\s*=\s*".*"', 'branch = "other"', before))
    user.cloud.client("secretsmanager").put_secret_value(SecretId="gatehouse/github-token", SecretString="revoked")
    break_the_pipeline(user.clone)
    said = cdk(user, "deploy", STACK, "--require-approval", "never", check=False)
    assert "UPDATE_ROLLBACK_COMPLET" in said  # cdk's column is 23 wide
    assert user.stack_status(STACK) == "UPDATE_ROLLBACK_COMPLETE"
    assert branch(user) == "release"

    user.run("git", "checkout", "--quiet", ".")
    user.script("deploy", "car_evaluation")
    cdk(user, "destroy", STACK, "--force")
    assert user.stack_status(STACK) is None
    assert user.cloud.client("codepipeline").list_pipelines()["pipelines"] == []


def branch(user: User) -> str:
    codepipeline = user.cloud.client("codepipeline")
    name = codepipeline.list_pipelines()["pipelines"][0]["name"]
    source = codepipeline.get_pipeline(name=name)["pipeline"]["stages"][0]["actions"][0]
    return str(source["configuration"]["Branch"])


def break_the_pipeline(clone: Path) -> None:
    """A stack whose last resource cannot be made: a topic policy that is no policy."""
    app = clone / "app.py"
    app.write_text(
        app.read_text().replace(
            "app.synth()",
            "import aws_cdk as cdk\n"
            "from aws_cdk import aws_sns as sns\n"
            f"stack = app.node.find_child('{STACK}')\n"
            "topic = cdk.CfnResource(stack, 'Broken', type='AWS::SNS::TopicPolicy',"
            " properties={'Topics': ['arn:aws:sns:us-east-1:123456789012:none'],"
            " 'PolicyDocument': {'Version': '2012-10-17', 'Statement': []}})\n"
            "app.synth()",
        )
    )
    assert "Broken" in app.read_text()
