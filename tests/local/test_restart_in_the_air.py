"""What was in the air when the local cloud was killed is finished or reported as failed, and PROD serves its model."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from bench.lab.guarded_endpoint import Model
from bench.lab.left_over import left_over, standing
from bench.lab.sagemaker_world import BUCKET, HYPERPARAMETERS, XGBOOST, World
from tests.clouds import LocalCloud
from tests.faults import record
from tests.local.codepipeline_lab import Lab, approval
from tests.local.in_the_air import NAME, CutStacks, GlueWork, Sales, Traffic
from tests.local.test_codepipeline_actions import build, with_a_build
from tests.local.test_github import commit, git
from tests.waiting import WAITER, until

CANARY = {
    "BlueGreenUpdatePolicy": {
        "TrafficRoutingConfiguration": {
            "Type": "CANARY",
            "WaitIntervalInSeconds": 3600,
            "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 50},
        }
    }
}

#: Hyperparameters of a training that goes on until it is ended.
LONG = {"num_round": "100000", "early_stopping_rounds": "100000"}


@dataclass
class Story:
    """A local cloud that was killed in the middle of everything and is up again."""

    cloud: LocalCloud
    world: World
    glue: GlueWork
    sales: Sales
    stacks: CutStacks
    waiting: Lab
    building: Lab
    pushing: Lab
    traffic: Traffic
    pushed: str
    """The commit of a push that was acknowledged right before."""
    executions: dict[str, str]
    token: str
    killed: datetime
    ran: dict[int, str]
    """What ran for it when it was killed: process id → command line."""
    stood: Counter[str]
    """What stood of PROD's endpoint before the update."""


def stack(config: str) -> dict[str, Any]:
    properties = {"EndpointName": "prod", "EndpointConfigName": config, "DeploymentConfig": CANARY}
    return {"Resources": {"Endpoint": {"Type": "AWS::SageMaker::Endpoint", "Properties": properties}}}


def with_a_webhook(lab: Lab) -> None:
    """A pipeline that waits for an approval, and starts with each push."""
    lab.create(approval())
    lab.webhook()
    lab.codepipeline.register_webhook_with_third_party(webhookName=f"{lab.name}-hook")


def kill_twice(cloud: LocalCloud, traffic: Traffic) -> datetime:
    """Once in the middle of everything, and once in the middle of putting it right; returns when it was first."""
    cloud.kill()
    killed = datetime.now(UTC)
    cloud.start_again()
    cloud.kill()
    traffic.answers.clear()
    cloud.start_again()
    return killed


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    cloud = LocalCloud.up(tmp_path_factory.mktemp("killed"))
    world = World(cloud)
    cloudformation = cloud.client("cloudformation")
    glue = GlueWork(cloud, BUCKET)
    for name in ("old", "new"):
        world.config(name, world.model(name, [world.containers()[1]]))
    # Its endpoint stays in Creating until the kill, however long that takes.
    loads = world.put("slow/model.tar.gz", Model(answer=0, at_load="time.sleep(3600)").artifact())
    world.config("slow", world.model("slow", [{"Image": XGBOOST, "ModelDataUrl": loads}]))
    cloudformation.create_stack(StackName="Prod", TemplateBody=json.dumps(stack("old")))
    stacks, sales = CutStacks(cloud), Sales(cloud)
    cloudformation.get_waiter("stack_create_complete").wait(StackName="Prod", WaiterConfig=WAITER)
    waiting, building, pushing = (
        Lab(cloud, tmp_path_factory.mktemp(name)) for name in ("waiting", "building", "pushing")
    )
    with_a_build(building)
    executions = {"waiting": waiting.create(approval()), "building": building.create(build(building, "sleep 3611"))}
    with_a_webhook(pushing)
    world.sagemaker.create_training_job(**world.training("long", HyperParameters=HYPERPARAMETERS | LONG))
    token = waiting.token_of("Approve", executions["waiting"])
    world.until_it_trains("long")
    until(lambda: any("sleep 3611" in line for line in cloud.started().values()), what="the build's command")
    sales.sell("first")
    until(sales.told, lambda keys: keys == {"first/begun"}, what="a function at work on the first sale")
    sales.sell("second")
    glue.until_run(glue.run_id, "RUNNING")
    stood = standing(cloud, named="prod")
    cloudformation.update_stack(StackName="Prod", TemplateBody=json.dumps(stack("new")))
    traffic = Traffic(world)
    traffic.start()
    until(lambda: set(traffic.answers[-50:]), lambda seen: seen == {"old", "new"}, what="answers of both fleets")

    stacks.create_coming("slow")
    stacks.until_it_comes()
    ran = cloud.started()
    pushed = commit(pushing.folder, "right before the kill")
    git(pushing.folder, "push", "--quiet", pushing.user.remote(pushing.repository), "main")
    # What is over soonest begins last.
    stacks.delete_going()
    glue.glue.start_crawler(Name=NAME)
    killed = kill_twice(cloud, traffic)

    made = (cloud, world, glue, sales, stacks, waiting, building, pushing, traffic)
    yield Story(*made, pushed=pushed, executions=executions, token=token, killed=killed, ran=ran, stood=stood)
    traffic.stop()
    cloud.down()
    assert cloud.started() == {}


