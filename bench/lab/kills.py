"""A local cloud that is killed while many write to it: what it acknowledged, compared with what exists afterwards.

Every writer creates one thing after another, under names that nobody used before, and records each acknowledgement. A
thing that was not acknowledged may exist or not, but not in part.
"""

from __future__ import annotations

import hashlib
import json
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from bench import PROJECT
from bench.lab.clouds import LocalCloud
from bench.lab.waiting import until

BUCKET, GROUP = "kills", "kills"
LARGE = 40_000
_ENDED = ("CREATE_COMPLETE", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED")


@dataclass
class Writer:
    """Creates things of one kind; a complete one reads as its :attr:`content`, a missing one as None."""

    make: Callable[[str], object]
    reader: Callable[[], Callable[[str], object]]
    """A function that reads one thing; called again each time before all things are read."""
    content: Callable[[str], object]
    acknowledged: list[str] = field(default_factory=list)
    unsure: list[str] = field(default_factory=list)

    def go_on(self, prefix: str, ended: threading.Event) -> None:
        """Creates things until the local cloud no longer answers."""
        number = 0
        while not ended.is_set():
            number += 1
            name = f"{prefix}-{number}"
            self.unsure.append(name)
            try:
                self.make(name)
            except (BotoCoreError, ResponseParserError):
                return  # refused, or cut off in the middle of the answer: nothing was acknowledged
            self.acknowledged.append(self.unsure.pop())

    def wrong(self) -> list[str]:
        """What is not as it was acknowledged, and what exists only in part."""
        problems, read = [], self.reader()
        for name in (*self.acknowledged, *self.unsure):
            found = read(name)
            if found != self.content(name) and (found is not None or name in self.acknowledged):
                problems.append(f"{name}: {found!r}")
        return problems


class Kills:
    def __init__(self, cloud: LocalCloud, seed: int) -> None:
        self.cloud = cloud
        self._random = random.Random(seed)
        cloud.client("s3").create_bucket(Bucket=BUCKET)
        versioned = {"Bucket": BUCKET, "VersioningConfiguration": {"Status": "Enabled"}}
        cloud.client("s3").put_bucket_versioning(**versioned)
        cloud.client("glue").create_database(DatabaseInput={"Name": GROUP})
        cloud.client("sagemaker").create_model_package_group(ModelPackageGroupName=GROUP)
        self.writers = _writers(cloud)
        self.rounds = 0
        self.start_seconds = 0.0

    @classmethod
    def of(cls, home: Path, seed: int) -> Kills:
        return cls(LocalCloud.up(home), seed)

    def round(self) -> int:
        """All write; it is killed at some moment, killed again while it starts, and then started.

        Returns how much it had acknowledged in total.
        """
        self.rounds += 1
        wanted = self.acknowledged() + self._random.randrange(10, 100)
        ended = threading.Event()
        threads = [
            threading.Thread(target=writer.go_on, args=(f"{kind}-{self.rounds}", ended), daemon=True)
            for kind, writer in self.writers.items()
        ]
        for thread in threads:
            thread.start()
        until(self.acknowledged, lambda count: count >= wanted, what=f"{wanted} things acknowledged")
        ended.wait(self._random.uniform(0, 0.05))
        self.cloud.kill()
        ended.set()
        for thread in threads:
            thread.join()
        self._kill_in_a_start()
        begun = time.monotonic()
        self.cloud.start_again()
        self.start_seconds = time.monotonic() - begun
        return self.acknowledged()

    def _kill_in_a_start(self) -> None:
        port = self.cloud.endpoint_url.rpartition(":")[2]
        command = [sys.executable, "-m", "localcloud", "--home", str(self.cloud.home), "serve", "--port", port]
        with (self.cloud.home / "killed.log").open("ab") as log:
            starting = subprocess.Popen(command, cwd=PROJECT, stdout=log, stderr=log)
        try:
            starting.wait(self._random.uniform(0.2, 2))
        except subprocess.TimeoutExpired:
            starting.kill()
        if starting.wait() != -signal.SIGKILL:
            raise AssertionError((self.cloud.home / "killed.log").read_text())

    def acknowledged(self) -> int:
        return sum(len(writer.acknowledged) for writer in self.writers.values())

    def wrong(self) -> list[str]:
        return [problem for writer in self.writers.values() for problem in writer.wrong()]


def _writers(cloud: LocalCloud) -> dict[str, Writer]:
    return {
        "small": _objects(cloud, 100),
        "large": _objects(cloud, LARGE),
        "secret": _secrets(cloud),
        "parameter": _parameters(cloud),
        "role": _roles(cloud),
        "table": _tables(cloud),
        "package": _packages(cloud),
        "stack": _stacks(cloud),
    }


def _one(code: str, ask: Callable[[str], object]) -> Callable[[str], object]:
    """Reads one thing: None if the answer is an error that contains this code."""

    def read(name: str) -> object:
        try:
            return ask(name)
        except ClientError as error:
            if code in str(error):
                return None
            raise

    return read


def _bytes(name: str, count: int) -> bytes:
    return hashlib.shake_256(name.encode()).digest(count)


def _objects(cloud: LocalCloud, count: int) -> Writer:
    s3 = cloud.client("s3")
    return Writer(
        make=lambda name: s3.put_object(Bucket=BUCKET, Key=name, Body=_bytes(name, count)),
        reader=lambda: _one("NoSuchKey", lambda name: s3.get_object(Bucket=BUCKET, Key=name)["Body"].read()),
        content=lambda name: _bytes(name, count),
    )


def _secrets(cloud: LocalCloud) -> Writer:
    secrets = cloud.client("secretsmanager")
    return Writer(
        make=lambda name: secrets.create_secret(Name=name, SecretString=f"of {name}"),
        reader=lambda: _one("NotFound", lambda name: secrets.get_secret_value(SecretId=name)["SecretString"]),
        content=lambda name: f"of {name}",
    )


def _parameters(cloud: LocalCloud) -> Writer:
    ssm = cloud.client("ssm")
    return Writer(
        make=lambda name: ssm.put_parameter(Name=name, Value=f"of {name}", Type="String"),
        reader=lambda: _one("NotFound", lambda name: ssm.get_parameter(Name=name)["Parameter"]["Value"]),
        content=lambda name: f"of {name}",
    )


def _roles(cloud: LocalCloud) -> Writer:
    iam = cloud.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = {"Version": "2012-10-17", "Statement": [trust]}
    return Writer(
        make=lambda name: iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(document)),
        reader=lambda: _one(
            "NoSuchEntity", lambda name: iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
        ),
        content=lambda _: document,
    )


