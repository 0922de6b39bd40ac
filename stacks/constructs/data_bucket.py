"""Where a workload's rows, features, models and reports are stored."""

from __future__ import annotations

from typing import cast

from aws_cdk import CfnOutput, Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from handover.places import APPROVED_TAG

from constructs import Construct
from stacks.constructs.encryption import Encryption
from stacks.constructs.permissions import allow

_NAMED_LATER = "S3 knows objects by key, and these keys hold content hashes, commits, jobs or executions to come"


class DataBucket(Construct):
    """An encrypted, versioned bucket that accepts only TLS. It knows where data is, so it grants access to it.

    It is retained when its stack is deleted: a deployment must not delete rows and models.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        expire_after_days: int | None = None,
        encryption: Encryption,
    ) -> None:
        super().__init__(scope, construct_id)
        self.encryption = encryption
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            encryption=encryption.of_buckets,
            encryption_key=encryption.key,
            # S3 uses one data key for many objects for a while: a hundredth of the requests to KMS, which cost money.
            bucket_key_enabled=True if encryption.key else None,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            lifecycle_rules=[_life_cycle(expire_after_days)],
            removal_policy=RemovalPolicy.RETAIN,
        )

    @property
    def name(self) -> str:
        return self.bucket.bucket_name

    def tell_eventbridge(self) -> None:
        """Send an event to the account's bus for every object that is created or deleted."""
        resource = cast("s3.CfnBucket", self.bucket.node.default_child)
        # The construct's own switch would deploy a function with permissions on every bucket.
        resource.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(event_bridge_enabled=True)
        )

    def tell(self, output: str) -> None:
        """Add an output with the bucket's name to its stack."""
        CfnOutput(self, "Name", value=self.name).override_logical_id(output)

    def expire_after(self, prefix: str, *, days: int) -> None:
        """Delete objects under this prefix when they are older."""
        self.bucket.add_lifecycle_rule(id=prefix.removesuffix("/"), prefix=prefix, expiration=Duration.days(days))

    def grant_read(self, grantee: iam.IGrantable, *prefixes: str, approved: bool = False) -> None:
        """Read objects under these prefixes, such as ``raw/``, and list the bucket.

        ``approved``: only the artifacts of approved model packages.
        """
        self.grant_get(grantee, *prefixes, approved=approved)
        # Listing is a permission on the bucket. Without it, S3 answers 403 instead of 404 for a missing object.
        allow(grantee, ["s3:ListBucket"], [self.bucket.bucket_arn])

    def grant_get(self, grantee: iam.IGrantable, *prefixes: str, approved: bool = False) -> None:
        """Read objects under these prefixes, without listing them."""
        conditions = _where_approved("ExistingObjectTag") if approved else None
        allow(grantee, ["s3:GetObject"], self._objects(prefixes), conditions=conditions, because=_NAMED_LATER)
        self.grant_decrypt(grantee)

    def grant_list(self, grantee: iam.IGrantable, prefix: str) -> None:
        """See which objects there are under this prefix, without reading them."""
        allow(grantee, ["s3:ListBucket"], [self.bucket.bucket_arn], conditions={"StringEquals": {"s3:prefix": prefix}})

    def grant_get_one(self, grantee: iam.IGrantable, key: str | None) -> None:
        """Read the one object of this key, if there is one; a star in it stands for its release or job."""
        if key:
            allow(grantee, ["s3:GetObject"], [self.bucket.arn_for_objects(key)], because=_NAMED_LATER)
            self.grant_decrypt(grantee)

    def grant_write(self, grantee: iam.IGrantable, *prefixes: str) -> None:
        """Put objects under these prefixes. The bucket removes the parts of incomplete uploads."""
        allow(grantee, ["s3:PutObject"], self._objects(prefixes), because=_NAMED_LATER)
        self.grant_encrypt(grantee)

    def grant_add(self, grantee: iam.IGrantable, *prefixes: str) -> None:
        """Put objects that are not there yet under these prefixes: none can be overwritten."""
        allow(
            grantee,
            ["s3:PutObject"],
            self._objects(prefixes),
            conditions={"Null": {"s3:if-none-match": "false"}},
            because=_NAMED_LATER,
        )
        self.grant_encrypt(grantee)

    def grant_put(self, grantee: iam.IGrantable, key: str) -> None:
        """Put this one object, again and again."""
        allow(grantee, ["s3:PutObject"], [self.bucket.arn_for_objects(key)])

    def keep_forever(self, prefix: str) -> None:
        """Nobody overwrites an object under this prefix, whatever their own policies allow."""
        self.bucket.add_to_resource_policy(
            iam.PolicyStatement(
                effect=iam.Effect.DENY,
                principals=[iam.AnyPrincipal()],
                actions=["s3:PutObject"],
                resources=[self.bucket.arn_for_objects(f"{prefix}*")],
                conditions={"Null": {"s3:if-none-match": "true"}},
            )
        )

    def grant_decrypt(self, grantee: iam.IGrantable) -> None:
        """Let S3 decrypt with the bucket's key, if it has one: S3 calls KMS with its caller's permissions."""
        self.encryption.grant_decrypt(grantee, by="s3")

    def grant_encrypt(self, grantee: iam.IGrantable) -> None:
        """Let S3 encrypt as well."""
        self.encryption.grant_use(grantee, by="s3")

    def grant_find(self, grantee: iam.IGrantable) -> None:
        """Read the bucket's location, as AWS's managed policy AWSGlueServiceRole allows."""
        allow(grantee, ["s3:GetBucketLocation"], [self.bucket.bucket_arn])

    def grant_versions(self, grantee: iam.IGrantable) -> None:
        """List the versions of objects, with their times."""
        allow(grantee, ["s3:ListBucketVersions"], [self.bucket.bucket_arn])

    def grant_judge(self, grantee: iam.IGrantable, *prefixes: str) -> None:
        """Find and read the versions of objects under these prefixes."""
        self.grant_versions(grantee)
        allow(grantee, ["s3:GetObjectVersion"], self._objects(prefixes), because=_NAMED_LATER)
        self.grant_decrypt(grantee)

    def grant_approve(self, grantee: iam.IGrantable, *prefixes: str) -> None:
        """Tag versions of objects as approved, beside their other tags. No other value is allowed."""
        objects = self._objects(prefixes)
        allow(grantee, ["s3:GetObjectVersionTagging"], objects, because=_NAMED_LATER)
        conditions = _where_approved("RequestObjectTag")
        allow(grantee, ["s3:PutObjectVersionTagging"], objects, conditions=conditions, because=_NAMED_LATER)

    def grant_replace(self, grantee: iam.IGrantable, *prefixes: str) -> None:
        """Delete objects under these prefixes, as Spark deletes its temporary files when it commits."""
        allow(grantee, ["s3:DeleteObject"], self._objects(prefixes), because=_NAMED_LATER)

    def grant_probe(self, grantee: iam.IGrantable, *prefixes: str) -> None:
        """Check whether an object has a folder's name, as Spark does for each folder above its output."""
        folders = [self.bucket.arn_for_objects(prefix.rstrip("/")) for prefix in prefixes]
        allow(grantee, ["s3:GetObject"], folders)

    def _objects(self, prefixes: tuple[str, ...]) -> list[str]:
        return [self.bucket.arn_for_objects(f"{prefix}*") for prefix in prefixes]


def _where_approved(key: str) -> dict[str, dict[str, str]]:
    name, value = APPROVED_TAG
    return {"StringEquals": {f"s3:{key}/{name}": value}}


def _life_cycle(expire_after_days: int | None) -> s3.LifecycleRule:
    return s3.LifecycleRule(
        id="tidy",
        abort_incomplete_multipart_upload_after=Duration.days(7),
        noncurrent_version_expiration=Duration.days(90 if expire_after_days is None else expire_after_days),
        expiration=None if expire_after_days is None else Duration.days(expire_after_days),
    )