@pytest.mark.fault
def test_a_canary_that_was_cut_off_is_rolled_back(story: Story) -> None:
    """PROD serves the model that it served, says why, and no request that reached the cloud was lost."""
    found = story.world.settled("prod")
    seconds = (datetime.now(UTC) - story.killed).total_seconds()
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("InService", "old")
    assert found["FailureReason"] == "The update was rolled back: the local cloud ended while it was under way."
    until(lambda: len(story.traffic.answers), lambda count: count > 50, what="fifty answers after the restart")
    assert set(story.traffic.answers) == {"old"}
    assert story.traffic.errors == []
    assert len(story.world.container_processes("prod")) == 1
    left = left_over(story.cloud, story.stood, named="prod")
    assert left == []
    record(
        "SIGKILL to the local cloud during a canary",
        verdict="rolled back: PROD serves the model of before, its stack takes the next deployment",
        seconds=seconds,
        left_over=left,
    )


def test_its_stack_is_rolled_back_and_takes_the_next_deployment(story: Story) -> None:
    """The stack is rolled back without being asked, and its events have the reason."""
    cloudformation = story.cloud.client("cloudformation")
    cloudformation.get_waiter("stack_rollback_complete").wait(StackName="Prod", WaiterConfig=WAITER)
    events = cloudformation.describe_stack_events(StackName="Prod")["StackEvents"]
    reasons = [event.get("ResourceStatusReason") for event in events]
    assert "The local cloud ended while this operation was under way" in reasons
    at_once = json.loads(json.dumps(stack("new")).replace("3600", "1"))
    cloudformation.update_stack(StackName="Prod", TemplateBody=json.dumps(at_once))
    cloudformation.get_waiter("stack_update_complete").wait(StackName="Prod", WaiterConfig=WAITER)
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
    """The job has AWS's kind of reason, and an end."""
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


def test_nothing_of_what_ran_before_runs_on(story: Story) -> None:
    """Builds, training, Spark, functions and containers have ended with the local cloud that started them."""
    words = " ".join(story.ran.values())
    assert all(word in words for word in ("sleep 3611", "serve.py", "awslambdaric", "java"))
    assert {pid: line for pid, line in story.cloud.started().items() if story.ran.get(pid) == line} == {}


def test_a_job_run_has_failed_and_another_may_run(story: Story) -> None:
    """Its driver is gone, its reason is told, and it does not count as a run that is under way."""
    run = story.glue.run(story.glue.run_id)
    assert run["JobRunState"] == "FAILED"
    assert run["ErrorMessage"] == "InternalServiceException: The local cloud ended while this run was under way."
    assert run["CompletedOn"] >= run["StartedOn"]
    again = story.glue.start_run()
    story.glue.stop(again)
    story.glue.until_run(again, "STOPPED")


def test_a_crawl_has_failed_and_its_crawler_is_ready(story: Story) -> None:
    """The crawler writes the table when it is asked again."""
    crawler = story.glue.crawler()
    assert (crawler["State"], crawler["LastCrawl"]["Status"]) == ("READY", "FAILED")
    assert "the local cloud ended while this crawl was under way" in crawler["LastCrawl"]["ErrorMessage"]
    story.glue.glue.start_crawler(Name=NAME)
    ended = until(story.glue.crawler, lambda found: found["State"] == "READY", what="the end of the second crawl")
    assert ended["LastCrawl"]["Status"] == "SUCCEEDED"
    assert story.glue.glue.get_table(DatabaseName=NAME, Name="crawled")["Table"]["Name"] == "crawled"


def test_a_stack_that_was_being_made_is_taken_back_and_can_be_made_again(story: Story) -> None:
    """Its endpoint and its parameter are gone, its events say why, and their names are free."""
    stacks = story.stacks
    stacks.until_status("Coming", "ROLLBACK_COMPLETE")
    events = stacks.cloudformation.describe_stack_events(StackName="Coming")["StackEvents"]
    reasons = " ".join(event.get("ResourceStatusReason") or "" for event in events)
    assert "The local cloud ended while this operation was under way. Rollback requested by user." in reasons
    assert "Resource creation cancelled" in reasons
    assert "coming" not in stacks.endpoints()
    assert stacks.ssm.describe_parameters()["Parameters"] == []
    stacks.cloudformation.delete_stack(StackName="Coming")
    stacks.create_coming("old")
    stacks.until_status("Coming", "CREATE_COMPLETE")
    assert stacks.endpoints()["coming"] == "InService"


def test_a_stack_that_was_being_deleted_is_deleted(story: Story) -> None:
    """The stack is deleted to its last resource without being asked again."""
    story.stacks.until_status("Going", "DELETE_COMPLETE")
    assert story.stacks.going() == []
    when = story.stacks.when_gone()
    assert min(when) < story.killed < max(when)


def test_events_that_were_accepted_reach_their_function(story: Story) -> None:
    """The function handles the event that it was at work on, and the one that waited for it."""
    until(
        story.sales.told, lambda keys: keys == {"first/begun", "first/told", "second/told"}, what="both sales, handled"
    )


def test_a_push_that_was_acknowledged_starts_the_pipeline_once(story: Story) -> None:
    """The push starts the pipeline once, whether or not the webhook had been called, and so does the next push."""
    lab = story.pushing

    def started() -> list[str]:
        found = lab.codepipeline.list_pipeline_executions(pipelineName=lab.name)["pipelineExecutionSummaries"]
        return [each["sourceRevisions"][0]["revisionId"] for each in found if each["sourceRevisions"]]

    until(started, lambda commits: commits.count(story.pushed) == 1, what="an execution of the push before the kill")
    after = lab.push("after the restart")
    until(
        started,
        lambda commits: commits == [after, story.pushed, lab.first_commit],
        what="one execution of each commit, newest first",
    )
