"""AWS::SQS::Queue."""

from __future__ import annotations

from typing import Any

from localcloud.resources.absence import already_gone
from localcloud.resources.existence import refuse_existing
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import document, without
from localcloud.resources.tags import retag, tag_parameter, tags_of

#: The attributes' defaults, for properties that left the template.
_DEFAULTS = {
    "DelaySeconds": "0",
    "KmsDataKeyReusePeriodSeconds": "300",
    "MaximumMessageSize": "262144",
    "MessageRetentionPeriod": "345600",
    "ReceiveMessageWaitTimeSeconds": "0",
    "SqsManagedSseEnabled": "true",
    "VisibilityTimeout": "30",
}


class Queue(Resource):
    """Ref is the queue's URL."""

    type_name = "AWS::SQS::Queue"

    def create(self, ctx: Context, properties: Properties) -> Created:
        sqs = ctx.client("sqs")
        attributes = _queue_attributes(properties)
        suffix = ".fifo" if attributes.get("FifoQueue") == "true" else ""
        name = properties.get("QueueName") or ctx.new_name(80 - len(suffix)) + suffix
        given = properties.get("QueueName")
        refuse_existing(self.type_name, given, lambda: sqs.get_queue_url(QueueName=given))
        tags = tag_parameter(sqs, "CreateQueue", tags_of(properties))
        url = sqs.create_queue(QueueName=name, Attributes=attributes, **tags)["QueueUrl"]
        return Created(physical_id=url, attributes=_attributes(sqs, url))

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        sqs = ctx.client("sqs")
        was, wanted = _queue_attributes(previous), _queue_attributes(properties)
        lost = {name: _DEFAULTS.get(name, "") for name in was if name not in wanted}
        changed = {name: value for name, value in (wanted | lost).items() if was.get(name) != value}
        if changed:
            sqs.set_queue_attributes(QueueUrl=physical_id, Attributes=changed)
        queue = {"QueueUrl": physical_id}
        retag(sqs, ("TagQueue", "UntagQueue"), queue, tags_of(previous), tags_of(properties))
        return _attributes(sqs, physical_id)

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        del properties
        with already_gone():
            ctx.client("sqs").delete_queue(QueueUrl=physical_id)


def _queue_attributes(properties: Properties) -> dict[str, str]:
    """The queue's attributes: the properties under the same names, as text."""
    return {name: document(value) for name, value in without(properties, "QueueName", "Tags").items()}


def _attributes(sqs: Any, url: str) -> Attributes:
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    return {"QueueUrl": url, "Arn": arn, "QueueName": arn.rpartition(":")[2]}
