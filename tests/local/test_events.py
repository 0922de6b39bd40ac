"""EventBridge: rules, schedules, and delivery with what policies and roles allow."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_events, aws_events_targets, aws_lambda

from tests.clouds import LocalCloud
from tests.local.cdk_stacks import template_of
from tests.local.codepipeline_lab import Lab, approval
from tests.local.iam_account import ACCOUNT, Account, allow, policy, refused, trust
from tests.local.lives.life import Stack
from tests.local.test_lambda import Function, received
from tests.waiting import until

PATTERN = json.dumps({"source": ["my.shop"], "detail": {"price": [{"numeric": [">", 10]}]}})


class Queue:
    """A queue that the rule of the account's name may send to, or the rule at this path."""

    def __init__(self, account: Account, *, path: str = "", admitted: bool = True) -> None:
        self.sqs = account.cloud.client("sqs")
        name = path.replace("/", "_") or account.name
        self.url = self.sqs.create_queue(QueueName=name)["QueueUrl"]
        self.arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"
        if admitted:
            statement = {
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": self.arn,
                "Condition": {"ArnEquals": {"aws:SourceArn": rule_arn(path or account.name)}},
            }
            self.sqs.set_queue_attributes(QueueUrl=self.url, Attributes={"Policy": policy(statement)})

    def message(self) -> Any:
        found = received(self.sqs, self.url)
        self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=found["ReceiptHandle"])
        return json.loads(found["Body"])

    def is_empty(self) -> bool:
        return not self.sqs.receive_message(QueueUrl=self.url).get("Messages")


def rule_arn(name: str) -> str:
    return f"arn:aws:events:us-east-1:{ACCOUNT}:rule/{name}"


def bus_arn(name: str) -> str:
    return f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/{name}"


def put(events: Any, *, source: str = "my.shop", bus: str = "default", **detail: Any) -> dict[str, Any]:
    entry = {"Source": source, "DetailType": "Sale", "Detail": json.dumps(detail), "Resources": ["arn:x"]}
    return dict(events.put_events(Entries=[entry | {"EventBusName": bus}]))


def test_an_event_goes_to_the_targets_of_the_rules_that_it_matches(account: Account) -> None:
    """A target gets the event as a whole, in AWS's envelope; what matches no rule goes nowhere."""
    events, queue = account.cloud.client("events"), Queue(account)
    events.put_rule(Name=account.name, EventPattern=PATTERN)
    answer = events.put_targets(Rule=account.name, Targets=[{"Id": "queue", "Arn": queue.arn}])
    assert answer["FailedEntryCount"] == 0
    assert put(events, price=9)["FailedEntryCount"] == 0
    sent = put(events, price=11)
    event = queue.message()
    assert event["id"] == sent["Entries"][0]["EventId"]
    assert (event["source"], event["detail-type"], event["detail"]) == ("my.shop", "Sale", {"price": 11})
    assert (event["account"], event["region"], event["resources"]) == (ACCOUNT, "us-east-1", ["arn:x"])
    assert queue.is_empty()
    events.disable_rule(Name=account.name)
    put(events, price=12)
    events.enable_rule(Name=account.name)
    put(events, price=13)
    assert queue.message()["detail"] == {"price": 13}
    assert queue.is_empty()


def test_a_function_is_invoked_where_its_policy_admits_the_rule(account: Account) -> None:
    """AddPermission for the rule's ARN admits the call; without it, the call is denied and not tried again."""
    function = Function(account, "def handler(event, context):\n    print('sold for', event['price'])\n")
    events, dead_letters = account.cloud.client("events"), Queue(account)
    events.put_rule(Name=account.name, EventPattern=PATTERN)
    target = {"Id": "f", "Arn": function.arn, "InputPath": "$.detail", "DeadLetterConfig": {"Arn": dead_letters.arn}}
    events.put_targets(Rule=account.name, Targets=[target])
    put(events, price=20)
    assert dead_letters.message() == {"price": 20}
    function.let_in("events", rule_arn(account.name))
    put(events, price=30)
    lines = until(function.log, lambda found: "sold for 30" in found, what="the sale in the function's log")
    assert [line for line in lines if line.startswith("sold")] == ["sold for 30"]


