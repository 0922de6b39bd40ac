"""A workload's own key in KMS."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import ArnFormat, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms

from constructs import Construct
from stacks.constructs.permissions import allow, explain_key
from stacks.specs import Workload

_USE = ["kms:Decrypt", "kms:GenerateDataKey"]


class EncryptionKey(Construct):
    """A key that rotates each year. It always encrypts notifications: with AWS's own key for SNS, no alarm can publish.

    With ``customer_managed_key`` in gatehouse.toml it encrypts everything else too. Access to that data then needs a
    permission on the key as well: each method that grants access to the data also grants this permission.
    """

    def __init__(self, scope: Construct, construct_id: str, *, workload: Workload, keeps_data: bool) -> None:
        super().__init__(scope, construct_id)
        self.key = kms.Key(
            self,
            "Key",
            description=f"Encrypts what {workload.name} keeps",
            enable_key_rotation=True,
            # Buckets are retained, and nobody could read them without the key.
            removal_policy=RemovalPolicy.RETAIN if keeps_data else RemovalPolicy.DESTROY,
        )
        explain_key(self.key)
        self._workload = workload

    @property
    def arn(self) -> str:
        return self.key.key_arn

    def grant_decrypt(self, grantee: iam.IGrantable, *, by: str) -> None:
        """Read through one service, such as ``s3``; never by calling KMS directly."""
        self._allow(grantee, ["kms:Decrypt"], by)

    def grant_use(self, grantee: iam.IGrantable, *, by: str) -> None:
        """Write through one service. S3 decrypts the parts of a large object to assemble them."""
        self._allow(grantee, _USE, by)

    def grant_volumes(self, grantee: iam.IGrantable) -> None:
        """Let SageMaker use the key for the volumes of its instances, by a grant that only AWS services can use."""
        allow(grantee, ["kms:CreateGrant"], [self.arn], conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}})

    def grant_training(self, role: iam.IGrantable) -> None:
        """Volumes, and models sent to S3: SageMaker's API reference asks for kms:Encrypt at OutputDataConfig."""
        self.grant_volumes(role)
        allow(role, ["kms:Encrypt"], [self.arn])

    def admit(self, service: str) -> None:
        """Let a service encrypt what it publishes for this account."""
        self._admit(service, _USE, {"StringEquals": {"aws:SourceAccount": Stack.of(self).account}})

    def admit_logs(self) -> None:
        """Let CloudWatch Logs encrypt the log groups of this workload and of Glue, limited by the ARNs in the context.

        The actions are those in its user guide, "Encrypt log data in CloudWatch Logs using KMS".
        """
        stack = Stack.of(self)
        groups = [
            stack.format_arn(
                service="logs", resource="log-group", resource_name=name, arn_format=ArnFormat.COLON_RESOURCE_NAME
            )
            for name in (
                f"{self._workload.camel_name}*",
                f"/aws/sagemaker/Endpoints/{self._workload.dashed_name}-*",
                "/aws-glue/*",
            )
        ]
        self._admit(
            f"logs.{stack.region}.amazonaws.com",
            [*_USE, "kms:DescribeKey", "kms:Encrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo"],
            {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
        )

    def _allow(self, grantee: iam.IGrantable, actions: list[str], by: str) -> None:
        service = f"{by}.{Stack.of(self).region}.amazonaws.com"
        allow(grantee, actions, [self.arn], conditions={"StringEquals": {"kms:ViaService": service}})

    def _admit(self, service: str, actions: list[str], conditions: Mapping[str, object]) -> None:
        self.key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(service)], actions=actions, resources=["*"], conditions=conditions
            )
        )
