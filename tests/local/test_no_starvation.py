"""No kind of call takes the threads of another. Each test holds many calls, and is answered while they are held."""

from __future__ import annotations

import contextlib
import io
import json
import socket
import threading
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from bench.lab.raw_http import connected, send, signed
from localcloud.front_door.workers import Kind
from tests.clouds import LocalCloud
from tests.local.roles import working_role
from tests.waiting import until

MANY = Kind.OUTER.value + 16


def assert_answered(cloud: LocalCloud) -> None:
    """Calls to moto's services and to ours, of which one calls back itself."""
    assert cloud.client("sts").get_caller_identity()["Account"]
    assert "JobNames" in cloud.client("glue").list_jobs()
    cloud.client("cloudformation").validate_template(TemplateBody=json.dumps(TEMPLATE))


TEMPLATE = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}


@contextlib.contextmanager
def held(cloud: LocalCloud, request: bytes, count: int = MANY) -> Iterator[list[socket.socket]]:
    """Requests that are sent, and not answered yet."""
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(connected(cloud)) for _ in range(count)]
        for connection in connections:
            connection.sendall(request)
        yield connections


def test_long_polls(local_cloud: LocalCloud) -> None:
    """More polls than there are threads wait for a queue, others are answered, and a message wakes one of them."""
    sqs = local_cloud.client("sqs")
    queue = sqs.create_queue(QueueName="starving")["QueueUrl"]
    request = signed(
        local_cloud,
        local_cloud.administrator,
        "sqs",
        headers={"X-Amz-Target": "AmazonSQS.ReceiveMessage", "Content-Type": "application/x-amz-json-1.0"},
        body=json.dumps({"QueueUrl": queue, "WaitTimeSeconds": 20}).encode(),
    )
    with held(local_cloud, request.wire()) as connections:
        assert_answered(local_cloud)
        assert not any(answered(connection) for connection in connections)
        sqs.send_message(QueueUrl=queue, MessageBody="woken")
        until(lambda: any(answered(connection) for connection in connections), what="a poll's answer")
        (first,) = [connection for connection in connections if answered(connection)][:1]
        assert b"woken" in first.recv(65536)
    sqs.delete_queue(QueueUrl=queue)


def answered(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return bool(connection.recv(1, socket.MSG_PEEK))
    except BlockingIOError:
        return False
    finally:
        connection.setblocking(True)


def test_connections_that_say_nothing(local_cloud: LocalCloud) -> None:
    """Half a head, half a small body and half a large one are waited for by nobody else."""
    large = signed(
        local_cloud, local_cloud.administrator, "logs", headers={"X-Amz-Target": "Logs_20140328.PutLogEvents"}
    )
    for request in (
        b"",
        b"GET / HTTP/1.1\r\nHost: 127",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n12345",
        large.with_header("Content-Length", "1000000").wire() + b"x",
    ):
        with held(local_cloud, request):
            assert_answered(local_cloud)


def test_calls_that_call_back(local_cloud: LocalCloud) -> None:
    """As many calls at once as there are threads, each of which calls the front door itself, all come to their end."""
    bodies = [json.dumps(TEMPLATE)] * MANY
    cloudformation = local_cloud.client("cloudformation", max_pool_connections=MANY)
    s3 = local_cloud.client("s3")
    s3.create_bucket(Bucket="calls-back")
    s3.put_object(Bucket="calls-back", Key="t.json", Body=bodies[0].encode())
    url = f"{local_cloud.endpoint_url}/calls-back/t.json"
    barrier = threading.Barrier(MANY)

    def call(_: int) -> object:
        barrier.wait()
        return cloudformation.get_template_summary(TemplateURL=url)["ResourceTypes"]

    with ThreadPoolExecutor(MANY) as pool:
        assert list(pool.map(call, range(MANY))) == [["AWS::SNS::Topic"]] * MANY


@pytest.fixture
def function(local_cloud: LocalCloud) -> Iterator[str]:
    """Waits for an object that a test puts, and asks for it by the front door."""
    code = """
import time, urllib.request, boto3
def handler(event, context):
    s3 = boto3.client("s3")
    s3.put_object(Bucket=event["bucket"], Key="begun")
    while "Contents" not in s3.list_objects_v2(Bucket=event["bucket"], Prefix="go"):
        time.sleep(0.2)
    return "went"
"""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("index.py", code)
    functions = local_cloud.client("lambda")
    role = working_role(local_cloud, "waiting-function", "lambda")
    functions.create_function(
        FunctionName="waits", Role=role, Runtime="python3.11", Handler="index.handler", Timeout=300,
        Code={"ZipFile": file.getvalue()},
    )  # fmt: skip
    functions.get_waiter("function_active_v2").wait(FunctionName="waits")
    yield "waits"
    functions.delete_function(FunctionName="waits")


def test_functions_that_wait(local_cloud: LocalCloud, function: str) -> None:
    """Invocations wait for their function, which asks the front door itself; others are answered meanwhile."""
    s3 = local_cloud.client("s3")
    s3.create_bucket(Bucket="waited-for")
    request = signed(
        local_cloud,
        local_cloud.administrator,
        "lambda",
        address=f"/2015-03-31/functions/{function}/invocations",
        body=b'{"bucket": "waited-for"}',
    )
    done: list[tuple[int, bytes]] = []
    waiting = threading.Thread(target=lambda: done.append(send(local_cloud, request)))
    waiting.start()
    until(lambda: "Contents" in s3.list_objects_v2(Bucket="waited-for"), what="a function at work")
    with held(local_cloud, request.wire()):
        assert_answered(local_cloud)
        assert not done
        s3.put_object(Bucket="waited-for", Key="go", Body=b"")
        waiting.join()
    assert done == [(200, b'"went"')]
