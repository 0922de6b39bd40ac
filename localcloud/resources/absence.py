"""Deleting what may be gone already."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

#: The APIs' codes for "there is no such thing".
_CODES = frozenset(
    {
        "EntityNotFoundException",
        "NoSuchBucket",
        "NoSuchBucketPolicy",
        "NoSuchEntity",
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
        "WebhookNotFoundException",
    }
)
#: SageMaker has no code for it, nor has moto's Application Auto Scaling.
_WORDS = ("Could not find", "No scalable target found", "No scaling policy found")


@contextlib.contextmanager
def already_gone() -> Iterator[None]:
    """Passes over "there is no such thing" alone: what somebody else deleted needs no deleting, as on AWS."""
    from botocore.exceptions import ClientError

    try:
        yield
    except ClientError as error:
        found = error.response["Error"]
        said_in_words = found["Code"] == "ValidationException" and found["Message"].startswith(_WORDS)
        if found["Code"] not in _CODES and not said_in_words:
            raise
