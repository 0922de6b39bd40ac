"""CloudWatch Logs and Secrets Manager: what moto would read over, or say in AWS's words though it is our own lack."""

from __future__ import annotations

import time
import uuid

import pytest
from botocore.exceptions import ClientError

from tests.clouds import LocalCloud

pytestmark = pytest.mark.local


def test_events_are_filtered_by_all_of_a_pattern(local_cloud: LocalCloud) -> None:
    """Terms of all three kinds, over two streams; the second term counts, and what is excluded is left out."""
    logs, group, now = local_cloud.client("logs"), f"/filtered/{uuid.uuid4().hex[:8]}", int(time.time() * 1000)
    logs.create_log_group(logGroupName=group)
    for stream, messages in {
        "a": ("ERROR 1 slow", "ERROR 2 fast"),
        "b": ("WARN slow", "ERROR 3 slow, retried"),
    }.items():
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        events = [{"timestamp": now, "message": message} for message in messages]
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)

    def found(pattern: str) -> set[str]:
        return {each["message"] for each in logs.filter_log_events(logGroupName=group, filterPattern=pattern)["events"]}

    assert found("ERROR slow") == {"ERROR 1 slow", "ERROR 3 slow, retried"}
    assert found('ERROR slow -"slow, retried"') == {"ERROR 1 slow"}
    assert found("?WARN ?fast") == {"WARN slow", "ERROR 2 fast"}
    with pytest.raises(ClientError, match="a filter pattern of JSON"):
        found("{ $.level = 5 }")


def test_what_would_call_motos_own_functions_is_refused_by_name(local_cloud: LocalCloud) -> None:
    """moto has none, and would say in AWS's words that a function is missing which is there."""
    function = "arn:aws:lambda:us-east-1:123456789012:function:f"
    secrets, name = local_cloud.client("secretsmanager"), f"rotated-{uuid.uuid4().hex[:8]}"
    secrets.create_secret(Name=name, SecretString="s")
    with pytest.raises(ClientError, match="secretsmanager:RotateSecret is not supported by the local cloud"):
        secrets.rotate_secret(SecretId=name, RotationLambdaARN=function)
    with pytest.raises(ClientError, match="logs:PutSubscriptionFilter is not supported by the local cloud"):
        local_cloud.client("logs").put_subscription_filter(
            logGroupName="g", filterName="f", filterPattern="", destinationArn=function
        )
