"""Addresses for people: pages of GitHub, and of the AWS console. Who follows one signs in there."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from handover.addresses import S3Address


def commit_page(repository: str, commit: str) -> str:
    """repository: ``owner/name``."""
    return f"https://github.com/{quote(repository)}/commit/{quote(commit, safe='')}"


def execution_page(region: str, pipeline: str, execution: str) -> str:
    """One execution of a pipeline, with its stages."""
    return (
        f"https://{region}.console.aws.amazon.com/codesuite/codepipeline/pipelines/{quote(pipeline, safe='')}"
        f"/executions/{quote(execution, safe='')}/timeline?region={region}"
    )


def object_page(region: str, address: S3Address) -> str:
    """An object in S3, from where it can be opened."""
    return (
        f"https://{region}.console.aws.amazon.com/s3/object/{quote(address.bucket, safe='')}"
        f"?region={region}&prefix={quote(address.key)}"
    )
