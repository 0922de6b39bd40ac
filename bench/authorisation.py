"""What it costs to authenticate and authorise every call: the median of a call, and its share of a full run.

The first table is measured in this process, with a role that has fifteen policies. The second reads the counter of the
local cloud that is up (after `make demo`): the seconds that the front door spent on it, out of those that the run took.
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto.iam.models import iam_backends

from localcloud.front_door.identity import Identity
from localcloud.iam.authorization import Authorization
from localcloud.iam.cost import COST_TABLE
from localcloud.iam.records import read_table
from localcloud.moto_services.bridge import MotoBridge
from localcloud.platform import administrator
from localcloud.platform.cloud import Cloud
from localcloud.platform.service import Caller, HttpRequest
from localcloud.platform.settings import Settings
from localcloud.wire import api_requests
from scripts.reads.pipeline import NotDeployedError, Pipeline
from stacks.workloads import WORKLOADS

ACCOUNT = "123456789012"
CALLS = 3000
POLICIES = 15
MOST_MILLISECONDS = 0.2
MOST_SHARE = 0.05


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder), port=1)
        cloud = Cloud.assemble(settings)
        MotoBridge(settings)
        caller = role_with_policies()
        identity, authorization = Identity(settings, cloud.clients), Authorization(ACCOUNT, cloud.store)
        keys = administrator.credentials(settings.home)
        calls = {
            "s3 GetObject": signed(keys, "s3", "GET", f"/data{POLICIES - 1}/a/b", b"", {}),
            "glue StartJobRun": signed(
                keys, "glue", "POST", "/", b'{"JobName": "j14"}', {"X-Amz-Target": "AWSGlue.StartJobRun"}
            ),
        }
        print(f"{'call':<20} {'signature':>12} {'permissions':>12}   median of {CALLS}, ms (limit {MOST_MILLISECONDS})")
        for name, request in calls.items():
            read = api_requests.read(name.partition(" ")[0], request).call
            signature = median_milliseconds(partial(identity.authenticate, request))
            permissions = median_milliseconds(partial(authorization.authorize, read, caller, "us-east-1"))
            print(f"{name:<20} {signature:12.3f} {permissions:12.3f}")
    share()


def share() -> None:
    """For the local cloud that is up: all seconds ever spent, divided by the time that pipelines ran."""
    home = os.environ.get("LOCALCLOUD_HOME")
    found = next(iter(read_table(Path(home), COST_TABLE)), None) if home else None
    ran = sum(seconds_of(name) for name in WORKLOADS) if found else 0.0
    if found is None or not ran:
        print("no pipeline has run: `make demo`, then `make bench` again")
        return
    calls, seconds = found["calls"], found["seconds"]
    print(f"{calls} calls, {seconds / calls * 1e3:.3f} ms each on average, waiting for the interpreter included")
    print(f"{seconds:.2f} s in {ran:.1f} s of pipelines: {seconds / ran:.1%} (limit {MOST_SHARE:.0%})")


def seconds_of(workload: str) -> float:
    """The seconds that a workload's executions took; 0 if it is not deployed."""
    try:
        pipeline = Pipeline(workload)
    except NotDeployedError:
        return 0.0
    executions = [pipeline.execution(found["pipelineExecutionId"]) for found in pipeline.summaries()]
    return sum(sum(execution.stage_seconds().values()) for execution in executions)


def role_with_policies() -> Caller:
    backend = iam_backends[ACCOUNT]["aws"]
    trust = {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}
    for number in range(30):
        backend.create_role(f"r{number}", document(trust), "/", "", "", [], "3600")
    for number in range(POLICIES):
        objects = ["s3:GetObject", "s3:PutObject"]
        backend.put_role_policy(
            "r20",
            f"p{number}",
            document(
                {"Effect": "Allow", "Action": objects, "Resource": f"arn:aws:s3:::data{number}/*"},
                {
                    "Effect": "Allow",
                    "Action": "glue:StartJobRun",
                    "Resource": f"arn:aws:glue:us-east-1:{ACCOUNT}:job/j{number}",
                },
            ),
        )
    return Caller(
        account_id=ACCOUNT,
        access_key_id="A",
        arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/r20/x",
        role_arn=f"arn:aws:iam::{ACCOUNT}:role/r20",
        user_id="x",
    )


def document(*statements: Mapping[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def signed(
    keys: dict[str, str], service: str, method: str, path: str, body: bytes, headers: dict[str, str]
) -> HttpRequest:
    made = AWSRequest(method=method, url=f"http://127.0.0.1:1{path}", data=body, headers=headers)
    kind = S3SigV4Auth if service == "s3" else SigV4Auth
    kind(Credentials(*keys.values()), service, "us-east-1").add_auth(made)
    lower = {name.lower(): value for name, value in made.headers.items()} | {"host": "127.0.0.1:1"}
    return HttpRequest(method=method, path=path, query="", headers=lower, body=body)


def median_milliseconds(call: Callable[[], object]) -> float:
    call()
    taken = []
    for _ in range(CALLS):
        started = time.perf_counter()
        call()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken) * 1e3


if __name__ == "__main__":
    main()
