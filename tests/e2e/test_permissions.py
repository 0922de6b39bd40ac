"""What the walk leaves behind: permissions that are needed, secrets in their place, files and sockets of one's own."""

from __future__ import annotations

import base64
import io
import json
import re
import socket
import sqlite3
import stat
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from tests.e2e.conftest import User

#: Tables that are the secret's own storage: on AWS, too, a pipeline and its webhook keep the token that they use.
SECRETS_OWN = {"codepipeline.versions", "codepipeline.webhooks", "github.hooks"}
LOOPBACK = {"0100007F", "00000000000000000000000001000000", "0000000000000000FFFF00000100007F"}
LISTENING = "0A"


def test_every_grant_is_listed_and_used_or_has_its_reason(released: User) -> None:
    """docs/reference/iam.md lists what is deployed; what nobody used in the whole walk has a written reason."""
    done = released.script("iam", released.workload, "--check", check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_run_fails_without_its_permissions(released: User) -> None:
    """Each permission that the first stage needs is taken away by itself: the run fails, and names it.

    `make iam-mutations` does it for all stages, in an hour: docs/reference/iam-mutations.md.
    """
    done = released.script("iam_mutations", released.workload, "--stage", "Source", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(re.findall(r"^ +\d+/\d+ .* fails ", done.stdout, re.MULTILINE)) >= 3, done.stdout


def test_the_github_token_is_where_it_belongs(released: User) -> None:
    """No log, template, object, message, row or file has the token but its own, which nobody else may read."""
    token = (released.cloud.home / "github" / "token").read_text().strip()
    spelled = [token, *(base64.b64encode(f"{user}:{token}".encode()).decode() for user in ("x-access-token", "user"))]
    places, found = Counter[str](), []
    for kind, place, text in everything(released):
        places[kind] += 1
        if any(word.encode() in text for word in spelled):
            found.append(f"{kind} {place}")
    assert found == []
    assert all(places[kind] for kind in ("file", "row", "object", "log", "template")), places


def test_files_are_the_users_alone(released: User) -> None:
    """Nothing in the home folder is open to anybody else."""
    home = released.cloud.home
    open_to_others = [
        str(path)
        for path in (home, *home.iterdir(), *(home / "state").rglob("*"), *(home / "github").rglob("*"))
        if path.lstat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    ]
    assert open_to_others == []


def test_sockets_are_on_the_loopback(released: User) -> None:
    """Everything that the local cloud started listens where only this machine can reach it."""
    inodes = {inode for pid in owned(released) for inode in sockets_of(pid)}
    listening = {inode: address for inode, address in listeners() if inode in inodes}
    assert listening
    assert {address for address in listening.values() if address not in LOOPBACK} == set()
    assert socket.gethostbyname("localhost").startswith("127.")


# ---- where a secret could be


def everything(user: User) -> Iterator[tuple[str, str, bytes]]:
    """(kind of place, place, what) of all that a run has left behind."""
    yield from _files(user)
    yield from _rows(user)
    yield from _objects(user)
    yield from _logs(user)
    cloudformation = user.cloud.client("cloudformation")
    for summary in cloudformation.list_stacks()["StackSummaries"]:
        if summary["StackStatus"] != "DELETE_COMPLETE":
            body = cloudformation.get_template(StackName=summary["StackName"])["TemplateBody"]
            yield "template", summary["StackName"], json.dumps(body).encode()


def _files(user: User) -> Iterator[tuple[str, str, bytes]]:
    own = {user.cloud.home / "github" / "token"}
    for folder in (user.cloud.home, user.clone):
        for path in folder.rglob("*"):
            # The rows of the one are read apart; the other keeps Secrets Manager's own state over a restart.
            database = path.name.startswith(("documents.sqlite", "moto.sqlite"))
            if path.is_file() and not path.is_symlink() and path not in own and not database:
                yield "file", str(path), path.read_bytes()


def _rows(user: User) -> Iterator[tuple[str, str, bytes]]:
    path = user.cloud.home / "state" / "documents.sqlite"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        for kind, key, document in connection.execute("SELECT kind, key, document FROM documents"):
            if kind not in SECRETS_OWN:
                yield "row", f"{kind} {key}", f"{key} {document}".encode()


def _objects(user: User) -> Iterator[tuple[str, str, bytes]]:
    s3 = user.cloud.client("s3")
    for bucket in s3.list_buckets()["Buckets"]:
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket["Name"]):
            for item in page.get("Contents", []):
                place = f"s3://{bucket['Name']}/{item['Key']}"
                content = s3.get_object(Bucket=bucket["Name"], Key=item["Key"])["Body"].read()
                yield "object", place, content
                if zipfile.is_zipfile(io.BytesIO(content)):
                    with zipfile.ZipFile(io.BytesIO(content)) as archive:
                        yield from (("object", f"{place}: {name}", archive.read(name)) for name in archive.namelist())


def _logs(user: User) -> Iterator[tuple[str, str, bytes]]:
    logs = user.cloud.client("logs")
    for groups in logs.get_paginator("describe_log_groups").paginate():
        for group in groups["logGroups"]:
            name = group["logGroupName"]
            for page in logs.get_paginator("filter_log_events").paginate(logGroupName=name):
                yield from (
                    ("log", f"{name} {event['logStreamName']}", event["message"].encode()) for event in page["events"]
                )


# ---- what listens


def owned(user: User) -> Iterator[int]:
    """The local cloud's own process and everything that it started."""
    yield json.loads((user.cloud.home / "run.json").read_text())["pid"]
    yield from user.cloud.started()


def sockets_of(pid: int) -> Iterator[str]:
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        try:
            target = str(entry.readlink())
        except OSError:
            continue
        if target.startswith("socket:["):
            yield target.removeprefix("socket:[").rstrip("]")


def listeners() -> Iterator[tuple[str, str]]:
    """(inode, address in the kernel's hexadecimal) of all listening sockets."""
    for family in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{family}").read_text().splitlines()[1:]:
            _, local, _, state, *_, inode = line.split()[:10]
            if state == LISTENING:
                yield inode, local.partition(":")[0]
