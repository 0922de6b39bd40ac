"""Notifications about a release: it waits for a person, it was rejected, PROD is unhealthy."""

from __future__ import annotations

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions

from constructs import Construct
from stacks.constructs.encryption_key import EncryptionKey
from stacks.constructs.permissions import allow
from stacks.specs import Workload


class ReleaseNotifications(Construct):
    """An encrypted topic that accepts only TLS. Without an e-mail address, nobody is told until somebody subscribes."""

    def __init__(
        self, scope: Construct, construct_id: str, *, workload: Workload, email: str, key: EncryptionKey
    ) -> None:
        super().__init__(scope, construct_id)
        self._key = key
        self.topic = sns.Topic(self, "Topic", enforce_ssl=True, master_key=key.key)
        if email:
            self.topic.add_subscription(subscriptions.EmailSubscription(email))
        stack = Stack.of(self)
        alarms = stack.format_arn(
            service="cloudwatch",
            resource="alarm",
            resource_name=f"{workload.camel_name}*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        self.admit("cloudwatch.amazonaws.com", alarms)

    @property
    def topic_arn(self) -> str:
        return self.topic.topic_arn

    def grant_tell(self, grantee: iam.IGrantable) -> None:
        """Publish, and have the message encrypted: SNS does that with its caller's permissions."""
        allow(grantee, ["sns:Publish"], [self.topic.topic_arn])
        self._key.grant_use(grantee, by="sns")

    def admit(self, service: str, source_arn: str) -> None:
        """Let a service publish for these resources of this account, such as its alarms, and for no others."""
        principal, account = iam.ServicePrincipal(service), Stack.of(self).account
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[principal],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions={
                    "ArnLike": {"aws:SourceArn": source_arn},
                    "StringEquals": {"aws:SourceAccount": account},
                },
            )
        )
        self._key.admit(service)
