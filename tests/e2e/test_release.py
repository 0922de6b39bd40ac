"""The walk from `git push` to PROD, and a second one."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.e2e.conftest import User

ROW = "low,low,5more,more,big,high"


def test_head_is_in_prod(released: User) -> None:
    """PROD answers a real request with the label, and QA is cleaned up."""
    assert released.ask(ROW) == "vgood"
    assert released.ask("vhigh,vhigh,2,2,small,low") == "unacc"
    assert released.stack_status("CarEvaluationProd") == "CREATE_COMPLETE"
    released.until_qa_is_gone()


def test_the_package_says_where_it_comes_from(released: User) -> None:
    """The newest model package is Approved, has three containers, and names the pushed commit."""
    package = released.packages()[0]
    head = released.run("git", "rev-parse", "HEAD").stdout.strip()
    assert package["ModelApprovalStatus"] == "Approved"
    assert len(package["InferenceSpecification"]["Containers"]) == 3
    assert package["CustomerMetadataProperties"]["commit"] == head


def test_status_and_logs_show_the_run(released: User) -> None:
    """`make status` has every stage's actions, `make logs` a step's whole log; an unknown action is named."""
    status = released.script("status").stdout
    assert "Succeeded" in status
    for stage in ("Source", "Build", "Data", "Train", "QA", "PROD"):
        assert stage in status
    assert "PROMOTE" in released.script("logs", "car_evaluation", "Gate").stdout
    unknown = released.script("logs", "car_evaluation", "Nonsense", check=False)
    assert unknown.returncode != 0
    assert "Nonsense" in unknown.stderr


def test_logs_are_forgotten_after_90_days(released: User) -> None:
    """Every log group expires but for two that AWS's services share between all of an account's."""
    groups = released.cloud.client("logs").describe_log_groups()["logGroups"]
    kept = {group["logGroupName"]: group.get("retentionInDays") for group in groups}
    assert {name for name, days in kept.items() if days != 90} == {"/aws-glue/crawlers", "/aws/sagemaker/TrainingJobs"}
    assert {"/aws-glue/jobs/car_evaluation/output", "/aws/sagemaker/Endpoints/car-evaluation-prod"} <= set(kept)


def test_the_same_push_again_does_nothing(released: User) -> None:
    """A commit that is in PROD starts no second execution, and the user reads as which version it was released."""
    before = executions(released)
    push = released.push()
    assert executions(released) == before
    assert re.search(
        r"Nothing to push: \w{10}, car_evaluation version 1, is released already\.$", push.output, re.MULTILINE
    )
    assert "✓" not in push.output


def test_another_branch_releases_only_if_it_is_named(released: User) -> None:
    """On a branch of its own, nothing is pushed, and the user reads how they would release it all the same."""
    before = executions(released)
    released.run("git", "switch", "--quiet", "--create", "feature")
    try:
        refused = released.push(check=False)
        named = released.script("push", "car_evaluation", "--from", "feature")
    finally:
        released.run("git", "switch", "--quiet", "main")
        released.run("git", "branch", "--quiet", "--delete", "feature")
    assert refused.returncode != 0
    assert "You are on branch feature, and what reaches main is released." in refused.output
    assert "make push WORKLOAD=car_evaluation FROM=feature" in refused.output
    assert "is released already" in named.stdout  # it is main's commit
    assert executions(released) == before


def test_a_push_takes_no_commit_back(released: User) -> None:
    """If the branch has a commit that HEAD lacks, nothing is pushed, and the user reads how to push all the same."""
    before = executions(released)
    released.run("git", "commit", "--quiet", "--amend", "--no-edit", "--date", "2001-01-01T00:00:00")
    try:
        refused = released.script("push", "car_evaluation", check=False)
    finally:
        released.run("git", "reset", "--quiet", "--hard", "HEAD@{1}")
    assert refused.returncode != 0
    assert "has commits that HEAD lacks" in refused.stderr
    assert "make push WORKLOAD=car_evaluation FORCE=1" in refused.stderr
    assert executions(released) == before


def executions(user: User) -> list[str]:
    """The ids of the pipeline's executions, newest first."""
    codepipeline = user.cloud.client("codepipeline")
    name = codepipeline.list_pipelines()["pipelines"][0]["name"]
    found = codepipeline.list_pipeline_executions(pipelineName=name)["pipelineExecutionSummaries"]
    return [each["pipelineExecutionId"] for each in found]


def test_a_second_release_replaces_model_and_config_under_traffic(released: User) -> None:
    """A change goes to PROD as a new Model and EndpointConfig, and no request of the meantime is lost."""
    sagemaker = released.cloud.client("sagemaker")
    endpoint = released.outputs("CarEvaluationProd")["EndpointName"]
    before = sagemaker.describe_endpoint(EndpointName=endpoint)
    with released.asking(endpoint, ROW) as answers:
        released.commit(
            lambda clone: change(
                clone / "ml_training/car_evaluation/training.toml", r"(?m)^(max_depth\s*=\s*)(\d+)", r"\g<1>6"
            ),
            "Shallower trees",
        )
        released.push()

    after = sagemaker.describe_endpoint(EndpointName=endpoint)
    assert after["EndpointStatus"] == "InService"
    assert after["EndpointConfigName"] != before["EndpointConfigName"]
    assert len(answers) > 50
    assert set(answers) == {"vgood"}
    released.until_qa_is_gone()
    names = [model["ModelName"] for model in sagemaker.list_models()["Models"]]
    assert len(names) == 1, f"the first release's Model should be gone: {names}"
    second, first = released.packages()
    report = gate_report(released, second)
    assert report["champion"] == {"endpoint": endpoint, "model_package_arn": first["ModelPackageArn"]}
    assert report["gains"][0]["rows"] == 289
    # On a busy machine the times are taken up to three times.
    assert len(report["champion_milliseconds"]) in (289, 578, 867)


def gate_report(user: User, package: dict[str, Any]) -> dict[str, Any]:
    """The gate's report, where the package's approval says that it lies."""
    page = urlsplit(package["ApprovalDescription"].rpartition(" ")[2])
    key = page.path.lstrip("/").replace("gate.html", "gate.json")
    body = user.cloud.client("s3").get_object(Bucket=page.netloc, Key=key)["Body"].read()
    found: dict[str, Any] = json.loads(body)
    return found


def reported_while_learning(report: dict[str, Any]) -> dict[str, int]:
    """The metrics of the training curve, in the report's order, each with how often the job has reported it."""
    assert report["curve"]["unknown"] == ""
    return {metric["name"]: metric["count"] for metric in report["curve"]["metrics"]}


def change(path: Path, pattern: str, replacement: str) -> None:
    """Replaces what the pattern matches; a pattern that matches nothing is a mistake of the test."""
    text, count = re.subn(pattern, replacement, path.read_text())
    assert count, f"{pattern} is not in {path}"
    path.write_text(text)
