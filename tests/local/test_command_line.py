"""The local cloud as a process: up, down, and what goes wrong."""

import json
import os
import shutil
import signal
import socket
import urllib.error
import urllib.request
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError

from bench.lab.processes import until_gone
from localcloud.platform.processes import alive
from tests.clouds import LocalCloud, run_localcloud
from tests.waiting import DEADLINE_SECONDS


def test_up_and_down(tmp_path: Path) -> None:
    """`up` answers when the cloud does, a second `up` changes nothing, `down` leaves neither process nor run file."""
    first = run_localcloud(tmp_path, "up", "--port", "0")
    assert first.returncode == 0, first.stderr
    pid = json.loads((tmp_path / "run.json").read_text())["pid"]
    again = run_localcloud(tmp_path, "up", "--port", "0")
    assert again.returncode == 0
    assert json.loads((tmp_path / "run.json").read_text())["pid"] == pid

    assert run_localcloud(tmp_path, "down").returncode == 0

    assert not alive(pid)
    assert not (tmp_path / "run.json").exists()
    assert run_localcloud(tmp_path, "status").returncode == 1


def test_what_it_makes_is_the_users_alone(tmp_path: Path) -> None:
    """Files are 0600 and folders 0700, also in a home and for a log that an earlier start left open to all."""
    home = tmp_path / "home"
    home.mkdir(mode=0o755)
    (home / "localcloud.log").touch(mode=0o644)
    cloud = LocalCloud.up(home)
    try:
        cloud.client("s3").create_bucket(Bucket="modes")
        cloud.client("glue").create_database(DatabaseInput={"Name": "d"})
        modes = {path: path.stat().st_mode & 0o777 for path in (home, *home.rglob("*"))}
        assert {"run.json", "localcloud.log", "state", "github", "administrator.secret"} <= {p.name for p in modes}
        assert {path: oct(mode) for path, mode in modes.items() if mode & 0o077} == {}
    finally:
        cloud.down()


def test_a_port_already_taken(tmp_path: Path) -> None:
    """The message names the port and the remedy."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        up = run_localcloud(tmp_path, "up", "--port", str(port))
    assert up.returncode == 1
    assert f"Port {port} on 127.0.0.1 is taken" in up.stderr
    assert "LOCALCLOUD_PORT" in up.stderr


@pytest.mark.parametrize("port", ["http", "-1", "65536", ""])
def test_what_is_no_port_is_refused(tmp_path: Path, port: str) -> None:
    """One line names the value and what is allowed."""
    up = run_localcloud(tmp_path, "up", f"--port={port}")
    assert up.returncode == 1
    assert up.stderr == f"{port!r} is no port: expected 0 to 65535 (--port, or LOCALCLOUD_PORT)\n"


def test_state_is_not_deleted_without_a_yes(tmp_path: Path) -> None:
    """`make clean` asks a person at a terminal; without one, the cloud runs on, and `reset` itself asks nobody."""
    cloud = LocalCloud.up(tmp_path)
    refused = run_localcloud(tmp_path, "reset", "--ask")
    assert refused.returncode == 1
    assert str(tmp_path) in refused.stderr
    assert "Nothing was deleted" in refused.stderr
    assert cloud.client("sts").get_caller_identity()["Account"] == cloud.running.account_id
    assert run_localcloud(tmp_path, "reset").returncode == 0
    assert not tmp_path.exists()


def test_up_after_a_crash(tmp_path: Path) -> None:
    """SIGKILL leaves nothing that `up` cannot start over."""
    run_localcloud(tmp_path, "up", "--port", "0")
    pid = json.loads((tmp_path / "run.json").read_text())["pid"]
    os.kill(pid, signal.SIGKILL)
    until_gone(pid)
    up = run_localcloud(tmp_path, "up", "--port", "0")
    assert up.returncode == 0, up.stderr
    assert json.loads((tmp_path / "run.json").read_text())["pid"] != pid
    run_localcloud(tmp_path, "down")


def test_what_is_not_supported_is_refused_by_name(local_cloud: LocalCloud) -> None:
    """A service that nobody answers, and an operation that ours lacks, are both named in the error."""
    with pytest.raises(ClientError, match=r"dynamodb:ListTables is not supported by the local cloud"):
        local_cloud.client("dynamodb").list_tables()
    with pytest.raises(ClientError, match=r"sagemaker:ListNotebookInstances is not supported by the local cloud"):
        local_cloud.client("sagemaker").list_notebook_instances()


def test_an_unknown_key_is_refused(local_cloud: LocalCloud) -> None:
    """A caller who is not known gets AWS's error code and the way to be known."""
    client = boto3.client(
        "s3", endpoint_url=local_cloud.endpoint_url, region_name="us-east-1",
        **{**local_cloud.administrator, "aws_access_key_id": "AKIAUNKNOWN"},
    )  # fmt: skip
    with pytest.raises(ClientError, match="AKIAUNKNOWN is not known") as refused:
        client.list_buckets()
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def http(address: str, **headers: str) -> tuple[int, dict[str, str], str]:
    """A plain GET, as a browser would send it."""
    request = urllib.request.Request(address, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=DEADLINE_SECONDS) as answer:
            return answer.status, dict(answer.headers), answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read().decode()


def test_an_unsigned_request_is_refused(local_cloud: LocalCloud) -> None:
    """Nobody reads a bucket without credentials, and no page of another origin is let in."""
    local_cloud.client("s3").create_bucket(Bucket="unsigned-requests")
    status, headers, body = http(f"{local_cloud.endpoint_url}/unsigned-requests", Origin="https://example.com")
    assert status == 403
    assert "not signed" in body
    assert "Access-Control-Allow-Origin" not in headers


def test_a_foreign_host_is_refused(local_cloud: LocalCloud) -> None:
    """A name that was rebound to this machine reaches nothing, not even the health check."""
    status, _, body = http(f"{local_cloud.endpoint_url}/_localcloud/health", Host="evil.example")
    assert status == 421
    assert "evil.example" in body


def test_a_path_that_nobody_knows_is_refused_by_name(local_cloud: LocalCloud) -> None:
    """A misspelled path of the local cloud's own is not taken for a bucket."""
    status, _, body = http(f"{local_cloud.endpoint_url}/_localcloud/helth")
    assert status == 404
    assert "no route /_localcloud/helth" in body
    assert "/_localcloud/health" in body


def test_a_deleted_home_takes_its_local_cloud_with_it(tmp_path: Path) -> None:
    """A local cloud ends when its home is deleted, for nobody could find the process any more."""
    home = tmp_path / "home"
    assert run_localcloud(home, "up", "--port", "0").returncode == 0
    pid = json.loads((home / "run.json").read_text())["pid"]
    shutil.rmtree(home)
    until_gone(pid)


def test_only_the_loopback_listens(local_cloud: LocalCloud) -> None:
    """No other interface of the machine has the port open."""
    port = int(local_cloud.endpoint_url.rpartition(":")[2])
    listening = [line.split()[1] for line in Path("/proc/net/tcp").read_text().splitlines()[1:] if " 0A " in line]
    assert f"0100007F:{port:04X}" in listening
    assert f"00000000:{port:04X}" not in listening
