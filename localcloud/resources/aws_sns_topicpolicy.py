"""AWS::SNS::TopicPolicy."""

from __future__ import annotations

from localcloud.resources.absence import already_gone
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import document

_OWNERS_ACTIONS = [
    f"SNS:{name}"
    for name in (
        "GetTopicAttributes",
        "SetTopicAttributes",
        "AddPermission",
        "RemovePermission",
        "DeleteTopic",
        "Subscribe",
        "ListSubscriptionsByTopic",
        "Publish",
    )
]


class TopicPolicy(Resource):
    """One policy for one or more topics."""

    type_name = "AWS::SNS::TopicPolicy"

    def create(self, ctx: Context, properties: Properties) -> Created:
        _set_policy(ctx, properties["Topics"], document(properties["PolicyDocument"]))
        name = ctx.new_name(128)
        return Created(physical_id=name, attributes={"Id": name})

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        _reset_policy(ctx, [topic for topic in previous["Topics"] if topic not in properties["Topics"]])
        _set_policy(ctx, properties["Topics"], document(properties["PolicyDocument"]))
        return {"Id": physical_id}

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        del physical_id
        _reset_policy(ctx, properties["Topics"])


def _set_policy(ctx: Context, topics: list[str], policy: str) -> None:
    for topic in topics:
        ctx.client("sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)


def _reset_policy(ctx: Context, topics: list[str]) -> None:
    """A topic's first policy, which admits its owner's account. A topic always has a policy."""
    for topic in topics:
        statement = {
            "Sid": "__default_statement_ID",
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": _OWNERS_ACTIONS,
            "Resource": topic,
            "Condition": {"StringEquals": {"AWS:SourceOwner": topic.split(":")[4]}},
        }
        policy = {"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]}
        with already_gone():
            _set_policy(ctx, [topic], document(policy))
