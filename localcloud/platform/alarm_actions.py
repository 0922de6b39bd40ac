"""What an alarm starts in another service. CloudWatch hands it over by the action's ARN, as AWS does inside."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger("localcloud.alarm_actions")


@dataclass(frozen=True, kw_only=True, slots=True)
class AlarmAction:
    """An alarm's state, as its action gets it."""

    action: str
    """The ARN in the alarm's actions, such as a scaling policy's."""
    alarm: str
    state: str
    comparison: str
    threshold: float
    periods: int
    """The number of periods that the alarm evaluates."""
    datapoints: tuple[tuple[float, float], ...]
    """(start in seconds since the epoch, value) of each evaluated period that has data, newest first."""


class AlarmActions:
    """Receivers by the service in the action's ARN, such as ``autoscaling``."""

    def __init__(self) -> None:
        self._receivers: dict[str, Callable[[AlarmAction], None]] = {}

    def deliver_to(self, service: str, receive: Callable[[AlarmAction], None]) -> None:
        """``receive`` takes note of an action and returns at once."""
        self._receivers[service] = receive

    def knows(self, arn: str) -> bool:
        return service_of(arn) in self._receivers

    def take(self, action: AlarmAction) -> None:
        """Never fails: the alarm's state has changed, whatever its receiver makes of it."""
        try:
            self._receivers[service_of(action.action)](action)
        except Exception:
            log.exception("the action %s of alarm %s is lost", action.action, action.alarm)


def service_of(arn: str) -> str:
    return arn.split(":")[2]
