"""The writer of log streams, against a client that notes what it is sent."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from localcloud.platform.log_stream import EVENT_BYTES, LogStream
from tests.waiting import until


class Logs:
    def __init__(self, *, exists: bool = False, down: bool = False) -> None:
        self.exists = exists
        self.down = down
        self.sent: list[list[str]] = []

    def create_log_group(self, **_: Any) -> None:
        if self.exists:
            raise ClientError({"Error": {"Code": "ResourceAlreadyExistsException"}}, "CreateLogGroup")

    create_log_stream = create_log_group

    def put_log_events(self, logEvents: list[dict[str, Any]], **_: Any) -> None:
        if self.down:
            raise EndpointConnectionError(endpoint_url="http://127.0.0.1:1")
        self.sent.append([event["message"] for event in logEvents])


def test_lines_arrive_while_the_stream_is_open() -> None:
    """A line is sent without a close."""
    logs = Logs(exists=True)
    stream = LogStream(logs, "group", "stream")
    stream.write("one")
    until(lambda: logs.sent, what="the line")
    assert logs.sent == [["one"]]
    stream.close()


def test_close_sends_what_is_left_in_batches_that_aws_takes() -> None:
    """No batch has more than 10,000 events or 1 MiB; a line longer than an event is cut; none is lost or empty."""
    logs = Logs()
    stream = LogStream(logs, "group", "stream")
    lines = [str(number) for number in range(10_001)] + ["", "x" * 300_000, "y" * 250_000] + ["z" * 250_000] * 4
    for line in lines:
        stream.write(line)
    stream.close()
    assert [line[:20] for batch in logs.sent for line in batch] == [line[:20] or " " for line in lines]
    for batch in logs.sent:
        assert len(batch) <= 10_000
        assert sum(len(line) + 26 for line in batch) <= 1_048_576
        assert max(map(len, batch)) <= EVENT_BYTES


def test_a_cloud_that_is_down_does_not_fail_the_writer(caplog: pytest.LogCaptureFixture) -> None:
    """Lines that cannot be sent are lost with one warning, and the work goes on."""
    logs = Logs(down=True)
    stream = LogStream(logs, "group", "stream")
    stream.write("lost")
    stream.close()
    stream.close()
    (warning,) = caplog.records
    assert warning.levelname == "WARNING"
    assert warning.getMessage().startswith("1 lines of group/stream are lost: Could not connect to the endpoint URL")
    assert logs.sent == []
