"""AWS::SNS::Topic."""

from __future__ import annotations

from typing import Any

from localcloud.resources.absence import already_gone
from localcloud.resources.existence import refuse_existing
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import document, refuse, without
from localcloud.resources.tags import retag, tag_parameter, tags_of

_APART = ("TopicName", "Subscription", "Tags")


class Topic(Resource):
    """Ref is the topic's ARN."""

    type_name = "AWS::SNS::Topic"

    def create(self, ctx: Context, properties: Properties) -> Created:
        sns = ctx.client("sns")
        attributes = _topic_attributes(properties)
        suffix = ".fifo" if attributes.get("FifoTopic") == "true" else ""
        name = properties.get("TopicName") or ctx.new_name(256 - len(suffix)) + suffix
        given = properties.get("TopicName")
        refuse_existing(self.type_name, given, lambda: sns.get_topic_attributes(TopicArn=ctx.arn("sns", str(given))))
        tags = tag_parameter(sns, "CreateTopic", tags_of(properties))
        arn = sns.create_topic(Name=name, Attributes=attributes, **tags)["TopicArn"]
        ctx.created(arn)
        _subscribe(sns, arn, properties.get("Subscription", []))
        return Created(physical_id=arn, attributes=_attributes(arn))

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        sns = ctx.client("sns")
        was, wanted = _topic_attributes(previous), _topic_attributes(properties)
        for name in sorted({*was, *wanted}):
            if was.get(name) != wanted.get(name):
                sns.set_topic_attributes(TopicArn=physical_id, AttributeName=name, AttributeValue=wanted.get(name, ""))
        before, after = previous.get("Subscription", []), properties.get("Subscription", [])
        _subscribe(sns, physical_id, [item for item in after if item not in before])
        _unsubscribe(sns, physical_id, [item for item in before if item not in after])
        arn = {"ResourceArn": physical_id}
        retag(sns, ("TagResource", "UntagResource"), arn, tags_of(previous), tags_of(properties))
        return _attributes(physical_id)

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        del properties
        with already_gone():
            ctx.client("sns").delete_topic(TopicArn=physical_id)


def _topic_attributes(properties: Properties) -> dict[str, str]:
    """The topic's attributes: the properties under the same names, as text."""
    refuse(properties, "DeliveryStatusLogging", "DataProtectionPolicy", "ArchivePolicy")
    own = without(properties, *_APART, "DeliveryStatusLogging", "DataProtectionPolicy", "ArchivePolicy")
    return {name: document(value) for name, value in own.items()}


def _subscribe(sns: Any, arn: str, subscriptions: list[dict[str, str]]) -> None:
    for subscription in subscriptions:
        sns.subscribe(TopicArn=arn, Protocol=subscription["Protocol"], Endpoint=subscription["Endpoint"])


def _unsubscribe(sns: Any, arn: str, subscriptions: list[dict[str, str]]) -> None:
    lost = {(item["Protocol"], item["Endpoint"]) for item in subscriptions}
    for page in sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=arn):
        for found in page["Subscriptions"]:
            if (found["Protocol"], found["Endpoint"]) in lost:
                sns.unsubscribe(SubscriptionArn=found["SubscriptionArn"])


def _attributes(arn: str) -> Attributes:
    return {"TopicArn": arn, "TopicName": arn.rpartition(":")[2]}
