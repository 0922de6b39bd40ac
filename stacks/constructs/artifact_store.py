"""Where the pipeline's actions hand on what they made, and who may take and give which of it."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_iam as iam

from constructs import Construct
from stacks.constructs.data_bucket import DataBucket
from stacks.constructs.encryption import Encryption
from stacks.constructs.permissions import allow

_KEPT_DAYS = 30
#: CodePipeline cuts names short in its keys: ``<pipeline>/<artifact>/<random>``.
_LONGEST_PIPELINE, _LONGEST_ARTIFACT = 20, 10


class ArtifactStore(Construct):
    """A bucket for one pipeline. An action may read its inputs and write its output; nobody lists or deletes.

    The CDK would let every build read, overwrite and delete all of it.
    """

    def __init__(self, scope: Construct, construct_id: str, *, pipeline_id: str, encryption: Encryption) -> None:
        super().__init__(scope, construct_id)
        self._objects = DataBucket(self, "Objects", expire_after_days=_KEPT_DAYS, encryption=encryption)
        self.bucket = self._objects.bucket
        # CloudFormation names the pipeline <stack>-<logical id>-<random>, which is longer than what is kept of it.
        self._folder = f"{Stack.of(self).stack_name}-{pipeline_id}"[:_LONGEST_PIPELINE]

    def grant_take(self, grantee: iam.IGrantable, *artifacts: str) -> None:
        """Read these artifacts, of any execution."""
        self._grant(grantee, ["s3:GetObject", "s3:GetObjectVersion"], artifacts)
        self._objects.grant_decrypt(grantee)

    def grant_give(self, grantee: iam.IGrantable, artifact: str) -> None:
        """Write this artifact, of any execution."""
        self._grant(grantee, ["s3:PutObject"], (artifact,))
        self._objects.grant_encrypt(grantee)

    def grant_find(self, grantee: iam.IGrantable, *besides: str) -> None:
        """Ask where the bucket lies and whose it is: AWS's policies for CodePipeline's and CodeBuild's roles have it.

        ``besides``: what else of the bucket itself.

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
