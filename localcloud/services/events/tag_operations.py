"""EventBridge's operations on the tags of rules and event buses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError
from localcloud.platform.service import operation
from localcloud.services.events.operations import EventsOperations, tags_given
from localcloud.services.events.place import DEFAULT, key_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.platform.service import Call, Params
    from localcloud.platform.store import Document


class TagOperations(EventsOperations):
    @operation("TagResource")
    def tag_resource(self, _: Call, params: Params) -> None:
        self._change(params["ResourceARN"], lambda document: document["tags"].update(tags_given(params)))

    @operation("UntagResource")
    def untag_resource(self, _: Call, params: Params) -> None:
        def remove(document: Document) -> None:
            document["tags"] = {k: v for k, v in document["tags"].items() if k not in params["TagKeys"]}

        self._change(params["ResourceARN"], remove)

    @operation("ListTagsForResource")
    def list_tags_for_resource(self, _: Call, params: Params) -> Params:
        tags = self._tagged(params["ResourceARN"])["tags"]
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    def _tagged(self, arn: str) -> Document:
        table, key = key_of(self.cloud.settings, arn)
        found = self.cloud.store.table(table).get(key)
        if found is not None:
            return found
        if table == "events.buses":
            raise AwsError("ResourceNotFoundException", f"Event bus {key} does not exist.")
        bus, _, name = key.rpartition("/")
        raise AwsError("ResourceNotFoundException", f"Rule {name} does not exist on EventBus {bus or DEFAULT}.")

    def _change(self, arn: str, change: Callable[[Document], None]) -> None:
        self._tagged(arn)
        table, key = key_of(self.cloud.settings, arn)
        self.cloud.store.table(table).update(key, change)