def _tables(cloud: LocalCloud) -> Writer:
    glue = cloud.client("glue")
    return Writer(
        make=lambda name: glue.create_table(DatabaseName=GROUP, TableInput={"Name": name, "Description": name}),
        reader=lambda: _one(
            "EntityNotFound", lambda name: glue.get_table(DatabaseName=GROUP, Name=name)["Table"]["Description"]
        ),
        content=lambda name: name,
    )


def _packages(cloud: LocalCloud) -> Writer:
    """Releases in the registry, found by their descriptions, because the writer does not choose their numbers."""
    sagemaker = cloud.client("sagemaker")
    containers = [{"Image": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-0"}]
    specification = {
        "Containers": [container | {"ModelDataUrl": f"s3://{BUCKET}/model.tar.gz"} for container in containers],
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv"],
    }

    def reader() -> Callable[[str], object]:
        pages = sagemaker.get_paginator("list_model_packages").paginate(ModelPackageGroupName=GROUP)
        described = {each.get("ModelPackageDescription") for page in pages for each in page["ModelPackageSummaryList"]}
        return lambda name: name if name in described else None

    return Writer(
        make=lambda name: sagemaker.create_model_package(
            ModelPackageGroupName=GROUP,
            ModelPackageDescription=name,
            InferenceSpecification=specification,
            ModelApprovalStatus="PendingManualApproval",
        ),
        reader=reader,
        content=lambda name: name,
    )


def _stacks(cloud: LocalCloud) -> Writer:
    """A stack is complete if its operation has ended, and if its parameter exists where the stack was created.

    A rolled-back stack may leave its parameter behind: the stack does not know about a resource that was created at the
    very moment of a crash (docs/decisions/0005).
    """
    cloudformation, ssm = cloud.client("cloudformation"), cloud.client("ssm")

    def make(name: str) -> None:
        properties = {"Type": "String", "Name": f"/stacks/{name}", "Value": name}
        template = {"Resources": {"Parameter": {"Type": "AWS::SSM::Parameter", "Properties": properties}}}
        cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template))

    status = _one(
        "does not exist", lambda name: cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
    )
    value = _one("NotFound", lambda name: ssm.get_parameter(Name=f"/stacks/{name}")["Parameter"]["Value"])

    def read(name: str) -> object:
        if status(name) is None:
            return None
        ended = until(lambda: status(name), lambda found: found in _ENDED, what=f"the end of stack {name}")
        made = value(name)
        return name if made == name or (made is None and ended != "CREATE_COMPLETE") else f"{ended} with {made}"

    return Writer(make=make, reader=lambda: read, content=lambda name: name)
