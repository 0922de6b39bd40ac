"""What API Gateway's patch operations set: policies and roles that they bring are checked like any other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from localcloud.wire.api_requests import ApiRequest


def patched_value(request: ApiRequest, path: str) -> str:
    """The value that a request sets at this path; empty where it sets none there."""
    patches: list[Any] = request.params.get("patchOperations") or []
    values = [each.get("value") for each in patches if isinstance(each, dict) and each.get("path") == path]
    return str(values[-1] or "") if values else ""
