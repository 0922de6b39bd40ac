"""How a workload's data is encrypted: with AWS's own keys, or with the workload's key in KMS."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3

from stacks.constructs.encryption_key import EncryptionKey


class Encryption:
    """AWS's own keys: there is no key to name, and no permission to grant."""

    key: kms.IKey | None = None
    arn: str | None = None
    of_buckets = s3.BucketEncryption.S3_MANAGED

    def grant_decrypt(self, grantee: iam.IGrantable, *, by: str) -> None:
        """Read data encrypted with the key, through one service, such as ``s3``."""

    def grant_use(self, grantee: iam.IGrantable, *, by: str) -> None:
        """Write data encrypted with the key, through one service."""

    def grant_volumes(self, grantee: iam.IGrantable) -> None:
        """Let SageMaker use the key for the volumes of its instances."""

    def grant_training(self, role: iam.IGrantable) -> None:
        """Let a training job use the key for its volumes and its model."""


class CustomerManagedEncryption(Encryption):
    """The workload's own key. Every role that reads or writes data encrypted with it needs a permission on it."""

    of_buckets = s3.BucketEncryption.KMS

    def __init__(self, key: EncryptionKey) -> None:
        key.admit_logs()
        self.key, self.arn, self._own = key.key, key.arn, key

    def grant_decrypt(self, grantee: iam.IGrantable, *, by: str) -> None:
        self._own.grant_decrypt(grantee, by=by)

    def grant_use(self, grantee: iam.IGrantable, *, by: str) -> None:
        self._own.grant_use(grantee, by=by)

    def grant_volumes(self, grantee: iam.IGrantable) -> None:
        self._own.grant_volumes(grantee)

    def grant_training(self, role: iam.IGrantable) -> None:
        self._own.grant_training(role)
