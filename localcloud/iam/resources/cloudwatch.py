"""Alarms. Who makes composite alarms or reads about them needs the permission on everything, as AWS's API says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.iam.asks import Ask, Place, by_reference

if TYPE_CHECKING:
    from localcloud.wire.api_requests import ApiRequest

_OF_A_FAMILY = ("ChildrenOfAlarmName", "ParentsOfAlarmName")


def asks(request: ApiRequest, place: Place) -> list[Ask]:
    if _of_composite_alarms(request):
        return [Ask(action=f"cloudwatch:{request.operation}", resource="*")]
    return by_reference(request, place)


def _of_composite_alarms(request: ApiRequest) -> bool:
    if request.operation == "DescribeAlarms":
        kinds = request.params.get("AlarmTypes") or []
        return "CompositeAlarm" in kinds or any(request.params.get(name) for name in _OF_A_FAMILY)
    return request.operation == "PutCompositeAlarm"
