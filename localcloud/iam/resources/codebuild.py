"""Builds: an id begins with its project's name, and permissions are on the project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.iam.asks import Ask, Place, by_reference, on

if TYPE_CHECKING:
    from localcloud.wire.api_requests import ApiRequest


def asks(request: ApiRequest, place: Place) -> list[Ask]:
    params = request.params
    ids = [*params.get("ids", []), *([params["id"]] if isinstance(params.get("id"), str) else [])]
    names = {identifier.rpartition(":build/")[2].partition(":")[0]: None for identifier in ids}
    names |= dict.fromkeys(params.get("names", []))
    names |= {params[key]: None for key in ("projectName",) if isinstance(params.get(key), str)}
    if request.operation in ("CreateProject", "UpdateProject", "DeleteProject"):
        names = {params["name"]: None}
    if not names:
        return by_reference(request, place)
    projects = [name if name.startswith("arn:") else place.arn("codebuild", f"project/{name}") for name in names]
    return on(f"codebuild:{request.operation}", *projects)
