"""EventBridge's operations on the targets of rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import AwsError
from localcloud.platform.service import operation
from localcloud.services.events.operations import EventsOperations, page
from localcloud.services.events.targets import check_target

if TYPE_CHECKING:
    from localcloud.platform.service import Call, Params
    from localcloud.platform.store import Document

_MOST_TARGETS = 5


class TargetOperations(EventsOperations):
    @operation("PutTargets")
    def put_targets(self, _: Call, params: Params) -> Params:
        rule = self.rule_of(params, "Rule")
        for target in params["Targets"]:
            check_target(self.cloud.settings, target)
        targets = rule["targets"] | {target["Id"]: target for target in params["Targets"]}
        if len(targets) > _MOST_TARGETS:
            raise AwsError("LimitExceededException", f"The requested resource exceeds {_MOST_TARGETS} targets a rule.")
        return self._set(rule, targets)

    @operation("RemoveTargets")
    def remove_targets(self, _: Call, params: Params) -> Params:
        rule = self.rule_of(params, "Rule")
        return self._set(rule, {key: target for key, target in rule["targets"].items() if key not in params["Ids"]})

    @operation("ListTargetsByRule")
    def list_targets_by_rule(self, _: Call, params: Params) -> Params:
        return page("Targets", list(self.rule_of(params, "Rule")["targets"].values()), params)

    def _set(self, rule: Document, targets: dict[str, Any]) -> Params:
        self.router.change(rule, lambda document: document.update(targets=targets))
        return {"FailedEntryCount": 0, "FailedEntries": []}
