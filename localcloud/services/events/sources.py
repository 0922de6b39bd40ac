"""Which services tell the default bus what happens, by what they write down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.services.codebuild import announcements as codebuild
from localcloud.services.codepipeline import announcements as codepipeline
from localcloud.services.sagemaker import announcements as sagemaker

if TYPE_CHECKING:
    from localcloud.platform.cloud import Cloud


def listen_to_services(cloud: Cloud) -> None:
    for source in (codebuild, codepipeline, sagemaker):
        source.announce(cloud)