def test_what_a_target_refuses_goes_to_the_dead_letter_queue(account: Account) -> None:
    """The message's attributes have the reason of the refusal."""
    events, queue = account.cloud.client("events"), Queue(account)
    topic = account.cloud.client("sns").create_topic(Name=account.name)["TopicArn"]
    admitted = policy(allow("sns:Publish", topic, Principal={"AWS": ACCOUNT}))
    account.cloud.client("sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=admitted)
    events.put_rule(Name=account.name, EventPattern=PATTERN)
    target = {"Id": "t", "Arn": topic, "DeadLetterConfig": {"Arn": queue.arn}}
    events.put_targets(Rule=account.name, Targets=[target])
    put(events, price=20)
    found = received(queue.sqs, queue.url)
    attributes = {name: value["StringValue"] for name, value in found["MessageAttributes"].items()}
    assert attributes["RULE_ARN"] == rule_arn(account.name)
    assert attributes["ERROR_CODE"] == "AuthorizationError"


def test_a_pipeline_is_started_with_the_rules_role_alone(account: Account) -> None:
    """PutTargets wants a role for a pipeline, and iam:PassRole from whoever puts it."""
    events = account.cloud.client("events")
    events.put_rule(Name=account.name, EventPattern=PATTERN)
    pipeline = f"arn:aws:codepipeline:us-east-1:{ACCOUNT}:mine"
    with refused("ValidationException", "RoleArn is required"):
        events.put_targets(Rule=account.name, Targets=[{"Id": "p", "Arn": pipeline}])
    role = account.role(trusting=trust(Service="events.amazonaws.com"))
    keys = account.user(allow("events:PutTargets", rule_arn(account.name)))
    with refused("AccessDeniedException", "iam:PassRole"):
        account.client("events", keys).put_targets(
            Rule=account.name, Targets=[{"Id": "p", "Arn": pipeline, "RoleArn": role}]
        )


def test_an_objects_creation_is_told_where_its_bucket_says_so(account: Account, bucket: str) -> None:
    """Objects are told from the moment on at which the bucket's notifications include EventBridge."""
    events, queue, s3 = account.cloud.client("events"), Queue(account), account.cloud.client("s3")
    pattern = {"source": ["aws.s3"], "detail-type": ["Object Created"], "detail": {"bucket": {"name": [bucket]}}}
    events.put_rule(Name=account.name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=account.name, Targets=[{"Id": "q", "Arn": queue.arn}])
    s3.put_object(Bucket=bucket, Key="silent", Body=b"1")
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}})
    s3.put_object(Bucket=bucket, Key="a b", Body=b"123")
    detail = queue.message()["detail"]
    assert (detail["bucket"], detail["reason"]) == ({"name": bucket}, "PutObject")
    assert (detail["object"]["key"], detail["object"]["size"]) == ("a b", 3)
    assert queue.is_empty()


def test_an_event_goes_on_to_another_bus_with_the_rules_role(account: Account) -> None:
    """The same event reaches the other bus's queue while the rule's role may put it there, and not without."""
    events, other = account.cloud.client("events"), f"{account.name}-b"
    first, second = (events.create_event_bus(Name=name)["EventBusArn"] for name in (account.name, other))
    role = account.role(allow("events:PutEvents", second), trusting=trust(Service="events.amazonaws.com"))
    queue, dead_letters = Queue(account, path=f"{other}/{account.name}"), Queue(account, path=f"{account.name}/on")
    target = {"Id": "bus", "Arn": second, "RoleArn": role, "DeadLetterConfig": {"Arn": dead_letters.arn}}
    events.put_rule(Name="on", EventBusName=first, EventPattern=PATTERN)
    events.put_targets(Rule="on", EventBusName=first, Targets=[target])
    events.put_rule(Name=account.name, EventBusName=other, EventPattern=PATTERN)
    events.put_targets(Rule=account.name, EventBusName=other, Targets=[{"Id": "queue", "Arn": queue.arn}])
    put(events, price=11)  # which is for the default bus
    sent = put(events, bus=first, price=12)
    event = queue.message()
    assert (event["id"], event["detail"]) == (sent["Entries"][0]["EventId"], {"price": 12})
    account.iam.delete_role_policy(RoleName=account.name, PolicyName="p")
    put(events, bus=first, price=13)
    assert dead_letters.message()["detail"] == {"price": 13}
    assert queue.is_empty()
    with refused("ValidationException", "EventBus can't be deleted since it has rules"):
        events.delete_event_bus(Name=other)


