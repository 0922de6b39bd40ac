"""Makes Glue encrypt with the workload's own key."""

from __future__ import annotations

from aws_cdk import aws_glue as glue
from aws_cdk import aws_iam as iam

from constructs import Construct
from stacks.constructs.encryption import Encryption
from stacks.constructs.log_access import log_groups
from stacks.constructs.permissions import allow
from stacks.specs import Workload

_Encryption = glue.CfnSecurityConfiguration.EncryptionConfigurationProperty


class GlueSecurity(Construct):
    """Two security configurations, for jobs and for crawlers. Glue requires a name for each.

    If a job's configuration encrypted logs, Glue would write them to log groups of its own, named after the role and
    the configuration. The stack's log groups for jobs have the key themselves, so the jobs' configuration omits logs.
    """

    def __init__(self, scope: Construct, construct_id: str, *, workload: Workload, encryption: Encryption) -> None:
        super().__init__(scope, construct_id)
        of = glue.CfnSecurityConfiguration
        jobs = _Encryption(
            job_bookmarks_encryption=of.JobBookmarksEncryptionProperty(
                job_bookmarks_encryption_mode="CSE-KMS", kms_key_arn=encryption.arn
            ),
            s3_encryptions=[of.S3EncryptionProperty(s3_encryption_mode="SSE-KMS", kms_key_arn=encryption.arn)],
        )
        crawlers = _Encryption(
            cloud_watch_encryption=of.CloudWatchEncryptionProperty(
                cloud_watch_encryption_mode="SSE-KMS", kms_key_arn=encryption.arn
            )
        )
        self._jobs = of(self, "Jobs", name=f"{workload.dashed_name}-jobs", encryption_configuration=jobs)
        self._crawlers = of(
            self, "Crawlers", name=f"{workload.dashed_name}-crawlers", encryption_configuration=crawlers
        )

    @property
    def for_jobs(self) -> str:
        return self._jobs.ref

    @property
    def for_crawlers(self) -> str:
        return self._crawlers.ref

    @staticmethod
    def grant_logs(role: iam.Role, group: str) -> None:
        """Let Glue associate the key with its log groups, as its guide asks for roles with a security configuration."""
        allow(
            role,
            ["logs:AssociateKmsKey"],
            log_groups(role, group)[:1],
            because="Glue names its groups, after role and security configuration",
        )
