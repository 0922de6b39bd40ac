"""What was acknowledged before the local cloud ended is there when it is up again, however it ended."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.clouds import LocalCloud, run_localcloud
from tests.local.account_view import fill, view


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    cloud = LocalCloud.up(tmp_path_factory.mktemp("restarted"))
    yield cloud
    cloud.down()


@pytest.fixture(scope="module")
def known(cloud: LocalCloud) -> dict[str, Any]:
    """A bit of everything, and what only its maker knows."""
    return fill(cloud, "restarted")


def end_by(how: str, cloud: LocalCloud) -> None:
    cloud.kill() if how == "SIGKILL" else cloud.down()
    cloud.start_again()


@pytest.mark.parametrize("how", ["SIGKILL", "down"])
def test_all_that_moto_keeps_is_there_again(cloud: LocalCloud, known: dict[str, Any], how: str) -> None:
    """Every answer of every service is the same as before, to identifier, version, byte and time."""
    before = view(cloud, known["name"])
    end_by(how, cloud)
    after = view(cloud, known["name"])
    assert after.keys() == before.keys()
    for what, answer in before.items():
        assert after[what] == answer, what
    assert len(before) > 20


def test_what_only_the_maker_knows_still_works(cloud: LocalCloud, known: dict[str, Any]) -> None:
    """Ciphertexts are decrypted, signatures verified, keys and sessions let in, a received message deleted."""
    kms = cloud.client("kms")
    assert kms.decrypt(CiphertextBlob=known["encrypted"])["Plaintext"] == b"a secret"
    assert kms.decrypt(CiphertextBlob=known["under AWS's key"])["Plaintext"] == b"another"
    for signed in known["signed"]:
        assert kms.verify(**signed)["SignatureValid"]
    for key, arn in ((known["user's key"], ":user/restarted"), (known["session"], ":assumed-role/restarted/session")):
        sts = boto3.client(
            "sts",
            endpoint_url=cloud.endpoint_url,
            region_name="us-east-1",
            aws_access_key_id=key["AccessKeyId"],
            aws_secret_access_key=key["SecretAccessKey"],
            aws_session_token=key.get("SessionToken"),
        )
        assert sts.get_caller_identity()["Arn"].endswith(arn)
    sqs = cloud.client("sqs")
    sqs.delete_message(QueueUrl=known["queue"], ReceiptHandle=known["received"])
    (waiting,) = sqs.receive_message(QueueUrl=known["queue"])["Messages"]
    assert "waits" in waiting["Body"]


def test_a_new_call_after_the_restart_goes_on_where_it_was(cloud: LocalCloud, known: dict[str, Any]) -> None:
    """The half-done upload is completed, and new versions and keys bear new identifiers."""
    s3, name = cloud.client("s3"), known["name"]
    (upload,) = s3.list_multipart_uploads(Bucket=name)["Uploads"]
    which = {"Bucket": name, "Key": upload["Key"], "UploadId": upload["UploadId"]}
    parts = s3.list_parts(**which)["Parts"]
    done = {"Parts": [{"ETag": part["ETag"], "PartNumber": part["PartNumber"]} for part in parts]}
    s3.complete_multipart_upload(**which, MultipartUpload=done)
    assert s3.get_object(Bucket=name, Key="half")["ContentLength"] == 5 * 1024 * 1024 + 1
    versions = [version["VersionId"] for version in s3.list_object_versions(Bucket=name)["Versions"]]
    versions.append(s3.put_object(Bucket=name, Key="changing", Body=b"again")["VersionId"])
    assert len(set(versions)) == len(versions)


def test_a_message_is_waited_for_without_holding_up_others(cloud: LocalCloud) -> None:
    """A long poll ends in its time, and its queue's own waiting time counts where the call has none."""
    sqs = cloud.client("sqs")
    queue = sqs.create_queue(QueueName="polled", Attributes={"ReceiveMessageWaitTimeSeconds": "1"})["QueueUrl"]
    assert "Messages" not in sqs.receive_message(QueueUrl=queue)
    sqs.send_message(QueueUrl=queue, MessageBody="m", DelaySeconds=1)
    assert sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"][0]["Body"] == "m"


def up_again(home: Path, *arguments: str) -> str:
    """The error of an `up` that must not succeed."""
    done = run_localcloud(home, "up", "--port", "0", *arguments)
    assert done.returncode == 1
    assert "localcloud reset" in done.stderr
    return done.stderr


def test_state_that_cannot_be_brought_back_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    """Nothing is deleted until `reset` is asked for, whether state is another account's, incomplete or damaged."""
    cloud = LocalCloud.up(tmp_path)
    cloud.client("s3").create_bucket(Bucket="first")
    cloud.client("s3").put_object(Bucket="first", Key="k", Body=b"1")
    cloud.kill()
    account = up_again(tmp_path, "--account-id", "999999999999")
    assert "was written with account 123456789012, and this is account 999999999999" in account
    with sqlite3.connect(tmp_path / "state" / "moto.sqlite") as connection:
        connection.execute("DELETE FROM entries WHERE number = (SELECT min(number) FROM entries)")
    not_adding_up = up_again(tmp_path)
    assert "does not add up: entry 2, PUT /first/k, was answered 200 then and 404 now" in not_adding_up
    documents = tmp_path / "state" / "documents.sqlite"
    documents.write_bytes(b"garbage" * 1000)
    assert "documents.sqlite is damaged" in up_again(tmp_path)
    assert documents.read_bytes() == b"garbage" * 1000

    assert run_localcloud(tmp_path, "reset").returncode == 0

    again = LocalCloud.up(tmp_path)
    assert again.client("s3").list_buckets()["Buckets"] == []
    again.down()
