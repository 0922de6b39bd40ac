"""Tells those who subscribed to a workload's topic what a person did to PROD."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handover import notifications
from handover.names import Parameter
from scripts import cloud

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def publish(stack: Mapping[str, Any], subject: str, lines: Iterable[str]) -> None:
    """To the topic of PROD's stack; says so if the stack has none (no alarms in gatehouse.toml)."""
    topic = next(
        (each["ParameterValue"] for each in stack["Parameters"] if each["ParameterKey"] == Parameter.TOPIC), None
    )
    if topic is None:
        print(f"note: nobody is told: the stack {stack['StackName']} has no parameter {Parameter.TOPIC.value}.")
        return
    notifications.publish(cloud.client("sns"), topic, subject, lines)
