"""What happened, and who is told: SNS, SQS, EventBridge, CloudWatch."""

from __future__ import annotations

import json
from typing import Any

from tests.local.lives.life import Life, Stack, attribute, ref, statement, tags

QUEUE = {"Type": "AWS::SQS::Queue"}


TOPIC = {"Type": "AWS::SNS::Topic"}

SHOP = "arn:aws:events:${AWS::Region}:${AWS::AccountId}:event-bus/shop"


def bus(name: str) -> dict[str, Any]:
    return {"Type": "AWS::Events::EventBus", "Properties": {"Name": name}}


def subscribers(stack: Stack, outputs: dict[str, str]) -> list[str]:
    found = stack.client("sns").list_subscriptions_by_topic(TopicArn=outputs["Ref"])["Subscriptions"]
    return [each["Endpoint"] for each in found]


def topic(stack: Stack, outputs: dict[str, str]) -> tuple[str, list[str]]:
    found = stack.client("sns").get_topic_attributes(TopicArn=outputs["Ref"])["Attributes"]
    return found["DisplayName"], subscribers(stack, outputs)


def topic_policy(stack: Stack, outputs: dict[str, str]) -> str:
    found = stack.client("sns").get_topic_attributes(TopicArn=outputs["NeedTopic"])["Attributes"]
    return json.loads(found["Policy"])["Statement"][0]["Action"]


def queue(stack: Stack, outputs: dict[str, str]) -> dict[str, str]:
    wanted = ["VisibilityTimeout", "MessageRetentionPeriod"]
    sqs = stack.client("sqs")
    found: dict[str, str] = sqs.get_queue_attributes(QueueUrl=outputs["Ref"], AttributeNames=wanted)["Attributes"]
    return found


def queue_policy(stack: Stack, outputs: dict[str, str]) -> Any:
    sqs = stack.client("sqs")
    found = sqs.get_queue_attributes(QueueUrl=outputs["NeedQueue"], AttributeNames=["Policy"])["Attributes"]
    return json.loads(found["Policy"])["Statement"][0]["Action"]


def rule(stack: Stack, outputs: dict[str, str]) -> tuple[str | None, str | None, list[str]]:
    events = stack.client("events")
    found = events.describe_rule(Name=outputs["Ref"])
    targets = events.list_targets_by_rule(Rule=outputs["Ref"])["Targets"]
    return found.get("EventPattern"), found.get("ScheduleExpression"), [each["Id"] for each in targets]


def event_bus(stack: Stack, outputs: dict[str, str]) -> tuple[str, list[str], dict[str, str]]:
    events = stack.client("events")
    found = events.describe_event_bus(Name=outputs["Ref"])
    marks = tags(events.list_tags_for_resource(ResourceARN=found["Arn"])["Tags"])
    return found["Description"], [each["Sid"] for each in json.loads(found["Policy"])["Statement"]], marks


def event_bus_policy(stack: Stack, outputs: dict[str, str]) -> list[tuple[str, str]]:
    found = stack.client("events").describe_event_bus(Name=outputs["NeedBus"])
    statements = json.loads(found["Policy"])["Statement"]
    return [(outputs["Ref"].rpartition("|")[2], each["Action"]) for each in statements]


def rule_of_bus(stack: Stack, outputs: dict[str, str]) -> tuple[str, str, str]:
    bus, _, name = outputs["Ref"].partition("|")
    found = stack.client("events").describe_rule(Name=name, EventBusName=bus)
    assert found["Arn"] == outputs["Arn"]
    return found["EventBusName"], found["State"], found["Arn"].rpartition(":")[2].split("/")[1]


def admits(sid: str, action: str = "events:PutEvents") -> dict[str, Any]:
    """A statement of the bus ``shop``'s policy for everybody."""
    return {"Sid": sid, "Effect": "Allow", "Principal": "*", "Action": action, "Resource": {"Fn::Sub": SHOP}}


