"""An earlier release goes back into PROD: also when the pipeline is red, and never a version that must not serve."""

import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clouds import PROJECT, LocalCloud
from tests.e2e.conftest import User
from tests.e2e.test_release import ROW, change
from tests.waiting import until

STACK = "CarEvaluationProd"


def version_of(package) -> int:
    return int(package["ModelPackageVersion"])


def in_prod(user: User) -> int:
    """The version that PROD's endpoint serves, asked through its config and its model."""
    sagemaker = user.cloud.client("sagemaker")
    endpoint = sagemaker.describe_endpoint(EndpointName=user.outputs(STACK)["EndpointName"])
    config = sagemaker.describe_endpoint_config(EndpointConfigName=endpoint["EndpointConfigName"])
    model = sagemaker.describe_model(ModelName=config["ProductionVariants"][0]["ModelName"])
    return int(model["PrimaryContainer"]["ModelPackageName"].rpartition("/")[2])


def approved(user: User) -> list[int]:
    return [version_of(package) for package in user.packages() if package["ModelApprovalStatus"] == "Approved"]


@pytest.fixture(scope="module")
def two_releases(released: User) -> User:
    """A user who has released at least twice; the chapters before this one did."""
    if len(approved(released)) < 2:
        released.commit(
            lambda clone: change(
                clone / "ml_training/car_evaluation/training.toml", r"(?m)^(max_depth\s*=\s*)(\d+)", r"\g<1>6"
            ),
            "Shallower trees",
        )
        released.push()
    return released


@pytest.fixture(scope="module")
def released_last(two_releases: User) -> int:
    """The version that PROD serves before anything is rolled back."""
    return in_prod(two_releases)


@pytest.fixture(scope="module")
def red(two_releases: User, released_last: int) -> User:
    """... and whose latest push failed."""

    def edit(clone: Path) -> None:
        (clone / "app.py").write_text("raise SystemExit('broken')\n")

    assert released_last in approved(two_releases)
    assert two_releases.push_on_a_branch_of_its_own(edit, "Breaks synthesis").returncode != 0
    return two_releases


def test_releases_says_what_serves_since_when(two_releases: User) -> None:
    """`make releases` lists the versions, newest first, with commit, verdict and what PROD serves."""
    said = two_releases.script("releases", "car_evaluation").stdout
    lines = said.splitlines()
    newest = two_releases.packages()[0]
    assert lines[1].startswith(f"{version_of(newest)} ")
    assert newest["CustomerMetadataProperties"]["commit"][:10] in lines[1]
    serving = next(line for line in lines if " serves since " in line)
    assert serving.split()[0] == str(in_prod(two_releases))
    assert "PROMOTE" in serving
    assert "Approved" in serving
    assert sum(" served from " in line for line in lines) >= 1
    assert "InService" in lines[-1]


def test_nothing_released_yet(two_releases: User) -> None:
    """A workload without a release is told how to make one, and there is nothing to roll back."""
    if two_releases.stack_status("CreditDefaultProd"):
        pytest.skip("credit_default was released before in this session")
    assert "nothing was released yet" in two_releases.script("releases", "credit_default").stdout
    refused = two_releases.script("rollback", "credit_default", check=False)
    assert refused.returncode != 0
    assert "nothing was released to PROD yet" in refused.stderr


@pytest.mark.parametrize("wanted", ["unknown", "serving", "rejected"])
def test_what_cannot_be_put_back_is_refused(two_releases: User, wanted: str) -> None:
    """An unknown version, the one that serves and one that is not approved are refused by name; PROD is untouched."""
    present = in_prod(two_releases)
    sagemaker = two_releases.cloud.client("sagemaker")
    other = next(package for package in two_releases.packages() if version_of(package) != present)
    version = {"unknown": 4711, "serving": present, "rejected": version_of(other)}[wanted]
    says = {"unknown": "is not in the registry", "serving": "already", "rejected": "approved releases only"}[wanted]
    before = other["ModelApprovalStatus"]
    if wanted == "rejected":
        sagemaker.update_model_package(ModelPackageArn=other["ModelPackageArn"], ModelApprovalStatus="Rejected")
    try:
        refused = two_releases.script("rollback", "car_evaluation", "--to", str(version), check=False)
    finally:
        sagemaker.update_model_package(ModelPackageArn=other["ModelPackageArn"], ModelApprovalStatus=before)
    assert refused.returncode != 0
    assert says in refused.stderr
    assert str(version) in refused.stderr
    assert in_prod(two_releases) == present


def test_rollback_with_a_red_pipeline_under_traffic(red: User) -> None:
    """What served before is put back, verified and timed while requests are answered; door and topic hear of it.

    Whoever does it has no right but those that docs/releases.md names.
    """
    present = in_prod(red)
    queue = subscribed(red)
    with red.asking(red.outputs(STACK)["EndpointName"], ROW) as answers:
        said = rollback_as_on_call(red)
    earlier = in_prod(red)
    assert earlier < present
    assert earlier in approved(red)
    assert red.outputs(STACK)["ServedPackageArn"].endswith(f"/{earlier}")
    through_the_door = json.loads(red.script("call", "car_evaluation", ROW).stdout)
    assert (through_the_door["label"], through_the_door["release"]) == ("vgood", earlier)
    assert set(answers) == {"vgood"}
    timed = re.search(r"PROD serves version (\d+) .*verified\. rollback: ([\d.]+) s in all", said)
    assert timed, said
    assert int(timed[1]) == earlier
    (told,) = [text for text in messages(red, queue) if f"PROD serves version {earlier} (rollback)" in text]
    for words in (f"instead of version {present}", "user/on-call", "- accuracy 0.", "/gate.html"):
        assert words in told
    table = red.script("releases", "car_evaluation").stdout.splitlines()
    assert next(line for line in table if " serves since " in line).split()[0] == str(earlier)


