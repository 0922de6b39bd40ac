"""How soon a variant is scaled once its traffic breaches the target, and back: a table, not a test.

Starts its own local cloud, on which a minute is three seconds (``LOCALCLOUD_TIME_SCALE``). The figures are those of the
earlier system: three instances at the most, a target of 20 invocations of each a minute, cooldowns of 30 seconds.
"""

from __future__ import annotations

import json
import os
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.lab.clouds import LocalCloud
from bench.lab.endpoint_load import Load
from bench.lab.guarded_endpoint import VARIANT, GuardedEndpoint
from bench.lab.sagemaker_world import World
from bench.lab.waiting import until

TARGET, MOST, COOLDOWN_SECONDS = 20, 3, 30
PLACE = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": f"endpoint/bench/variant/{VARIANT}",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}


def main() -> None:
    os.environ.setdefault("LOCALCLOUD_TIME_SCALE", "20")
    with tempfile.TemporaryDirectory() as folder:
        cloud = LocalCloud.up(Path(folder) / "home")
        try:
            measure(cloud)
        finally:
            cloud.down()


def measure(cloud: LocalCloud) -> None:
    GuardedEndpoint(World(cloud), "bench")
    high, low = scaled_by(cloud)
    minute = 60 / float(os.environ["LOCALCLOUD_TIME_SCALE"])
    busy, quiet = 2.5 * TARGET / minute, 0.3 * TARGET / minute
    with Load(cloud, "bench", per_second=busy) as load:
        out = told(cloud, high, MOST, minute)
        load.per_second = quiet
        back = told(cloud, low, 1, minute)
    print(f"a minute is {minute:.2f} s here; {busy:.0f} requests a second, then {quiet:.0f}")
    for words, line in (("scale-out", out), ("scale-in", back)):
        print(f"{words:10s} {line}")
    print(f"answered   {load.answered}, lost {len(load.errors)}")


def scaled_by(cloud: LocalCloud) -> list[str]:
    """The names of the two alarms."""
    scaling = cloud.client("application-autoscaling")
    scaling.register_scalable_target(**PLACE, MinCapacity=1, MaxCapacity=MOST)
    made = scaling.put_scaling_policy(
        **PLACE,
        PolicyName="bench",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": TARGET,
            "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
            "ScaleInCooldown": COOLDOWN_SECONDS,
            "ScaleOutCooldown": COOLDOWN_SECONDS,
        },
    )
    return [alarm["AlarmName"] for alarm in made["Alarms"]]


def told(cloud: LocalCloud, alarm: str, count: int, minute: float) -> str:
    """Waits until so many instances are in service; the times of the breach, the decision and the end."""
    scaling, cloudwatch = cloud.client("application-autoscaling"), cloud.client("cloudwatch")
    sagemaker = cloud.client("sagemaker")

    def running() -> tuple[str, int]:
        found = sagemaker.describe_endpoint(EndpointName="bench")
        return found["EndpointStatus"], found["ProductionVariants"][0]["CurrentInstanceCount"]

    until(running, lambda seen: seen == ("InService", count), what=f"{count} instances")
    first = until(lambda: by_alarm(scaling, alarm), bool, what="the activity's end")[0]
    history = cloudwatch.describe_alarm_history(AlarmName=alarm, HistoryItemType="StateUpdate")["AlarmHistoryItems"]
    rang = [item for item in history if item["HistorySummary"].endswith("to ALARM")][-1]
    reason = json.loads(rang["HistoryData"])["newState"]["stateReasonData"]
    newest = max(point["timestamp"] for point in reason["evaluatedDatapoints"])
    breached = seconds(newest) + minute
    decided = first["StartTime"].timestamp() - breached
    stood = (first["EndTime"] - first["StartTime"]).total_seconds()
    return (
        f"decided {decided:5.2f} s = {decided / minute:4.2f} evaluation periods after the last breaching minute; "
        f"{first['Description'].rstrip('.').rpartition(' ')[2]} in service {stood:5.2f} s later"
    )


def by_alarm(scaling: Any, alarm: str) -> list[dict[str, Any]]:
    """The ended activities of an alarm, oldest first."""
    found = scaling.describe_scaling_activities(**PLACE)["ScalingActivities"][::-1]
    return [activity for activity in found if alarm in activity["Cause"] and "EndTime" in activity]


def seconds(stamp: str) -> float:
    return datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%S.%f%z").timestamp()


if __name__ == "__main__":
    main()
