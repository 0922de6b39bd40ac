"""Creating a resource with tags needs the service's tagging action too, where AWS's reference says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.iam.asks import Ask, prefix_of
from localcloud.iam.facts import action_facts
from localcloud.wire import system_tags

if TYPE_CHECKING:
    from localcloud.wire.api_requests import ApiRequest

_TAGGING = ("AddTags", "TagResource", "TagQueue", "TagRole", "TagPolicy", "TagUser", "TagLogGroup")


def tag_asks(request: ApiRequest, own: list[Ask]) -> list[Ask]:
    if not system_tags.given(request.params):
        return []
    facts = action_facts(prefix_of(request.service), request.operation)
    depends = facts.dependent_actions if facts else ()
    # In SageMaker, a policy can restrict which creations may bring tags.
    context = {"sagemaker:taggingaction": (request.operation,)} if request.service == "sagemaker" else {}
    return [
        Ask(action=action, resource=own[0].resource, context=context)
        for action in depends
        if action.startswith(f"{prefix_of(request.service)}:") and action.rpartition(":")[2] in _TAGGING and own
    ]
