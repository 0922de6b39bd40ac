"""Refuses callers who would write or remove tags of AWS's own, such as CloudFormation's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.front_door.refusals import QUERY_SERVICES
from localcloud.platform.errors import AwsError
from localcloud.wire import s3_documents, system_tags

if TYPE_CHECKING:
    from localcloud.platform.service import HttpRequest
    from localcloud.wire.api_requests import ApiRequest

#: They look for tags, and change none.
_READING = ("Describe", "Get", "List", "Search")


def check(call: ApiRequest, request: HttpRequest) -> None:
    """Raises AwsError in AWS's words for a key that begins with ``aws:``."""
    if (call.service, call.operation) == ("s3", "PutBucketTagging"):
        if any(key.startswith(system_tags.PREFIX) for key in s3_documents.tags(request.body)):
            raise AwsError("InvalidTag", "System tags cannot be added/updated by requester")
        return
    if call.operation.startswith(_READING):
        return
    if any(key.startswith(system_tags.PREFIX) for key in system_tags.keys(call.params)):
        code = "InvalidParameterValue" if call.service in QUERY_SERVICES else "ValidationException"
        raise AwsError(code, "aws: prefixed tag key names are not allowed for external use.")
