"""Reads a composite alarm from PutCompositeAlarm's parameters. Refuses what AWS or we cannot do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.platform.accepted import accept_only
from localcloud.platform.errors import AwsError, UnsupportedError
from localcloud.services.cloudwatch.composite_rules.rule import name_of, parse, references

if TYPE_CHECKING:
    from localcloud.platform.service import Params
    from localcloud.services.cloudwatch.alarm_states import AlarmStates
    from localcloud.services.cloudwatch.composite_states import CompositeStates

_ACTIONS = ("OKActions", "AlarmActions", "InsufficientDataActions")
_PERIODS = ("ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod")
_KEPT = ("AlarmName", "AlarmDescription", "AlarmRule", "ActionsSuppressor", *_PERIODS)
#: AWS's other actions of composite alarms, which nothing here carries out.
_NOT_SERVED = ("lambda", "ssm", "ssm-incidents", "aiops")
_COLONS_OF_AN_ARN = 5
_MOST_PARENTS = 150


def composite_from(params: Params, states: AlarmStates, composites: CompositeStates) -> Params:
    """Raises AwsError for what AWS refuses, UnsupportedError for what the local cloud does not do."""
    accept_only(params, (*_KEPT, *_ACTIONS, "ActionsEnabled", "Tags"), "cloudwatch:PutCompositeAlarm")
    alarm = {
        **{name: params[name] for name in _KEPT if params.get(name) is not None},
        "ActionsEnabled": params.get("ActionsEnabled", True),
        **{name: params.get(name) or [] for name in _ACTIONS},
    }
    _check_children(alarm, states, composites)
    _check_suppressor(alarm, states)
    for kind in _ACTIONS:
        for action in alarm[kind]:
            _check_action(kind, action)
    return alarm


def _check_children(alarm: Params, states: AlarmStates, composites: CompositeStates) -> None:
    told = references(parse(alarm["AlarmRule"]))
    missing = [each for each in told if states.find(each) is None]
    if missing:
        raise AwsError(
            "ValidationError",
            f"Could not save the composite alarm as alarms [{', '.join(missing)}] in the alarm rule do not exist",
        )
    for each in told:
        parents = {*composites.parents(name_of(each)), alarm["AlarmName"]}
        if len(parents) > _MOST_PARENTS:
            raise AwsError("ValidationError", f"{each} is in the rules of {_MOST_PARENTS} composite alarms already.")


def _check_suppressor(alarm: Params, states: AlarmStates) -> None:
    suppressor, given = alarm.get("ActionsSuppressor"), [name for name in _PERIODS if name in alarm]
    if suppressor is None:
        if given:
            raise AwsError("ValidationError", f"{', '.join(given)} need an ActionsSuppressor.")
        return
    if len(given) < len(_PERIODS):
        lacking = ", ".join(name for name in _PERIODS if name not in alarm)
        raise AwsError("ValidationError", f"{lacking} is required when ActionsSuppressor is specified.")
    if any(alarm[name] < 0 for name in _PERIODS):
        raise AwsError("ValidationError", f"{' and '.join(_PERIODS)} cannot be negative.")
    if states.find(suppressor) is None:
        raise AwsError("ValidationError", f"The ActionsSuppressor {suppressor} does not exist.")


def _check_action(kind: str, action: str) -> None:
    if not action.startswith("arn:") or action.count(":") < _COLONS_OF_AN_ARN:
        raise AwsError("ValidationError", f"{kind} = {action!r} is not an ARN.")
    service = action.split(":")[2]
    if service in _NOT_SERVED:
        raise UnsupportedError(f"cloudwatch:PutCompositeAlarm with the action {action}")
    if service != "sns":
        raise AwsError("ValidationError", f"A composite alarm cannot take the action {action}.")
