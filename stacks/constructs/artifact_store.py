"""Where the pipeline's actions store their artifacts, and who may read and write which of them."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_iam as iam

from constructs import Construct
from stacks.constructs.data_bucket import DataBucket
from stacks.constructs.encryption import Encryption
from stacks.constructs.permissions import allow

_KEPT_DAYS = 30
#: CodePipeline truncates names in its keys: ``<pipeline>/<artifact>/<random>``.
_LONGEST_PIPELINE, _LONGEST_ARTIFACT = 20, 10


class ArtifactStore(Construct):
    """A bucket for one pipeline. An action may read its inputs and write its output; nobody may list or delete.

    By default, the CDK would let every build read, overwrite and delete all artifacts.
    """

    def __init__(self, scope: Construct, construct_id: str, *, pipeline_id: str, encryption: Encryption) -> None:
        super().__init__(scope, construct_id)
        self._objects = DataBucket(self, "Objects", expire_after_days=_KEPT_DAYS, encryption=encryption)
        self.bucket = self._objects.bucket
        # CloudFormation names the pipeline <stack>-<logical id>-<random>; CodePipeline keeps only the start of it.
        self._folder = f"{Stack.of(self).stack_name}-{pipeline_id}"[:_LONGEST_PIPELINE]

    def grant_take(self, grantee: iam.IGrantable, *artifacts: str) -> None:
        """Read these artifacts of any execution."""
        self._grant(grantee, ["s3:GetObject", "s3:GetObjectVersion"], artifacts)
        self._objects.grant_decrypt(grantee)

    def grant_give(self, grantee: iam.IGrantable, artifact: str, *besides: str) -> None:
        """Write this artifact in any execution. ``besides``: further actions on it."""
        self._grant(grantee, ["s3:PutObject", *besides], (artifact,))
        self._objects.grant_encrypt(grantee)

    def grant_find(self, grantee: iam.IGrantable, *besides: str) -> None:
        """Read the bucket's location and ACL, as AWS's policies for the roles of CodePipeline and CodeBuild allow.

        ``besides``: further actions on the bucket itself.

        Sources: CodePipeline user guide, "Manage the CodePipeline service role"; CodeBuild user guide, "Allow
        CodeBuild to interact with other AWS services".
        """
        allow(grantee, ["s3:GetBucketAcl", "s3:GetBucketLocation", *besides], [self.bucket.bucket_arn])

    def _grant(self, grantee: iam.IGrantable, actions: list[str], artifacts: tuple[str, ...]) -> None:
        folders = [f"{self._folder}/{artifact[:_LONGEST_ARTIFACT]}/*" for artifact in artifacts]
        allow(
            grantee,
            actions,
            [self.bucket.arn_for_objects(key) for key in folders],
            because="CodePipeline ends the key of each artifact in random letters",
        )
