"""Tags of AWS's own, such as CloudFormation's: no caller writes or removes them, or needs a permission for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.front_door.refusals import QUERY_SERVICES
from localcloud.platform.errors import AwsError
from localcloud.wire import s3_documents, system_tags

if TYPE_CHECKING:
    from collections.abc import Iterable

    from localcloud.wire.api_requests import ApiRequest

#: They look for tags, and change none.
_READING = ("Describe", "Get", "List", "Search")


def check(call: ApiRequest) -> None:
    """Raises AwsError in AWS's words for a key that begins with ``aws:``."""
    if call.operation.startswith(_READING) or not any(key.startswith(system_tags.PREFIX) for key in _keys(call)):
        return
    if call.service == "s3":
        raise AwsError("InvalidTag", "System tags cannot be added/updated by requester")
    code = "InvalidParameterValue" if call.service in QUERY_SERVICES else "ValidationException"
    raise AwsError(code, system_tags.NOT_YOURS)


def are_all(call: ApiRequest) -> bool:
    """Whether a call does nothing but to write tags of AWS's own: S3 has an operation for tags alone."""
    return _tags_a_bucket(call) and all(key.startswith(system_tags.PREFIX) for key in _keys(call))


def _keys(call: ApiRequest) -> Iterable[str]:
    return s3_documents.tags(call.params["body"]) if _tags_a_bucket(call) else system_tags.keys(call.params)


def _tags_a_bucket(call: ApiRequest) -> bool:
    return (call.service, call.operation) == ("s3", "PutBucketTagging")
