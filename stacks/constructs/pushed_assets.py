"""The assets of a pushed commit: files that its templates name, in the CDK's asset bucket."""

from __future__ import annotations

from aws_cdk import DefaultStackSynthesizer, Stack
from aws_cdk import aws_iam as iam

from constructs import Construct
from stacks.constructs.permissions import allow
from stacks.specs import Workload

_BY_HASH = "the key of an asset is the hash of its files, which a push decides"


def pushed_prefix(workload: Workload) -> str:
    """Apart from what a person deploys: no push writes where the next ``make deploy`` would look for its assets."""
    return f"pushed/{workload.name}/"


class PushedAssets:
    """A prefix of the bootstrap's bucket. The Build stage adds objects there, and overwrites none."""

    def __init__(self, scope: Construct, *, workload: Workload) -> None:
        stack = Stack.of(scope)
        qualifier = DefaultStackSynthesizer.DEFAULT_QUALIFIER
        self.bucket_name = f"cdk-{qualifier}-assets-{stack.account}-{stack.region}"
        self.prefix = pushed_prefix(workload)
        self._objects = [f"arn:aws:s3:::{self.bucket_name}/{self.prefix}*"]

    def grant_read(self, grantee: iam.IGrantable) -> None:
        allow(grantee, ["s3:GetObject"], self._objects, because=_BY_HASH)

    def grant_add(self, grantee: iam.IGrantable) -> None:
        allow(
            grantee,
            ["s3:PutObject"],
            self._objects,
            conditions={"Null": {"s3:if-none-match": "false"}},
            because=_BY_HASH,
        )
