"""EventBridge's operations on rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.platform.service import operation
from localcloud.services.events.operations import EventsOperations, page, tags_given
from localcloud.services.events.patterns import read_pattern
from localcloud.services.events.place import DEFAULT, rule_path
from localcloud.services.events.schedules import read_schedule

if TYPE_CHECKING:
    from localcloud.platform.service import Call, Params
    from localcloud.platform.store import Document

_SHOWN = ("Name", "Arn", "EventPattern", "ScheduleExpression", "State", "Description", "RoleArn", "EventBusName")
_GIVEN = ("EventPattern", "ScheduleExpression", "Description", "RoleArn")


class RuleOperations(EventsOperations):
    @operation("PutRule")
    def put_rule(self, call: Call, params: Params) -> Params:
        bus, name, schedule = self.bus_of(params), params["Name"], params.get("ScheduleExpression")
        _check(params, bus)
        known = self.router.rules.get(rule_path(bus, name))
        if known and params.get("Tags"):
            raise AwsError("ValidationException", "Tags are set when a rule is made; later by TagResource.")
        rule = {
            "Name": name,
            "Arn": self.cloud.arn("events", f"rule/{rule_path(bus, name)}"),
            "EventBusName": bus,
            "State": params.get("State", "ENABLED"),
            **{key: params[key] for key in _GIVEN if params.get(key)},
            "targets": known["targets"] if known else {},
            "tags": known["tags"] if known else tags_given(params),
            "created_by": known["created_by"] if known else call.account_id,
        }
        self.router.put(rule, reschedule=not known or known.get("ScheduleExpression") != schedule)
        return {"RuleArn": rule["Arn"]}

    @operation("DescribeRule")
    def describe_rule(self, _: Call, params: Params) -> Params:
        rule = self.rule_of(params, "Name")
        return _shown(rule) | {"CreatedBy": rule["created_by"]}

    @operation("ListRules")
    def list_rules(self, _: Call, params: Params) -> Params:
        found = self.router.rules_of(self.bus_of(params), params.get("NamePrefix", ""))
        return page("Rules", [_shown(rule) for rule in found], params)

    @operation("ListRuleNamesByTarget")
    def list_rule_names_by_target(self, _: Call, params: Params) -> Params:
        found = [
            rule["Name"]
            for rule in self.router.rules_of(self.bus_of(params))
            if any(target["Arn"] == params["TargetArn"] for target in rule["targets"].values())
        ]
        return page("RuleNames", found, params)

    @operation("DeleteRule")
    def delete_rule(self, _: Call, params: Params) -> None:
        key = rule_path(self.bus_of(params), params["Name"])
        rule = self.router.rules.get(key)
        if rule and rule["targets"]:
            raise AwsError("ValidationException", "Rule can't be deleted since it has targets.")
        self.router.delete(key)

    @operation("EnableRule")
    def enable_rule(self, _: Call, params: Params) -> None:
        self.router.put(self.rule_of(params, "Name") | {"State": "ENABLED"}, reschedule=False)

    @operation("DisableRule")
    def disable_rule(self, _: Call, params: Params) -> None:
        self.router.put(self.rule_of(params, "Name") | {"State": "DISABLED"}, reschedule=False)


def _check(params: Params, bus: str) -> None:
    pattern, schedule = params.get("EventPattern"), params.get("ScheduleExpression")
    if not pattern and not schedule:
        raise AwsError("ValidationException", "Parameter(s) EventPattern or ScheduleExpression must be specified.")
    if pattern:
        read_pattern(pattern)
    if schedule:
        if bus != DEFAULT:
            message = "ScheduleExpression is supported only on the default event bus."
            raise AwsError("ValidationException", message)
        read_schedule(schedule)
    state = params.get("State", "ENABLED")
    if state not in ("ENABLED", "DISABLED"):
        raise UnsupportedError(f"events:PutRule with State {state}")


def _shown(rule: Document) -> Params:
    return {name: rule[name] for name in _SHOWN if name in rule}
