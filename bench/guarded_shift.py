"""How much longer a guarded release takes than its bakes: a table, not a test.

Starts its own local cloud. It updates the same endpoint all at once, without a wait, and by a canary.
"""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path
from typing import Any

from bench.lab.clouds import LocalCloud
from bench.lab.guarded_endpoint import GuardedEndpoint
from bench.lab.sagemaker_world import World
from localcloud.platform.settings import Settings

ROUNDS = 5
BAKE_SECONDS, FINAL_BAKE_SECONDS = 300, 60


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        cloud = LocalCloud.up(Path(folder) / "home")
        try:
            measure(World(cloud))
        finally:
            cloud.down()


def measure(world: World) -> None:
    endpoint = GuardedEndpoint(world, "bench")
    alarm = endpoint.alarm("errors", "Invocation5XXErrors")
    guard = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": alarm}]}}
    at_once = policy({"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}) | guard
    size = {"Type": "CAPACITY_PERCENT", "Value": 20}
    routing = {"Type": "CANARY", "WaitIntervalInSeconds": BAKE_SECONDS, "CanarySize": size}
    canary = policy(routing, TerminationWaitInSeconds=FINAL_BAKE_SECONDS) | guard
    bake = (BAKE_SECONDS + FINAL_BAKE_SECONDS) / Settings().time_scale
    plain, guarded = [], []
    for number in range(ROUNDS):
        plain.append(endpoint.update(endpoint.challenger(f"once-{number}"), at_once).seconds)
        guarded.append(endpoint.update(endpoint.challenger(f"canary-{number}"), canary).seconds - bake)
    once, beyond = statistics.median(plain), statistics.median(guarded)
    print(f"all at once, no wait        {once:6.2f} s")
    print(f"canary, without its bakes   {beyond:6.2f} s   (bakes: {bake:.2f} s)")
    print(f"the guard adds              {beyond - once:6.2f} s")


def policy(routing: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing, **more}}


if __name__ == "__main__":
    main()
