"""Tells those who subscribed to a workload's topic what a person did to PROD."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scripts import cloud

if TYPE_CHECKING:
    from collections.abc import Mapping

#: The parameter by which PROD's stack knows the topic.
TOPIC = "NotificationTopicArn"
_SUBJECT_LIMIT = 100


def publish(stack: Mapping[str, Any], subject: str, text: str) -> None:
    """To the topic of PROD's stack; says so where that has none (no alarms in gatehouse.toml)."""
    topic = next((each["ParameterValue"] for each in stack["Parameters"] if each["ParameterKey"] == TOPIC), None)
    if topic is None:
        print(f"note: nobody is told: the stack {stack['StackName']} has no parameter {TOPIC}.")
        return
    cloud.client("sns").publish(TopicArn=topic, Subject=subject[:_SUBJECT_LIMIT], Message=text)
