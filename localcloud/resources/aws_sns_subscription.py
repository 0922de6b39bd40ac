"""AWS::SNS::Subscription."""

from __future__ import annotations

from localcloud.resources.absence import already_gone
from localcloud.resources.resource import Attributes, Context, Created, Properties, Resource
from localcloud.resources.shapes import document, only, refuse, without


class Subscription(Resource):
    """Ref is the subscription's ARN."""

    type_name = "AWS::SNS::Subscription"

    def create(self, ctx: Context, properties: Properties) -> Created:
        made = ctx.client("sns").subscribe(
            **only(properties, "TopicArn", "Protocol", "Endpoint"),
            Attributes=_subscription_attributes(properties),
            ReturnSubscriptionArn=True,
        )
        arn = made["SubscriptionArn"]
        return Created(physical_id=arn, attributes={"Arn": arn})

    def update(self, ctx: Context, physical_id: str, properties: Properties, previous: Properties) -> Attributes:
        was, wanted = _subscription_attributes(previous), _subscription_attributes(properties)
        for name in sorted({*was, *wanted}):
            if was.get(name) != wanted.get(name):
                ctx.client("sns").set_subscription_attributes(
                    SubscriptionArn=physical_id, AttributeName=name, AttributeValue=wanted.get(name, "")
                )
        return {"Arn": physical_id}

    def delete(self, ctx: Context, physical_id: str, properties: Properties) -> None:
        del properties
        with already_gone():
            ctx.client("sns").unsubscribe(SubscriptionArn=physical_id)


def _subscription_attributes(properties: Properties) -> dict[str, str]:
    refuse(properties, "Region", "ReplayPolicy")
    own = without(properties, "TopicArn", "Protocol", "Endpoint", "Region", "ReplayPolicy")
    return {name: document(value) for name, value in own.items()}