def alarm_of(threshold: float) -> dict[str, Any]:
    return {
        "Namespace": "AWS/SageMaker",
        "MetricName": "Invocation5XXErrors",
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": threshold,
        "EvaluationPeriods": 1,
        "Period": 60,
        "Statistic": "Sum",
        "Dimensions": [{"Name": "EndpointName", "Value": "e"}],
    }


def alarm_on_an_expression(threshold: float) -> dict[str, Any]:
    of_one = alarm_of(threshold)
    metric = {name: of_one.pop(name) for name in ("Namespace", "MetricName", "Dimensions")}
    stat = {"Metric": metric, "Period": of_one.pop("Period"), "Stat": of_one.pop("Statistic")}
    errors = {"Id": "errors", "MetricStat": stat, "ReturnData": "false"}
    return {**of_one, "Metrics": [{"Id": "rate", "Expression": "errors / PERIOD(errors)"}, errors]}


def alarm(stack: Stack, outputs: dict[str, str]) -> tuple[float, str | None, list[str]]:
    found = stack.client("cloudwatch").describe_alarms(AlarmNames=[outputs["Ref"]])["MetricAlarms"][0]
    return found["Threshold"], found.get("MetricName"), [each["Id"] for each in found.get("Metrics", [])]


def composite_alarm(stack: Stack, outputs: dict[str, str]) -> tuple[str, str]:
    cloudwatch = stack.client("cloudwatch")
    asked = {"AlarmNames": [outputs["Ref"]], "AlarmTypes": ["CompositeAlarm"]}
    found = cloudwatch.describe_alarms(**asked)["CompositeAlarms"][0]
    return found["AlarmRule"].split("(")[0], found["StateValue"]


