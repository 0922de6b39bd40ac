"""Puts a release's page where CloudFront finds it."""

from __future__ import annotations

from handover.function_variables import PublishPageVariables

from constructs import Construct
from stacks.constructs.encryption import Encryption
from stacks.constructs.function import Function
from stacks.constructs.page_site import PageSite
from stacks.constructs.pushed_assets import PushedAssets


class PagePublisher(Construct):
    """A function that CloudFormation calls for the stack of a release. It reads what pushes published, and no more.

    ``configuration``: config.json, by which the page knows API and sign-in. A person deploys it, not a push.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        site: PageSite,
        assets: PushedAssets,
        configuration: str,
        encryption: Encryption,
    ) -> None:
        super().__init__(scope, construct_id)
        self.function = Function(
            self,
            "Function",
            folder="publish_page",
            variables=PublishPageVariables(
                site_bucket=site.bucket.bucket_name,
                distribution=site.distribution.distribution_id,
                assets_bucket=assets.bucket_name,
                assets_prefix=assets.prefix,
                configuration=configuration,
            ),
            timeout_seconds=120,
            encryption=encryption,
        )
        assets.grant_read(self.function.role)
        site.grant_publish(self.function.role)

    @property
    def arn(self) -> str:
        return self.function.function.function_arn