def test_who_may_put_events_to_a_bus(account: Account) -> None:
    """The user's policy names the bus, or the bus's policy admits the user; a denial of the bus counts before."""
    events, name = account.cloud.client("events"), account.name
    events.create_event_bus(Name=name)
    user = account.client("events", account.user(allow("events:PutEvents", bus_arn("other"))))
    with refused("AccessDeniedException", f"events:PutEvents on resource: {bus_arn(name)}"):
        put(user, bus=name, price=1)
    admitted = allow("events:PutEvents", bus_arn(name), Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:user/{name}"})
    events.put_permission(EventBusName=name, Policy=policy(admitted))
    assert put(user, bus=bus_arn(name), price=1)["FailedEntryCount"] == 0
    events.put_permission(EventBusName=name, Policy=policy(admitted, admitted | {"Effect": "Deny"}))
    with refused("AccessDeniedException", "with an explicit deny in a resource-based policy"):
        put(user, bus=name, price=1)


def test_the_cdks_bus_takes_events_to_a_function(account: Account) -> None:
    """A template of the CDK's: a rule sends on what one bus gets to another, whose rule calls a function."""
    template = template_of(a_bus_of_sales, name=account.name)
    stack = Stack(cloud=account.cloud, name=account.name)
    function = stack.deploy(template)["Name"]
    events, logs = account.cloud.client("events"), account.cloud.client("logs")
    put(events, bus=account.name, price=30)

    def lines() -> str:
        try:
            found = logs.filter_log_events(logGroupName=f"/aws/lambda/{function}")["events"]
        except logs.exceptions.ResourceNotFoundException:
            return ""
        return "".join(each["message"] for each in found)

    until(lines, lambda found: "sold for 30" in found, what="the sale in the function's log")
    stack.delete()


def a_bus_of_sales(stack: cdk.Stack, *, name: str) -> None:
    bus = aws_events.EventBus(stack, "Bus", event_bus_name=name)
    sales = aws_events.EventBus(stack, "Sales")
    function = aws_lambda.Function(
        stack,
        "Function",
        runtime=aws_lambda.Runtime.PYTHON_3_12,
        handler="index.handler",
        code=aws_lambda.Code.from_inline("def handler(event, _):\n    print('sold for', event['detail']['price'])\n"),
    )
    pattern = aws_events.EventPattern(source=["my.shop"])
    for source, target in (
        (bus, aws_events_targets.EventBus(sales)),
        (sales, aws_events_targets.LambdaFunction(function)),
    ):
        aws_events.Rule(stack, f"Rule{source.node.id}", event_bus=source, event_pattern=pattern, targets=[target])
    bus.grant_put_events_to(function)
    cdk.CfnOutput(stack, "Name", value=function.function_name)


def test_a_pipeline_tells_what_becomes_of_its_executions(account: Account, tmp_path: Path) -> None:
    """Executions, stages and actions are told under AWS's states, and a stopped execution as stopped."""
    lab, events, queue = Lab(account.cloud, tmp_path), account.cloud.client("events"), Queue(account)
    pattern = {"source": ["aws.codepipeline"], "detail": {"pipeline": [lab.name]}}
    events.put_rule(Name=account.name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=account.name, Targets=[{"Id": "q", "Arn": queue.arn}])
    execution = lab.create(approval())
    lab.token_of("Approve", execution)
    lab.codepipeline.stop_pipeline_execution(pipelineName=lab.name, pipelineExecutionId=execution, abandon=True)
    wanted = {
        ("Pipeline", "STARTED"),
        ("Stage", "Source", "SUCCEEDED"),
        ("Action", "Source", "GitHub", "SUCCEEDED"),
        ("Stage", "Approve", "STARTED"),
        ("Pipeline", "STOPPING"),
        ("Pipeline", "STOPPED"),
    }
    while wanted:  # they come in any order, as on AWS
        event = queue.message()
        detail = event["detail"]
        assert detail["execution-id"] == execution
        assert event["resources"] == [f"arn:aws:codepipeline:us-east-1:{ACCOUNT}:{lab.name}"]
        names = [detail[name] for name in ("stage", "action") if name in detail]
        wanted.discard((event["detail-type"].split(" ")[1], *names, detail["state"]))


def test_the_registry_tells_of_an_approval(account: Account) -> None:
    """The event has the names of what changed, as SageMaker's events have them."""
    events, queue = account.cloud.client("events"), Queue(account)
    sagemaker = account.cloud.client("sagemaker")
    detail = {"ModelPackageGroupName": [account.name], "ModelApprovalStatus": ["Approved"]}
    events.put_rule(Name=account.name, EventPattern=json.dumps({"source": ["aws.sagemaker"], "detail": detail}))
    events.put_targets(Rule=account.name, Targets=[{"Id": "q", "Arn": queue.arn}])
    sagemaker.create_model_package_group(ModelPackageGroupName=account.name)
    arn = sagemaker.create_model_package(ModelPackageGroupName=account.name)["ModelPackageArn"]
    sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
    event = queue.message()
    assert (event["detail-type"], event["resources"]) == ("SageMaker Model Package State Change", [arn])
    assert event["detail"]["UpdatedModelPackageFields"] == ["ModelApprovalStatus"]


def test_what_is_not_an_event_or_a_rule_is_refused(account: Account) -> None:
    """Faults are refused in AWS's words, and the local cloud's own limits by name."""
    events = account.cloud.client("events")
    assert put(events, source="aws.s3", price=1)["Entries"][0]["ErrorCode"] == "NotAuthorizedForSourceException"
    with refused("InvalidEventPatternException", "Unrecognized match type like"):
        events.put_rule(Name=account.name, EventPattern='{"source": [{"like": "x"}]}')
    with refused("ValidationException", "ScheduleExpression"):
        events.put_rule(Name=account.name, ScheduleExpression="sometimes")
    with refused("ResourceNotFoundException"):
        events.describe_rule(Name=account.name)
    with refused("NotImplemented", "CreateArchive"):
        events.create_archive(ArchiveName=account.name, EventSourceArn=bus_arn("default"))
    events.put_rule(Name=account.name, EventPattern=PATTERN)
    with refused("NotImplemented", "states as a target"):
        machine = f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:x"
        events.put_targets(Rule=account.name, Targets=[{"Id": "m", "Arn": machine}])
    assert events.test_event_pattern(EventPattern=PATTERN, Event='{"source": "x"}')["Result"] is False


@pytest.fixture(scope="module")
def fast_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """A local cloud in which an hour takes six seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOCALCLOUD_TIME_SCALE", "600")
        cloud = LocalCloud.up(tmp_path_factory.mktemp("fast"))
    yield cloud
    cloud.down()


def test_schedules_run_on_the_scale_of_time(fast_cloud: LocalCloud) -> None:
    """A rate of ten minutes comes every second here, each event under the time that it was due."""
    account = Account(fast_cloud)
    events, queue = fast_cloud.client("events"), Queue(account)
    events.put_rule(Name=account.name, ScheduleExpression="rate(10 minutes)")
    started = time.monotonic()
    events.put_targets(Rule=account.name, Targets=[{"Id": "q", "Arn": queue.arn, "InputPath": "$.time"}])
    times = [queue.message(), queue.message()]
    assert time.monotonic() - started > 1
    minutes = [int(text[14:16]) for text in times]
    assert (minutes[1] - minutes[0]) % 60 == 10


def test_a_functions_error_is_tried_again_after_a_minute_and_two(fast_cloud: LocalCloud) -> None:
    """An asynchronous invocation has three attempts, under one request id."""
    function = Function(Account(fast_cloud), "def handler(event, context):\n    raise ValueError(event)\n")
    function.invoke("x", InvocationType="Event")
    starts = until(
        lambda: [line for line in function.log() if line.startswith("START")],
        lambda found: len(found) >= 3,
        what="three attempts",
    )
    assert len(starts) == 3
    assert len(set(starts)) == 1
