"""What is kept: targets, policies, scheduled actions and activities, by namespace, resource and dimension."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from localcloud.platform import page_tokens
from localcloud.platform.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from localcloud.platform.cloud import Cloud
    from localcloud.platform.service import Params
    from localcloud.platform.store import Document

KEY = ("ServiceNamespace", "ResourceId", "ScalableDimension")
#: How many activities are kept for all targets together. AWS keeps them for six weeks.
_KEPT_ACTIVITIES = 2000
_PAGE = 50


def key_of(params: Params) -> str:
    return "|".join(params[name] for name in KEY)


class Records:
    def __init__(self, cloud: Cloud) -> None:
        self.targets = cloud.store.table("application_autoscaling.targets")
        self.policies = cloud.store.table("application_autoscaling.policies")
        self.activities = cloud.store.table("application_autoscaling.activities")
        self.scheduled = cloud.store.table("application_autoscaling.scheduled_actions")
        self.tags = cloud.store.table("application_autoscaling.tags")

    def target(self, params: Params) -> Document:
        found = self.targets.get(key_of(params))
        if found is None:
            raise missing("No scalable target registered for", params)
        return found

    def policies_of(self, target_key: str) -> dict[str, Document]:
        return dict(self.policies.items(prefix=f"{target_key}|"))

    def add_activity(self, target: Document, **facts: Any) -> str:
        """Returns the key of the new activity."""
        now, identifier = datetime.now(UTC), str(uuid.uuid4())
        key = f"{now.timestamp():017.6f}-{identifier}"
        place = {name: target[name] for name in KEY}
        self.activities.put(key, {"ActivityId": identifier, **place, "StartTime": now, **facts})
        names = self.activities.names()
        for old in names[: max(0, len(names) - _KEPT_ACTIVITIES)]:
            self.activities.delete(old)
        return key

    def activities_of(self, target_key: str) -> Iterator[Document]:
        """Newest first."""
        found = [activity for _, activity in self.activities.items() if key_of(activity) == target_key]
        return reversed(found)


def missing(what: str, params: Params) -> AwsError:
    return AwsError(
        "ObjectNotFoundException",
        f"{what} service namespace: {params['ServiceNamespace']}, resource ID: {params['ResourceId']}, "
        f"scalable dimension: {params['ScalableDimension']}",
    )


def selected(documents: Sequence[Document], params: Params) -> list[Document]:
    """Those of a namespace, and of a resource and a dimension where the request names them."""
    if params.get("ScalableDimension") and not (params.get("ResourceId") or params.get("ResourceIds")):
        raise AwsError(
            "ValidationException", "If you specify a scalable dimension, you must also specify a resource ID."
        )
    resources = params.get("ResourceIds") or ([params["ResourceId"]] if params.get("ResourceId") else None)
    return [
        document
        for document in documents
        if document["ServiceNamespace"] == params["ServiceNamespace"]
        and (resources is None or document["ResourceId"] in resources)
        and params.get("ScalableDimension") in (None, document["ScalableDimension"])
    ]


def page(found: list[Any], params: Params, answer: str) -> Params:
    shown, more = page_tokens.cut(found, params, params.get("MaxResults") or _PAGE, code="InvalidNextTokenException")
    return {answer: shown, **more}
