"""Deletes resources that may be gone already."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

#: The codes with which APIs say that a resource does not exist.
_CODES = frozenset(
    {
        "EntityNotFoundException",
        "NoSuchBucket",
        "NoSuchBucketPolicy",
        "NoSuchCachePolicy",
        "NoSuchDistribution",
        "NoSuchEntity",
        "NoSuchOriginAccessControl",
        "NoSuchResponseHeadersPolicy",
        "NotFound",
        "NotFoundException",
        "ObjectNotFoundException",
        "ParameterNotFound",
        "AWS.SimpleQueueService.NonExistentQueue",
        "PipelineNotFoundException",
        "QueueDoesNotExist",
        "RepositoryNotFoundException",
        "ResourceNotFound",
        "ResourceNotFoundException",
        "UserNotFoundException",
        "WebhookNotFoundException",
    }
)
#: SageMaker has no code for it, only this message.
_WORDS = ("Could not find",)


@contextlib.contextmanager
def already_gone() -> Iterator[None]:
    """Ignores the error that a resource does not exist. As on AWS, somebody else may have deleted it."""
    from botocore.exceptions import ClientError

    try:
        yield
    except ClientError as error:
        found = error.response["Error"]
        said_in_words = found["Code"] == "ValidationException" and found["Message"].startswith(_WORDS)
        if found["Code"] not in _CODES and not said_in_words:
            raise