def test_a_stack_that_is_being_changed_is_left_alone(red: User, released_last: int) -> None:
    """A rollback while PROD is being changed is refused, with what it is busy with; then forward again by name."""
    first: list[str] = []
    forward = threading.Thread(
        target=lambda: first.append(red.script("rollback", "car_evaluation", "--to", str(released_last)).stdout)
    )
    forward.start()
    red.until_stack(STACK, lambda status: status == "UPDATE_IN_PROGRESS", what="in UPDATE_IN_PROGRESS")
    refused = red.script("rollback", "car_evaluation", check=False)
    forward.join()
    assert refused.returncode != 0
    assert "is being changed right now" in refused.stderr
    assert f"PROD serves version {released_last} " in first[0]
    assert in_prod(red) == released_last


@pytest.fixture
def ringing(red: User) -> Iterator[str]:
    """An alarm of PROD that really rings: no answer takes less than the microsecond that it allows for now."""
    cloudwatch = red.cloud.client("cloudwatch")
    alarms = cloudwatch.describe_alarms(AlarmNamePrefix=f"{STACK}-")["MetricAlarms"]
    (alarm,) = [each for each in alarms if each["MetricName"] == "ModelLatency"]
    asked = {
        name: value
        for name, value in alarm.items()
        if name != "AlarmArn" and not name.startswith("State") and name != "AlarmConfigurationUpdatedTimestamp"
    }
    cloudwatch.put_metric_alarm(**asked | {"Threshold": 1.0})
    # An alarm's minute lasts 0.6 s here, and each must have an answer, on a slow machine too.
    with red.asking(red.outputs(STACK)["EndpointName"], ROW, every_seconds=0.05):
        wait_for_alarm(red.cloud, alarm["AlarmName"], "ALARM")
        yield alarm["AlarmName"]
    cloudwatch.put_metric_alarm(**asked)
    wait_for_alarm(red.cloud, alarm["AlarmName"], "OK")


def test_a_rollback_while_an_alarm_rings(red: User, released_last: int, ringing: str) -> None:
    """All traffic moves at once, and the output says so, for the alarm would send the rollback back."""
    said = red.script("rollback", "car_evaluation").stdout
    assert f"The alarm {ringing} rings: car-evaluation-prod: 1 % of requests take more than" in said
    assert "So all the traffic moves at once, and no alarm watches" in said
    earlier = in_prod(red)
    assert earlier < released_last
    assert f"PROD serves version {earlier} " in said
    deployment = red.cloud.client("sagemaker").describe_endpoint(EndpointName="car-evaluation-prod")
    assert "AutoRollbackConfiguration" not in deployment["LastDeploymentConfig"]
    now = red.script("rollback", "car_evaluation", "--to", str(released_last), "--now").stdout
    assert "moves at once, as asked" in now
    assert in_prod(red) == released_last


def rollback_as_on_call(user: User) -> str:
    """What `make rollback` prints for somebody with exactly the policy of docs/releases.md."""
    iam, client = user.cloud.client("iam"), user.cloud.client
    resources = client("cloudformation").describe_stack_resources(StackName="CarEvaluationPipeline")["StackResources"]
    topic = next(r["PhysicalResourceId"] for r in resources if r["ResourceType"] == "AWS::SNS::Topic")
    key = client("sns").get_topic_attributes(TopicArn=topic)["Attributes"]["KmsMasterKeyId"]
    bucket = next(
        r for r in resources if "WorkshopData" in r["LogicalResourceId"] and r["ResourceType"].endswith("Bucket")
    )
    policy = re.search(r"```json\n(.*?)```", (PROJECT / "docs/releases.md").read_text(), re.DOTALL)[1]
    assert {"DATA-BUCKET", "TOPIC-ARN", "TOPIC-KEY-ARN"} <= set(re.findall(r"[A-Z]+(?:-[A-Z]+)+", policy))
    policy = policy.replace("DATA-BUCKET", bucket["PhysicalResourceId"]).replace("TOPIC-ARN", topic)
    iam.create_user(UserName="on-call")
    iam.put_user_policy(UserName="on-call", PolicyName="roll-back", PolicyDocument=policy.replace("TOPIC-KEY-ARN", key))
    made = iam.create_access_key(UserName="on-call")["AccessKey"]
    keys = {"AWS_ACCESS_KEY_ID": made["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"]}
    done = subprocess.run(
        [sys.executable, "-m", "scripts.rollback", "car_evaluation"],
        cwd=user.clone,
        env=user.cloud.environment | keys,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def wait_for_alarm(cloud: LocalCloud, name: str, state: str) -> None:
    client = cloud.client("cloudwatch")
    until(
        lambda: client.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["StateValue"],
        lambda found: found == state,
        what=f"alarm {name} in {state}",
    )


def subscribed(user: User, stack: str = STACK) -> str:
    """A queue that hears what the topic of PROD's stack is told."""
    described = user.cloud.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    topic = next(p["ParameterValue"] for p in described["Parameters"] if p["ParameterKey"] == "NotificationTopicArn")
    sqs = user.cloud.client("sqs")
    queue: str = sqs.create_queue(QueueName="told-of-rollbacks")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    user.cloud.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return queue


def messages(user: User, queue: str) -> list[str]:
    found = user.cloud.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=2)
    return [message["Body"] for message in found.get("Messages", [])]
