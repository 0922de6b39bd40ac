"""Who is told of a release: that it waits for a person, that it was rejected, that PROD is not well."""

from __future__ import annotations

from aws_cdk import ArnFormat, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from stacks.constructs.permissions import allow, explain_key
from stacks.specs import Workload


class ReleaseNotifications(Construct):
    """An encrypted topic that takes TLS only. Without an e-mail address nobody hears of it until somebody subscribes.

    The key is our own: the one that AWS manages for SNS lets no alarm publish.
    """

    def __init__(self, scope: Construct, construct_id: str, *, workload: Workload, email: str) -> None:
        super().__init__(scope, construct_id)
        self._key = kms.Key(
            self,
            "Key",
            description=f"Encrypts the notifications of {workload.name} while they wait to be delivered",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.DESTROY,
        )
        explain_key(self._key)
        self.topic = sns.Topic(self, "Topic", enforce_ssl=True, master_key=self._key)
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
        """Publish, and have what is published encrypted: SNS does that with its caller's authority."""
        for actions, resource in (
            (["sns:Publish"], self.topic.topic_arn),
            (["kms:Decrypt", "kms:GenerateDataKey"], self._key.key_arn),
        ):
            allow(grantee, actions, [resource])

    def admit(self, service: str, source_arn: str) -> None:
        """A service may publish for these resources of this account, such as its alarms, and for no others."""
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
        self._key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[principal],
                actions=["kms:Decrypt", "kms:GenerateDataKey"],
                resources=["*"],
                conditions={"StringEquals": {"aws:SourceAccount": account}},
            )
        )
