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


@contextlib.contextmanager
def already_gone() -> Iterator[None]:
    """Passes over "there is no such thing" alone: what somebody else deleted needs no deleting, as on AWS."""
    from botocore.exceptions import ClientError

    try:
        yield
    except ClientError as error:
        found = error.response["Error"]
        # SageMaker has no code of its own for it.
        if found["Code"] in _CODES or (
            found["Code"] == "ValidationException" and found["Message"].startswith("Could not find")
        ):
            return
        raise
