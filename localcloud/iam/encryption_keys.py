"""The keys that encrypt buckets, objects, topics, queues and secrets. Read from moto."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Encryption:
    """A customer's key, as the encrypted resource names it: an id, an alias, or the ARN of either."""

    key: str
    #: S3 only: one data key for the whole bucket. KMS then gets the bucket's ARN, not the object's.
    bucket_key: bool = False


class EncryptionKeys:
    """None where nothing is encrypted, or where the key is AWS's own, which the whole account may use."""

    def __init__(self, account_id: str) -> None:
        self._account_id = account_id

    def of_bucket(self, bucket: str) -> Encryption | None:
        """The bucket's default key, for objects that are put without a key."""
        found = self._buckets().get(bucket)
        rule = found.encryption.get("Rule", {}) if found is not None and found.encryption else {}
        key = rule.get("ApplyServerSideEncryptionByDefault", {}).get("KMSMasterKeyID")
        return _customers(key, bucket_key=_is_true(rule.get("BucketKeyEnabled")))

    def of_object(self, bucket: str, key: str, version: str | None) -> Encryption | None:
        from moto.s3.models import s3_backends

        if bucket not in self._buckets():
            return None
        found = s3_backends[self._account_id]["aws"].get_object(bucket, key, version_id=version)
        if found is None or not str(found.encryption).startswith("aws:kms"):
            return None
        return _customers(found.kms_key_id, bucket_key=_is_true(found.bucket_key_enabled))

    def of_upload(self, bucket: str, upload_id: str) -> Encryption | None:
        """The key of a multipart upload under way."""
        found = self._buckets().get(bucket)
        upload = found.multiparts.get(upload_id) if found is not None else None
        if upload is None or upload.sse_encryption == "AES256":
            return None
        return _customers(upload.kms_key_id) or self.of_bucket(bucket)

    def of_topic(self, arn: str) -> Encryption | None:
        from moto.sns.models import sns_backends

        topic = sns_backends[self._account_id][arn.split(":")[3]].topics.get(arn)
        return _customers(topic.kms_master_key_id) if topic is not None else None

    def of_queue(self, arn: str) -> Encryption | None:
        from moto.sqs.models import sqs_backends

        queue = sqs_backends[self._account_id][arn.split(":")[3]].queues.get(arn.rpartition(":")[2])
        return _customers(getattr(queue, "kms_master_key_id", None))

    def of_secret(self, arn: str) -> Encryption | None:
        from moto.secretsmanager.models import secretsmanager_backends

        secrets = secretsmanager_backends[self._account_id][arn.split(":")[3]].secrets
        return _customers(getattr(secrets[arn], "kms_key_id", None)) if arn in secrets else None

    def _buckets(self) -> Any:
        from moto.s3.models import s3_backends

        return s3_backends[self._account_id]["aws"].buckets


def _customers(key: str | None, *, bucket_key: bool = False) -> Encryption | None:
    if not key or key.rpartition(":")[2].startswith("alias/aws/"):
        return None
    return Encryption(key=key, bucket_key=bucket_key)


def _is_true(value: Any) -> bool:
    return str(value).lower() == "true"
