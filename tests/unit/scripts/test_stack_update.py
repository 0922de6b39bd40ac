"""An update of a stack's parameters, followed to its end."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from scripts.changes import stack_update

STACK = {
    "StackName": "CarProd",
    "StackId": "arn:stack",
    "StackStatus": "UPDATE_COMPLETE",
    "RoleARN": "role",
    "CreationTime": datetime(2026, 11, 21, tzinfo=UTC),
    "Parameters": [
        {"ParameterKey": "ModelPackageArn", "ParameterValue": "old"},
        {"ParameterKey": "ExecutionRoleArn", "ParameterValue": "serving"},
    ],
}


class CloudFormation:
    """Answers an update with these (logical id, status, reason)."""

    def __init__(self, *told: tuple[str, str, str], error: ClientError | None = None, status: str = "") -> None:
        self.told, self.error, self.status, self.call = told, error, status, {}

    class exceptions:  # noqa: N801  (boto3's own name)
        ClientError = ClientError

    def update_stack(self, **call: Any) -> None:
        if self.error:
            raise self.error
        self.call = call

    def describe_stacks(self, **_: Any) -> dict[str, Any]:
        return {"Stacks": [STACK | {"StackStatus": self.status}]}

    def get_paginator(self, _: str) -> CloudFormation:
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        mine = [
            {
                "EventId": str(number),
                "LogicalResourceId": name,
                "PhysicalResourceId": "arn:stack" if name == "CarProd" else name,
                "ResourceStatus": status,
                "ResourceStatusReason": reason,
                "Timestamp": datetime(2026, 11, 21, tzinfo=UTC),
                "ClientRequestToken": self.call["ClientRequestToken"],
            }
            for number, (name, status, reason) in enumerate(self.told)
        ]
        older = {"EventId": "old", "ClientRequestToken": "another", "ResourceStatus": "UPDATE_ROLLBACK_COMPLETE"}
        return [{"StackEvents": [*reversed(mine), older]}]


def update(monkeypatch: pytest.MonkeyPatch, client: CloudFormation) -> tuple[stack_update.Outcome, list[str]]:
    monkeypatch.setattr(stack_update.cloud, "client", lambda _: client)
    lines: list[str] = []
    return stack_update.update(STACK, {"ModelPackageArn": "new"}, lines.append), lines


def test_template_role_and_other_parameters_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """An update names what it changes; the stack keeps its template, its role and all other parameters."""
    client = CloudFormation(("Model", "UPDATE_COMPLETE", ""), ("CarProd", "UPDATE_COMPLETE", ""))
    outcome, lines = update(monkeypatch, client)
    assert outcome.succeeded
    assert client.call["UsePreviousTemplate"] is True
    assert "RoleARN" not in client.call
    assert client.call["Parameters"] == [
        {"ParameterKey": "ModelPackageArn", "ParameterValue": "new"},
        {"ParameterKey": "ExecutionRoleArn", "UsePreviousValue": True},
    ]
    assert len(lines) == 2


def test_a_rolled_back_update_has_failed_with_the_first_resources_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """The outcome's reason is the first failure's, and not that of what was cancelled because of it."""
    client = CloudFormation(
        ("Alarm", "UPDATE_FAILED", "Resource update cancelled"),
        ("Endpoint", "UPDATE_FAILED", "alarms went off"),
        ("CarProd", "UPDATE_ROLLBACK_IN_PROGRESS", ""),
        ("CarProd", "UPDATE_ROLLBACK_COMPLETE", ""),
    )
    outcome, _ = update(monkeypatch, client)
    assert not outcome.succeeded
    assert (outcome.status, outcome.reason) == ("UPDATE_ROLLBACK_COMPLETE", "alarms went off")


def test_who_comes_second_hears_that_the_stack_is_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """CloudFormation's refusal during another update becomes a sentence for the user."""
    error = ClientError({"Error": {"Code": "ValidationError", "Message": "is in UPDATE_IN_PROGRESS state"}}, "U")
    with pytest.raises(SystemExit, match="being changed right now"):
        update(monkeypatch, CloudFormation(error=error, status="UPDATE_IN_PROGRESS"))


def test_another_error_stays_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that has nothing to do with a busy stack is raised as it came."""
    error = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "U")
    with pytest.raises(ClientError, match="no"):
        update(monkeypatch, CloudFormation(error=error, status="UPDATE_COMPLETE"))


def test_a_stack_without_a_role_is_not_updated_with_a_persons_rights() -> None:
    """A stack that was deployed without a role is refused, with the reason."""
    with pytest.raises(SystemExit, match="your rights"):
        stack_update.check_updatable({key: value for key, value in STACK.items() if key != "RoleARN"})
