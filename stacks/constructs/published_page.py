"""The page of a release."""

from __future__ import annotations

from aws_cdk import CfnResource
from aws_cdk import aws_s3_assets as s3_assets
from handover.names import Parameter

from constructs import Construct
from stacks.api_parameters import parameter
from stacks.api_settings import Api
from stacks.constructs.own_files import PROJECT


def attach_page(scope: Construct, settings: Api) -> None:
    """The files of ``web/``, for people. When their hash changes, the publisher puts them in the former ones' place."""
    if "people" not in settings.callers:
        return
    asset = s3_assets.Asset(scope, "Web", path=str(PROJECT / "web"))
    CfnResource(
        scope,
        "Page",
        type="Custom::Page",
        properties={"ServiceToken": parameter(scope, Parameter.PAGE_PUBLISHER), "Key": asset.s3_object_key},
    )
