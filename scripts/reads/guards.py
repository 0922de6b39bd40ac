"""The alarms that guard PROD: those of its stack."""

from __future__ import annotations

from dataclasses import dataclass

from scripts import cloud


@dataclass(frozen=True, kw_only=True, slots=True)
class Ringing:
    """An alarm in ALARM: what it says, and the production variant that it watches."""

    name: str
    says: str
    variant: str


def ringing(stack_name: str) -> list[Ringing]:
    """CloudFormation begins an alarm's name with the stack's name."""
    pages = (
        cloud.client("cloudwatch")
        .get_paginator("describe_alarms")
        .paginate(AlarmNamePrefix=f"{stack_name}-", StateValue="ALARM")
    )
    return [
        Ringing(
            name=alarm["AlarmName"],
            says=alarm.get("AlarmDescription", ""),
            variant=next((each["Value"] for each in alarm["Dimensions"] if each["Name"] == "VariantName"), ""),
        )
        for page in pages
        for alarm in page["MetricAlarms"]
    ]
