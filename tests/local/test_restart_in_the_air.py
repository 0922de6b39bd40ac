"""What was in the air when the local cloud was killed is finished or reported as failed, and PROD serves its model."""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.clouds import LocalCloud
from tests.faults import record
from tests.local.codepipeline_lab import Lab, approval
from tests.local.sagemaker_world import HYPERPARAMETERS, World, until
from tests.local.test_codepipeline_actions import build, with_a_build
from tests.local.test_github import eventually

ROW = "1,1,1,1,1,1"
CANARY = {
    "BlueGreenUpdatePolicy": {
        "TrafficRoutingConfiguration": {
            "Type": "CANARY",
            "WaitIntervalInSeconds": 3600,
            "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 50},
        }
    }
}


@dataclass
class Traffic:
    """One caller after another asks the endpoint and notes what answered; a refused connection is no request."""

    world: World
    answers: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def go_on(self) -> None:
        runtime = self.world.cloud.client("sagemaker-runtime")
        while not self.ended.wait(0.01):
            try:
                answer = runtime.invoke_endpoint(EndpointName="prod", Body=ROW, ContentType="text/csv")
                self.answers.append(answer["InvokedProductionVariant"])
            except BotoCoreError:
                time.sleep(0.1)
            except ClientError as error:
                self.errors.append(str(error))


@dataclass
class Story:
    """A local cloud that was killed in the middle of everything and is up again."""

    cloud: LocalCloud
    world: World
    waiting: Lab
    building: Lab
    traffic: Traffic
    executions: dict[str, str]
    token: str
    killed: float


def stack(config: str) -> dict[str, Any]:
    properties = {"EndpointName": "prod", "EndpointConfigName": config, "DeploymentConfig": CANARY}
    return {"Resources": {"Endpoint": {"Type": "AWS::SageMaker::Endpoint", "Properties": properties}}}


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    cloud = LocalCloud.up(tmp_path_factory.mktemp("killed"))
    world = World(cloud)
    cloudformation = cloud.client("cloudformation")
    for name in ("old", "new"):
        world.config(name, world.model(name, [world.containers()[1]]))
    cloudformation.create_stack(StackName="Prod", TemplateBody=json.dumps(stack("old")))
    cloudformation.get_waiter("stack_create_complete").wait(StackName="Prod", WaiterConfig={"Delay": 1})
    waiting = Lab(cloud, tmp_path_factory.mktemp("waiting"))
    building = with_a_build(Lab(cloud, tmp_path_factory.mktemp("building")))
    executions = {"waiting": waiting.create(approval()), "building": building.create(build(building, "sleep 3611"))}
    long = HYPERPARAMETERS | {"num_round": "100000", "early_stopping_rounds": "100000"}
    world.sagemaker.create_training_job(**world.training("long", HyperParameters=long))
    token = waiting.token_of("Approve", executions["waiting"])
    until(
        lambda: world.sagemaker.describe_training_job(TrainingJobName="long")["SecondaryStatus"],
        lambda status: status == "Training",
    )
    eventually(lambda: any("sleep 3611" in line for line in cloud.started().values()), 30)
    cloudformation.update_stack(StackName="Prod", TemplateBody=json.dumps(stack("new")))
    traffic = Traffic(world)
    calling = threading.Thread(target=traffic.go_on, daemon=True)
    calling.start()
    until(lambda: set(traffic.answers[-50:]), lambda seen: seen == {"old", "new"})

    cloud.kill()
    traffic.answers.clear()
    killed = time.monotonic()
    cloud.start_again()

    yield Story(cloud, world, waiting, building, traffic, executions, token, killed)
    traffic.ended.set()
    calling.join()
    cloud.down()
    assert cloud.started() == {}


@pytest.mark.fault
def test_a_canary_that_was_cut_off_is_rolled_back(story: Story) -> None:
    """PROD serves the model that it served, says why, and no request that reached the cloud was lost."""
    found = story.world.settled("prod")
    seconds = time.monotonic() - story.killed
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("InService", "old")
    assert found["FailureReason"] == "The update was rolled back: the local cloud ended while it was under way."
    until(lambda: len(story.traffic.answers), lambda count: count > 50)
    assert set(story.traffic.answers) == {"old"}
    assert story.traffic.errors == []
    assert len(story.world.container_processes("prod")) == 1
    record(
        "SIGKILL to the local cloud during a canary",
        verdict="rolled back: PROD serves the model of before, its stack takes the next deployment",
        seconds=seconds,
    )


def test_its_stack_is_rolled_back_and_takes_the_next_deployment(story: Story) -> None:
    """Without a hand's turn, and with the reason in its events."""
    cloudformation = story.cloud.client("cloudformation")
    cloudformation.get_waiter("stack_rollback_complete").wait(StackName="Prod", WaiterConfig={"Delay": 1})
    events = cloudformation.describe_stack_events(StackName="Prod")["StackEvents"]
    reasons = [event.get("ResourceStatusReason") for event in events]
    assert "The local cloud ended while this operation was under way." in reasons
    at_once = json.loads(json.dumps(stack("new")).replace("3600", "1"))
    cloudformation.update_stack(StackName="Prod", TemplateBody=json.dumps(at_once))
    cloudformation.get_waiter("stack_update_complete").wait(StackName="Prod", WaiterConfig={"Delay": 1})
    assert story.world.settled("prod")["EndpointConfigName"] == "new"
    assert story.traffic.errors == []


def test_a_build_and_its_execution_have_failed_and_say_why(story: Story) -> None:
    """The build is a FAULT with its context, the execution names the action, and nothing of them runs on."""
    assert not any("sleep 3611" in line for line in story.cloud.started().values())
    execution = story.building.ended(story.executions["building"])
    assert execution["status"] == "Failed"
    assert execution["statusSummary"].endswith("The local cloud ended while this action was under way.")
    codebuild = story.cloud.client("codebuild")
    (found,) = codebuild.batch_get_builds(ids=codebuild.list_builds()["ids"])["builds"]
    assert found["buildStatus"] == "FAULT"
    assert found["phases"][-2]["contexts"][0]["message"] == "The local cloud ended while this build ran."


def test_a_training_job_has_failed_and_says_why(story: Story) -> None:
    """With AWS's kind of reason, and an end."""
    job = story.world.sagemaker.describe_training_job(TrainingJobName="long")
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("InternalServerError: The local cloud ended while this job ran.")
    assert job["TrainingEndTime"] >= job["CreationTime"]


def test_an_approval_still_waits_and_takes_its_answer(story: Story) -> None:
    """The token that the person was sent is good, and the execution goes on."""
    assert story.waiting.execution(story.executions["waiting"])["status"] == "InProgress"
    assert story.waiting.token_of("Approve", story.executions["waiting"]) == story.token
    story.waiting.answer(story.token)
    assert story.waiting.ended(story.executions["waiting"])["status"] == "Succeeded"


def test_a_push_after_the_restart_starts_the_pipeline(story: Story) -> None:
    """Repositories, the token and webhooks are those of before."""
    lab = story.waiting
    lab.webhook()
    story.cloud.client("codepipeline").register_webhook_with_third_party(webhookName=f"{lab.name}-hook")
    story.cloud.kill()
    story.cloud.start_again()
    commit = lab.push("after the restart")

    def started() -> bool:
        latest = lab.codepipeline.list_pipeline_executions(pipelineName=lab.name)["pipelineExecutionSummaries"][0]
        return bool(latest["sourceRevisions"] and latest["sourceRevisions"][0]["revisionId"] == commit)

    eventually(started, 30)