LIVES = [
    Life(
        type_name="AWS::SNS::Topic",
        first={"DisplayName": "one", "Subscription": [{"Protocol": "email", "Endpoint": "a@example.com"}]},
        then={"DisplayName": "two", "Subscription": [{"Protocol": "email", "Endpoint": "b@example.com"}]},
        look=topic,
        at_first=("one", ["a@example.com"]),
        later=("two", ["b@example.com"]),
        attributes=("TopicName",),
    ),
    Life(
        type_name="AWS::SNS::Subscription",
        needs={"Topic": TOPIC, "Queue": QUEUE},
        first={
            "TopicArn": ref("Topic"),
            "Protocol": "sqs",
            "Endpoint": attribute("Queue"),
            "RawMessageDelivery": True,
        },
        then={"TopicArn": ref("Topic"), "Protocol": "sqs", "Endpoint": attribute("Queue"), "RawMessageDelivery": False},
        look=lambda stack, outputs: stack.client("sns").get_subscription_attributes(SubscriptionArn=outputs["Ref"])[
            "Attributes"
        ]["RawMessageDelivery"],
        at_first="true",
        later="false",
    ),
    Life(
        type_name="AWS::SNS::TopicPolicy",
        needs={"Topic": TOPIC},
        first={"Topics": [ref("Topic")], "PolicyDocument": statement("*", "sns:Publish")},
        then={"Topics": [ref("Topic")], "PolicyDocument": statement("*", "sns:Subscribe")},
        look=topic_policy,
        at_first="sns:Publish",
        later="sns:Subscribe",
    ),
    Life(
        type_name="AWS::SQS::Queue",
        first={"VisibilityTimeout": 60, "MessageRetentionPeriod": 600},
        then={"VisibilityTimeout": 90},
        look=queue,
        at_first={"VisibilityTimeout": "60", "MessageRetentionPeriod": "600"},
        later={"VisibilityTimeout": "90", "MessageRetentionPeriod": "345600"},
        attributes=("Arn", "QueueName"),
    ),
    Life(
        type_name="AWS::SQS::QueuePolicy",
        needs={"Queue": QUEUE},
        first={"Queues": [ref("Queue")], "PolicyDocument": statement("*", "sqs:SendMessage")},
        then={"Queues": [ref("Queue")], "PolicyDocument": statement("*", "sqs:ReceiveMessage")},
        look=queue_policy,
        at_first="sqs:SendMessage",
        later="sqs:ReceiveMessage",
    ),
    Life(
        type_name="AWS::Events::Rule",
        needs={"Queue": QUEUE},
        first={
            "EventPattern": {"source": ["aws.sagemaker"]},
            "Targets": [{"Id": "one", "Arn": attribute("Queue")}],
        },
        then={"ScheduleExpression": "rate(5 minutes)", "Targets": [{"Id": "two", "Arn": attribute("Queue")}]},
        look=rule,
        at_first=('{"source": ["aws.sagemaker"]}', None, ["one"]),
        later=(None, "rate(5 minutes)", ["two"]),
        attributes=("Arn",),
    ),
    Life(
        type_name="AWS::Events::Rule",
        needs={"Bus": bus("rules")},
        first={"EventBusName": attribute("Bus"), "EventPattern": {"source": ["shop"]}},
        then={"EventBusName": attribute("Bus"), "EventPattern": {"source": ["shop"]}, "State": "DISABLED"},
        look=rule_of_bus,
        at_first=("rules", "ENABLED", "rules"),
        later=("rules", "DISABLED", "rules"),
        attributes=("Arn",),
    ),
    Life(
        type_name="AWS::Events::EventBus",
        first={
            "Name": "shop",
            "Description": "one",
            "Policy": {"Version": "2012-10-17", "Statement": [admits("a")]},
            "Tags": [{"Key": "team", "Value": "a"}],
        },
        then={
            "Name": "shop",
            "Description": "two",
            "Policy": {"Version": "2012-10-17", "Statement": [admits("b"), admits("c")]},
            "Tags": [{"Key": "team", "Value": "b"}],
        },
        look=event_bus,
        at_first=("one", ["a"], {"team": "a"}),
        later=("two", ["b", "c"], {"team": "b"}),
        attributes=("Arn",),
    ),
    Life(
        type_name="AWS::Events::EventBusPolicy",
        needs={"Bus": bus("shop")},
        first={"EventBusName": ref("Bus"), "StatementId": "s", "Statement": admits("s")},
        then={"EventBusName": ref("Bus"), "StatementId": "s", "Statement": admits("s", "events:PutRule")},
        look=event_bus_policy,
        at_first=[("s", "events:PutEvents")],
        later=[("s", "events:PutRule")],
    ),
    Life(
        type_name="AWS::CloudWatch::Alarm",
        first=alarm_of(1),
        then=alarm_on_an_expression(2.5),
        look=alarm,
        at_first=(1.0, "Invocation5XXErrors", []),
        later=(2.5, None, ["rate", "errors"]),
        attributes=("Arn",),
    ),
    Life(
        type_name="AWS::CloudWatch::CompositeAlarm",
        needs={"Child": {"Type": "AWS::CloudWatch::Alarm", "Properties": alarm_of(1)}},
        first={"AlarmRule": {"Fn::Sub": "NOT ALARM(${Child})"}, "ActionsEnabled": "true"},
        then={"AlarmRule": {"Fn::Sub": 'ALARM("${Child.Arn}")'}},
        look=composite_alarm,
        at_first=("NOT ALARM", "ALARM"),
        later=("ALARM", "OK"),
        attributes=("Arn",),
    ),
    Life(
        type_name="AWS::CloudWatch::Dashboard",
        first={"DashboardBody": '{"widgets": []}'},
        then={"DashboardBody": '{"widgets": [], "start": "-PT3H"}'},
        look=lambda stack, outputs: stack.client("cloudwatch").get_dashboard(DashboardName=outputs["Ref"])[
            "DashboardBody"
        ],
        at_first='{"widgets": []}',
        later='{"widgets": [], "start": "-PT3H"}',
    ),
]
