"""Bodies of requests: whole or not at all, no larger than AWS takes them, and not in memory where they are large."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from boto3.s3.transfer import TransferConfig

from bench.lab.large_bodies import Zeros
from bench.lab.processes import memory_mib
from bench.lab.raw_http import Raw, answer_of, connected, send, signed
from tests.clouds import LocalCloud
from tests.local.iam_account import refused
from tests.waiting import until

MIB = 1024 * 1024
TARGET = "X-Amz-Target"


@pytest.fixture(scope="module")
def store(local_cloud: LocalCloud) -> str:
    local_cloud.client("s3").create_bucket(Bucket="bodies")
    return "bodies"


def test_a_large_object_is_never_in_memory(local_cloud: LocalCloud, store: str) -> None:
    """Uploaded at once, copied, uploaded in parts and read again: 256 MiB add less than a quarter of that."""
    size, s3 = 256 * MIB, local_cloud.client("s3")
    before = memory_mib(local_cloud.running.pid, most=True)
    s3.put_object(Bucket=store, Key="large", Body=Zeros(size))
    s3.copy_object(Bucket=store, Key="copy", CopySource={"Bucket": store, "Key": "large"})
    parts = TransferConfig(multipart_threshold=MIB, multipart_chunksize=64 * MIB, max_concurrency=2)
    s3.upload_fileobj(Zeros(size), store, "parts", Config=parts)
    for key in ("large", "copy", "parts"):
        found, read = s3.get_object(Bucket=store, Key=key), 0
        while piece := found["Body"].read(MIB):
            assert not any(piece)
            read += len(piece)
        assert (read, found["ContentLength"]) == (size, size)
    etag = hashlib.md5(usedforsecurity=False)
    for _ in range(size // MIB):
        etag.update(bytes(MIB))
    assert s3.head_object(Bucket=store, Key="large")["ETag"] == f'"{etag.hexdigest()}"'
    assert memory_mib(local_cloud.running.pid, most=True) - before < size / MIB / 4
    for key in ("large", "copy", "parts"):
        s3.delete_object(Bucket=store, Key=key)


def test_a_large_object_outlives_a_crash(tmp_path: Path) -> None:
    """Objects that came in a file are read from the journal and from a snapshot, whole and by ranges."""
    cloud = LocalCloud.up(tmp_path)
    try:
        body = bytes(range(256)) * (24 * 1024)
        cloud.client("s3").create_bucket(Bucket="bucket")
        cloud.client("s3").put_object(Bucket="bucket", Key="k", Body=body, Metadata={"a_b": "1"})
        cloud.client("s3").copy_object(Bucket="bucket", Key="copy", CopySource="bucket/k")
        for end in (cloud.kill, cloud.down):
            end()
            cloud.start_again()
            s3 = cloud.client("s3")
            for key in ("k", "copy"):
                assert s3.get_object(Bucket="bucket", Key=key)["Body"].read() == body
                assert s3.get_object(Bucket="bucket", Key=key, Range="bytes=255-257")["Body"].read() == b"\xff\x00\x01"
            assert s3.head_object(Bucket="bucket", Key="copy")["Metadata"] == {"a_b": "1"}
    finally:
        cloud.down()


@pytest.mark.parametrize("size", [1000, 3 * MIB])
def test_a_client_that_hangs_up_leaves_nothing(local_cloud: LocalCloud, store: str, size: int) -> None:
    """Half an upload leaves no object, gets no answer and leaves no file, whether it is small or large."""
    uploads = local_cloud.home / "state" / "uploads"
    request = signed(
        local_cloud, local_cloud.administrator, "s3", method="PUT", address=f"/{store}/half", body=bytes(size)
    )
    with connected(local_cloud) as connection:
        connection.sendall(request.wire()[: -size // 2])
        if size > MIB:
            until(lambda: list(uploads.iterdir()), what="the upload's file")
    until(lambda: not list(uploads.iterdir()), what="the end of the upload's file")
    assert "Contents" not in local_cloud.client("s3").list_objects_v2(Bucket=store, Prefix="half")
    assert send(local_cloud, request)[0] == 200
    local_cloud.client("s3").delete_object(Bucket=store, Key="half")


def test_content_is_held_against_its_hash(local_cloud: LocalCloud, store: str) -> None:
    """A large object that is not what its hash or checksum says is refused, and leaves nothing."""
    body = bytes(MIB)
    request = signed(local_cloud, local_cloud.administrator, "s3", method="PUT", address=f"/{store}/k", body=body)
    changed = Raw(method="PUT", address=request.address, headers=request.headers, body=b"x" + body[1:])
    status, answer = send(local_cloud, changed)
    assert (status, b"XAmzContentSHA256Mismatch" in answer) == (400, True)
    with refused("BadDigest"):
        local_cloud.client("s3").put_object(Bucket=store, Key="k", Body=body, ChecksumSHA256="A" * 43 + "=")
    assert "Contents" not in local_cloud.client("s3").list_objects_v2(Bucket=store, Prefix="k")
    assert not list((local_cloud.home / "state" / "uploads").iterdir())


def test_nobodys_body_is_not_read(local_cloud: LocalCloud, store: str) -> None:
    """Who is not known is refused after the head: of a large body nothing was sent when the answer came."""
    for service, address in (("s3", f"/{store}/k"), ("sagemaker", "/endpoints/e/invocations"), ("logs", "/")):
        nobody = {"aws_access_key_id": "AKIANOBODY", "aws_secret_access_key": "x"}
        request = signed(local_cloud, nobody, service, method="PUT" if service == "s3" else "POST", address=address)
        large = request.with_header("Content-Length", str(1024 * MIB))
        with connected(local_cloud) as connection:
            connection.sendall(large.wire())
            status, answer = answer_of(connection)
        assert status in (400, 403)
        assert b"InvalidAccessKeyId" in answer or b"UnrecognizedClientException" in answer


@pytest.mark.parametrize(
    ("service", "target", "size", "code"),
    [
        ("secretsmanager", "secretsmanager.GetSecretValue", 5 * MIB, b"RequestEntityTooLarge"),
        ("s3", "", 6 * 1024 * MIB, b"EntityTooLarge"),
    ],
)
def test_a_body_is_no_larger_than_aws_takes_it(
    local_cloud: LocalCloud, store: str, service: str, target: str, size: int, code: bytes
) -> None:
    """A request that says that its body is larger is refused before it is read."""
    named = {"method": "PUT", "address": f"/{store}/k"} if service == "s3" else {"headers": {TARGET: target}}
    request = signed(local_cloud, local_cloud.administrator, service, **named)
    with connected(local_cloud) as connection:
        connection.sendall(request.with_header("Content-Length", str(size)).wire())
        status, answer = answer_of(connection)
    assert (status in (400, 413), code in answer) == (True, True), answer


def test_a_body_without_a_length_is_limited_too(local_cloud: LocalCloud) -> None:
    """In HTTP's own chunks more may come than anybody said: it is refused where the limit is passed."""
    request = signed(
        local_cloud, local_cloud.administrator, "secretsmanager", headers={TARGET: "secretsmanager.GetSecretValue"}
    )
    headers = [(name, value) for name, value in request.headers if name != "Content-Length"]
    chunked = Raw(headers=[*headers, ("Transfer-Encoding", "chunked")])
    with connected(local_cloud) as connection:
        connection.sendall(chunked.wire())
        for _ in range(5):
            connection.sendall(b"100000\r\n" + bytes(MIB) + b"\r\n")
        status, answer = answer_of(connection)
    assert (status, b"RequestEntityTooLarge" in answer) == (413, True)
