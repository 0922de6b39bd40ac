"""How fast an endpoint with three containers answers, SparkML → XGBoost → SparkML: a table, not a test.

Starts its own local cloud, trains a small model, and sends the endpoint the same car again and again: through the front
door, and directly to the same three containers, one after the other, with the same client in this process.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from urllib.parse import urlparse

import uvloop
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from bench.lab.clouds import LocalCloud
from bench.lab.latency import HEAD, REQUESTS, Measured, measure
from bench.lab.sagemaker_world import World
from localcloud.platform.loopback_http import Connections

ENDPOINT = "bench"
CAR, LABEL = b"low,low,5more,more,big,high", b"vgood"
CSV = {"content-type": "text/csv", "accept": "text/csv"}


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        cloud = LocalCloud.up(Path(home))
        try:
            world = World(cloud)
            world.model(ENDPOINT, world.containers())
            found = world.endpoint(ENDPOINT, world.config(ENDPOINT, ENDPOINT))
            if found["EndpointStatus"] != "InService":
                raise SystemExit(f"The endpoint did not come up: {found.get('FailureReason')}")
            _report(cloud, _ports(world))
        finally:
            cloud.down()


def _report(cloud: LocalCloud, ports: list[int]) -> None:
    address = urlparse(cloud.endpoint_url)
    path = f"/endpoints/{ENDPOINT}/invocations"
    signed = _signed(cloud, f"{cloud.endpoint_url}{path}")
    print(f"Three containers, one row of CSV, {REQUESTS} requests, {os.cpu_count()} cores shared with the client\n")
    print(HEAD)
    rows: dict[tuple[str, int], Measured] = {}
    for connections in (1, 8):
        for name in ("bare", "endpoint"):
            client = Connections()

            async def bare(client: Connections = client) -> bytes:
                body = CAR
                for port in ports:
                    body = (await client.post(port, "/invocations", CSV, body)).body
                return body

            async def endpoint(client: Connections = client) -> bytes:
                return (await client.post(int(address.port or 80), path, signed, CAR)).body

            measured = uvloop.run(measure(bare if name == "bare" else endpoint, LABEL, connections))
            rows[name, connections] = measured
            print(measured.row(name, connections))
    for connections in (1, 8):
        ratio = rows["endpoint", connections].median_ms / rows["bare", connections].median_ms
        print(f"{'ratio':<14}{connections:>12}{ratio:>9.2f}   (endpoint ÷ bare, p50)")
    print("\nAsked for: p50 at most 3 ms at one connection, at least 400 requests a second at eight.")


def _signed(cloud: LocalCloud, url: str) -> dict[str, str]:
    """Headers of a signed request; all requests have the same body within five minutes, so one signature is enough."""
    credentials = Credentials(*cloud.administrator.values())
    request = AWSRequest(method="POST", url=url, data=CAR, headers=dict(CSV))
    SigV4Auth(credentials, "sagemaker", "us-east-1").add_auth(request)
    return {name.lower(): value for name, value in request.headers.items()}


def _ports(world: World) -> list[int]:
    """The containers' ports in the order of the pipeline, from their environments."""
    found = []
    for pid in world.container_processes(ENDPOINT):
        environment = dict(
            entry.partition("=")[::2]
            for entry in Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace").split("\0")
        )
        root = Path(environment["LOCALCLOUD_CONTAINER_ROOT"]).name
        found.append((root.removeprefix(f"{ENDPOINT}-"), int(environment["SAGEMAKER_BIND_TO_PORT"])))
    return [port for _, port in sorted(found)]


if __name__ == "__main__":
    main()
