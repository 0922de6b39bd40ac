"""EventBridge's operations: the default bus's rules, their targets, and custom events."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.platform.service import Operations, operation
from localcloud.platform.service_events import event_of
from localcloud.services.events.bus import Bus
from localcloud.services.events.patterns import matches, read_pattern
from localcloud.services.events.schedules import read_schedule
from localcloud.services.events.targets import check_target

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.platform.cloud import Cloud
    from localcloud.platform.service import Call, Params
    from localcloud.platform.store import Document

_SHOWN = ("Name", "Arn", "EventPattern", "ScheduleExpression", "State", "Description", "RoleArn", "EventBusName")
_GIVEN = ("EventPattern", "ScheduleExpression", "Description", "RoleArn")
_MOST_TARGETS = 5
_MOST_ENTRIES = 10


class Events(Operations):
    service = "events"

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud)
        self.bus = Bus(cloud)

    def start(self) -> None:
        self.bus.start()
        self.cloud.events.deliver_to(self.bus.receive)

    def stop(self) -> None:
        self.bus.stop()

    @operation("PutRule")
    def put_rule(self, call: Call, params: Params) -> Params:
        _only_default(params)
        pattern, schedule = params.get("EventPattern"), params.get("ScheduleExpression")
        if not pattern and not schedule:
            raise AwsError("ValidationException", "Parameter(s) EventPattern or ScheduleExpression must be specified.")
        if pattern:
            read_pattern(pattern)
        if schedule:
            read_schedule(schedule)
        state = params.get("State", "ENABLED")
        if state not in ("ENABLED", "DISABLED"):
            raise UnsupportedError(f"events:PutRule with State {state}")
        known = self.bus.rules.get(params["Name"])
        if known and params.get("Tags"):
            raise AwsError("ValidationException", "Tags are set when a rule is made; later by TagResource.")
        rule = {
            "Name": params["Name"],
            "Arn": self.cloud.arn("events", f"rule/{params['Name']}"),
            "EventBusName": "default",
            "State": state,
            **{key: params[key] for key in _GIVEN if params.get(key)},
            "targets": known["targets"] if known else {},
            "tags": known["tags"] if known else {tag["Key"]: tag["Value"] for tag in params.get("Tags", [])},
            "created_by": known["created_by"] if known else call.account_id,
        }
        self.bus.put(rule, reschedule=not known or known.get("ScheduleExpression") != schedule)
        return {"RuleArn": rule["Arn"]}

    @operation("DescribeRule")
    def describe_rule(self, _: Call, params: Params) -> Params:
        rule = self._rule(params, "Name")
        return _shown(rule) | {"CreatedBy": rule["created_by"]}

    @operation("ListRules")
    def list_rules(self, _: Call, params: Params) -> Params:
        _only_default(params)
        return {"Rules": [_shown(rule) for _, rule in self.bus.rules.items(params.get("NamePrefix", ""))]}

    @operation("DeleteRule")
    def delete_rule(self, _: Call, params: Params) -> None:
        _only_default(params)
        rule = self.bus.rules.get(params["Name"])
        if rule and rule["targets"]:
            raise AwsError("ValidationException", "Rule can't be deleted since it has targets.")
        self.bus.delete(params["Name"])

    @operation("EnableRule")
    def enable_rule(self, _: Call, params: Params) -> None:
        self.bus.put(self._rule(params, "Name") | {"State": "ENABLED"}, reschedule=False)

    @operation("DisableRule")
    def disable_rule(self, _: Call, params: Params) -> None:
        self.bus.put(self._rule(params, "Name") | {"State": "DISABLED"}, reschedule=False)

    @operation("PutTargets")
    def put_targets(self, _: Call, params: Params) -> Params:
        rule = self._rule(params, "Rule")
        for target in params["Targets"]:
            check_target(target)
        targets = rule["targets"] | {target["Id"]: target for target in params["Targets"]}
        if len(targets) > _MOST_TARGETS:
            raise AwsError("LimitExceededException", f"The requested resource exceeds {_MOST_TARGETS} targets a rule.")
        self._change(rule["Name"], lambda document: document.update(targets=targets))
        return {"FailedEntryCount": 0, "FailedEntries": []}

    @operation("RemoveTargets")
    def remove_targets(self, _: Call, params: Params) -> Params:
        rule = self._rule(params, "Rule")
        kept = {key: target for key, target in rule["targets"].items() if key not in params["Ids"]}
        self._change(rule["Name"], lambda document: document.update(targets=kept))
        return {"FailedEntryCount": 0, "FailedEntries": []}

    @operation("ListTargetsByRule")
    def list_targets_by_rule(self, _: Call, params: Params) -> Params:
        return {"Targets": list(self._rule(params, "Rule")["targets"].values())}

    @operation("ListRuleNamesByTarget")
    def list_rule_names_by_target(self, _: Call, params: Params) -> Params:
        _only_default(params)
        found = [
            name
            for name, rule in self.bus.rules.items()
            if any(target["Arn"] == params["TargetArn"] for target in rule["targets"].values())
        ]
        return {"RuleNames": found}

    @operation("PutEvents")
    def put_events(self, _: Call, params: Params) -> Params:
        if not 1 <= len(params["Entries"]) <= _MOST_ENTRIES:
            raise AwsError("ValidationException", f"Entries must be from 1 to {_MOST_ENTRIES}.")
        for entry in params["Entries"]:
            _only_default(entry)
        answers = [self._put_event(entry) for entry in params["Entries"]]
        return {"FailedEntryCount": sum("ErrorCode" in answer for answer in answers), "Entries": answers}

    @operation("TestEventPattern")
    def check_event_pattern(self, _: Call, params: Params) -> Params:
        pattern = read_pattern(params["EventPattern"])
        try:
            event = json.loads(params["Event"])
        except ValueError as error:
            raise AwsError("ValidationException", f"Parameter Event is not valid JSON: {error}") from error
        return {"Result": matches(pattern, event)}

    @operation("DescribeEventBus")
    def describe_event_bus(self, _: Call, params: Params) -> Params:
        _only_default({"EventBusName": params.get("Name", "default")})
        return {"Name": "default", "Arn": self.cloud.arn("events", "event-bus/default")}

    @operation("ListEventBuses")
    def list_event_buses(self, call: Call, _: Params) -> Params:
        return {"EventBuses": [self.describe_event_bus(call, {})]}

    @operation("TagResource")
    def tag_resource(self, _: Call, params: Params) -> None:
        new = {tag["Key"]: tag["Value"] for tag in params["Tags"]}
        self._change(_name_of(params), lambda document: document["tags"].update(new))

    @operation("UntagResource")
    def untag_resource(self, _: Call, params: Params) -> None:
        def remove(document: Document) -> None:
            document["tags"] = {k: v for k, v in document["tags"].items() if k not in params["TagKeys"]}

        self._change(_name_of(params), remove)

    @operation("ListTagsForResource")
    def list_tags_for_resource(self, _: Call, params: Params) -> Params:
        tags = self._rule({"Name": _name_of(params)}, "Name")["tags"]
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    def _rule(self, params: Params, parameter: str) -> Document:
        _only_default(params)
        found = self.bus.rules.get(params[parameter])
        if found is None:
            raise AwsError("ResourceNotFoundException", f"Rule {params[parameter]} does not exist on EventBus default.")
        return found

    def _change(self, name: str, change: Callable[[Document], None]) -> None:
        self._rule({"Name": name}, "Name")
        self.bus.rules.update(name, change)

    def _put_event(self, entry: Params) -> dict[str, Any]:
        missing = [name for name in ("Source", "DetailType", "Detail") if not entry.get(name)]
        if missing:
            return _failed("InvalidArgument", f"Parameter {missing[0]} is not valid. Reason: {missing[0]} is required.")
        if entry["Source"].startswith("aws."):
            return _failed("NotAuthorizedForSourceException", "Not authorized for the source.")
        try:
            detail = json.loads(entry["Detail"])
        except ValueError:
            detail = None
        if not isinstance(detail, dict):
            return _failed("MalformedDetail", "Detail is malformed.")
        event = event_of(
            self.cloud.settings,
            source=entry["Source"],
            detail_type=entry["DetailType"],
            detail=detail,
            resources=entry.get("Resources", []),
            time=entry.get("Time"),
        )
        self.bus.receive(event)
        return {"EventId": event["id"]}


def _failed(code: str, message: str) -> dict[str, Any]:
    return {"ErrorCode": code, "ErrorMessage": message}


def _shown(rule: Document) -> Params:
    return {name: rule[name] for name in _SHOWN if name in rule}


def _name_of(params: Params) -> str:
    return str(params["ResourceARN"]).rpartition("/")[2]


def _only_default(params: Params) -> None:
    bus = str(params.get("EventBusName") or "default").rpartition("/")[2]
    if bus != "default":
        raise UnsupportedError(f"events: custom event buses ({bus})")
