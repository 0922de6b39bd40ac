"""The key that signs the gate's reports: anybody with a report can check that the gate wrote it."""

from __future__ import annotations

from aws_cdk import CfnOutput, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from handover.names import Output

from constructs import Construct
from stacks.constructs.permissions import allow, explain_key
from stacks.specs import Workload


class ReportSignature(Construct):
    """An asymmetric key whose private half never leaves KMS. It outlives its stack, as the reports do."""

    def __init__(self, scope: Construct, construct_id: str, *, workload: Workload) -> None:
        super().__init__(scope, construct_id)
        self._key = kms.Key(
            self,
            "Key",
            description=f"Signs the gate reports of {workload.name}",
            key_spec=kms.KeySpec.ECC_NIST_P256,
            key_usage=kms.KeyUsage.SIGN_VERIFY,
            removal_policy=RemovalPolicy.RETAIN,
        )
        explain_key(self._key)
        CfnOutput(self, "Arn", value=self.key_arn).override_logical_id(Output.SIGNING_KEY)

    @property
    def key_arn(self) -> str:
        return self._key.key_arn

    def grant_sign(self, signer: iam.IRole) -> None:
        """Lets this role sign, and denies it to everybody else: also to an administrator of the account."""
        allow(signer, ["kms:Sign"], [self.key_arn])
        self._key.add_to_resource_policy(
            iam.PolicyStatement(
                effect=iam.Effect.DENY,
                principals=[iam.AnyPrincipal()],
                actions=["kms:Sign"],
                resources=["*"],
                conditions={"ArnNotEquals": {"aws:PrincipalArn": signer.role_arn}},
            )
        )
        CfnOutput(self, "Signer", value=signer.role_arn).override_logical_id(Output.SIGNER)
